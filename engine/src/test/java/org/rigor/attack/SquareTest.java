// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
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
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/** Windows and bumps of the square attack against those that the authors' code prints. */
class SquareTest {
  /** Sides of windows of images at 5,000 steps, as auto-attack at a392200 takes them. */
  @Test
  void windowsShrinkAsPublished() {
    assertThat(sides(Shape.of(1, 1, 3, 32, 32), Norm.LINF))
        .containsExactly(29, 20, 14, 10, 7, 5, 4, 3);
    assertThat(sides(Shape.of(1, 1, 1, 28, 28), Norm.LINF))
        .containsExactly(25, 18, 13, 9, 6, 4, 3, 2);
    assertThat(sides(Shape.of(1, 1, 3, 224, 224), Norm.LINF))
        .containsExactly(200, 142, 100, 71, 50, 35, 25, 18);
  }

  private static int[] sides(Shape points, Norm norm) {
    return Windows.of(points, norm, 5000).sides();
  }

  /** In l2 windows have a middle: an odd side, three at least where the image has them. */
  @Test
  void windowsOfL2AreOdd() {
    assertThat(sides(Shape.of(1, 1, 1, 8, 8), Norm.L2)).containsExactly(7, 5, 5, 3, 3, 3, 3, 3);
    assertThat(sides(Shape.of(1, 1, 1, 2, 5), Norm.L2)).containsOnly(1);
    assertThat(sides(Shape.of(1, 1, 64), Norm.L2)).containsExactly(51, 27, 13, 7, 3, 3, 3, 3);
  }

  @Test
  void bumpsAreThoseOfTheCode() {
    double[] three = bump(3, true);
    double[] wanted = {
      .13608, .68041, .13608, -.12910, -.12910, -.12910, -.12910, -.64550, -.12910
    };
    assertThat(three).containsExactly(wanted, within(5e-6));
    double[] five = bump(5, true);
    assertThat(Arrays.copyOfRange(five, 5, 10))
        .containsExactly(new double[] {.04916, .15978, .60224, .15978, .04916}, within(5e-6));
    assertThat(Arrays.copyOfRange(five, 15, 20))
        .containsExactly(new double[] {-.04559, -.14817, -.55848, -.14817, -.04559}, within(5e-6));
    for (boolean image : new boolean[] {true, false}) {
      double[] bump = bump(7, image);
      assertThat(Arrays.stream(bump).map(v -> v * v).sum()).isCloseTo(1, within(1e-12));
    }
  }

  /** The authors' code never draws the last place. */
  @Test
  void windowsBeginAtEveryPlace() {
    int rows = 2048;
    Program.Builder b = Program.builder("places");
    Shape image = Shape.of(1, rows, 1, 8, 8);
    Problem problem =
        Problem.of(
                new Threat(Norm.LINF, Box.NONE),
                F.fill(DType.F32, image, 0),
                F.fill(DType.F32, Shape.of(1, 1, 1, 1, 1), 1),
                x -> x)
            .withDraws(
                "test",
                () -> Randoms.fixed(F.fill(DType.I32, Shape.of(1, 2), 5), F.iota(2, 1, rows)));
    Windows windows = Windows.of(image, Norm.LINF, 5000);
    Value taken = F.fill(DType.I32, Shape.of(1, rows), 300); // windows of three pixels
    Value radius = Windows.each(problem.radius());
    b.output("moved", windows.flip(problem.x0(), radius, taken, problem.draws().get()));
    int[] begins = new int[64];
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable run = device.compile(b.build())) {
      run.run();
      float[] moved = run.output("moved").read().floats();
      for (int n = 0; n < rows; n++) {
        int from = n * 64;
        int[] in = IntStream.range(0, 64).filter(i -> moved[from + i] != 0).toArray();
        assertThat(in).hasSize(9);
        assertThat(in[8] - in[0]).isEqualTo(2 * 8 + 2);
        begins[in[0]]++;
      }
    }
    for (int i = 0; i < 64; i++) {
      boolean place = i / 8 <= 5 && i % 8 <= 5;
      assertThat(begins[i] > 0).as("place %d", i).isEqualTo(place);
    }
  }

  private static double[] bump(int side, boolean image) {
    Program.Builder b = Program.builder("bump");
    Value row = F.iota(5, 3, image ? side : 1);
    Value column = F.iota(5, 4, side);
    Value stage = F.fill(DType.I32, Shape.of(1, 1, 1, 1, 1), 0);
    Value turned = F.lt(stage, F.constant(stage, 0));
    b.output("bump", new Eta(new int[] {side}, image).at(row, column, stage, turned, DType.F64));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable run = device.compile(b.build())) {
      run.run();
      return run.output("bump").read().doubles();
    }
  }
}
