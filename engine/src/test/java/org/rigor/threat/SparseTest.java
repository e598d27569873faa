// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Projections onto sparse balls within a box against brute force. */
class SparseTest {
  private static final int ROWS = 200;
  private static final int WIDTH = 12;

  private record Case(double[] x, double[] x0, double[] radius, double[] projected) {}

  private static Case project(Sparse sparse, Box box, double most) {
    Random random = new Random(5);
    double[] x = new double[ROWS * WIDTH];
    double[] x0 = new double[ROWS * WIDTH];
    double[] radius = new double[ROWS];
    for (int i = 0; i < x.length; i++) {
      x0[i] = random.nextInt(4) == 0 ? random.nextInt(2) : random.nextDouble(); // some at sides
      x[i] = x0[i] + 0.7 * random.nextGaussian();
    }
    for (int r = 0; r < ROWS; r++) {
      radius[r] = most * random.nextDouble();
    }
    TensorType points = new TensorType(DType.F64, Shape.of(1, ROWS, WIDTH));
    Program.Builder b = Program.builder("project");
    Value to = b.input("radius", new TensorType(DType.F64, Shape.of(1, ROWS, 1)));
    b.output("y", sparse.project(b.input("x", points), b.input("x0", points), to, box));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      e.input("x").write(HostTensor.of(points.shape(), x));
      e.input("x0").write(HostTensor.of(points.shape(), x0));
      e.input("radius").write(HostTensor.of(Shape.of(1, ROWS, 1), radius));
      e.run();
      return new Case(x, x0, radius, e.output("y").read().doubles());
    }
  }

  /** The nearest point has magnitudes lowered by one number, found here by 200 halvings. */
  @Test
  void theNearestPointOfTheDiamondInTheBox() {
    for (Box box : new Box[] {Box.UNIT, Box.NONE, new Box(0, 3)}) {
      Case c = project(Sparse.L1, box, 4);
      for (int r = 0; r < ROWS; r++) {
        double[] wanted = new double[WIDTH];
        double low = -1;
        double high = 100;
        for (int i = 0; i < 200; i++) {
          double middle = low < 0 ? 0 : (low + high) / 2;
          double sum = lower(c, r, box, middle, wanted);
          boolean much = sum > c.radius()[r];
          low = much ? middle : Math.max(low, 0);
          high = much ? high : middle;
        }
        lower(c, r, box, high, wanted);
        double sum = 0;
        for (int i = 0; i < WIDTH; i++) {
          double own = c.projected()[r * WIDTH + i];
          assertThat(own).as("row %d of %s", r, box).isCloseTo(wanted[i], within(1e-12));
          assertThat(own).isBetween(box.lower(), box.upper());
          sum += Math.abs(own - c.x0()[r * WIDTH + i]);
        }
        assertThat(sum).isLessThanOrEqualTo(c.radius()[r] * (1 + 1e-14));
      }
    }
  }

  private static double lower(Case c, int row, Box box, double by, double[] to) {
    double sum = 0;
    for (int i = 0; i < WIDTH; i++) {
      double x0 = c.x0()[row * WIDTH + i];
      double d = c.x()[row * WIDTH + i] - x0;
      double moved = x0 + Math.signum(d) * Math.max(0, Math.abs(d) - by);
      to[i] = Math.max(box.lower(), Math.min(box.upper(), moved));
      sum += Math.abs(to[i] - x0);
    }
    return sum;
  }

  /** No other choice of as many features is nearer to the point, cut by the box. */
  @Test
  void theLargestChangesStay() {
    Case c = project(Sparse.L0, Box.UNIT, WIDTH + 2);
    for (int r = 0; r < ROWS; r++) {
      double least = Double.POSITIVE_INFINITY;
      double most = 0;
      int changed = 0;
      for (int i = r * WIDTH; i < (r + 1) * WIDTH; i++) {
        double cut = Math.max(0, Math.min(1, c.x()[i]));
        double d = Math.abs(cut - c.x0()[i]);
        boolean kept = c.projected()[i] != c.x0()[i];
        assertThat(c.projected()[i]).isEqualTo(kept ? cut : c.x0()[i]);
        changed += kept ? 1 : 0;
        least = kept ? Math.min(least, d) : least;
        most = kept ? most : Math.max(most, d);
      }
      assertThat(changed).isLessThanOrEqualTo((int) c.radius()[r]);
      assertThat(most).as("row %d", r).isLessThanOrEqualTo(least);
      assertThat(changed == (int) c.radius()[r] || most == 0).isTrue();
    }
  }

  @Test
  void drawsLieInTheUnitBall() {
    Program.Builder b = Program.builder("noise");
    Value ids = F.iota(2, 1, 50);
    Randoms random = Randoms.fixed(F.fill(DType.I32, Shape.of(1, 2), 5), ids);
    Value noise = Sparse.L1.noise(random, "site", DType.F64, Shape.of(3, 4));
    b.output("length", Sparse.L1.length(noise));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      e.run();
      double[] length = e.output("length").read().doubles();
      assertThat(length).hasSize(50).doesNotHaveDuplicates();
      for (double d : length) {
        assertThat(d).isBetween(0.0, 1 + 1e-12);
      }
    }
  }

  @Test
  void boundsKnowNoSparseDistance() {
    assertThatThrownBy(() -> new Threat(Sparse.L1, Box.UNIT).requireNorm())
        .hasMessage("bounds know the norms [LINF, L2], got L1");
  }
}
