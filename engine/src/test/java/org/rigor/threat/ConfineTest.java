// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.diff.Diff;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.OnEveryDevice;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Points confined on a device: the bits of the host, in every norm and box. */
class ConfineTest {
  private static final int MODELS = 2;
  private static final int ROWS = 24;
  private static final List<Box> BOXES = List.of(Box.UNIT, Box.NONE, new Box(-0.0, 3));

  /** Points, centres of a box, and radii, whose borders are often rounded outward. */
  private record Case(Threat threat, HostTensor x, HostTensor x0, HostTensor radius) {
    int features() {
      return (int) (x.shape().size() / MODELS / ROWS);
    }

    Program program() {
      Program.Builder b = Program.builder("confine-" + features());
      Value at = b.input("x", x.type());
      Value centre = b.input("x0", x0.type());
      Threat.Confined c = threat.confine(at, centre, b.input("radius", radius.type()));
      return b.output("point", c.point()).output("distance", c.distance()).build();
    }
  }

  private static final double[] RADII = {0, 0.1, 1.0 / 3, 8.0 / 255, 1e-300, 0x1p-1074, 2, 1e17};

  private static final double[] EDGES = {
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    -0.0,
    0.0,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    1e-30
  };

  private static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    Random random = new Random(7);
    for (Distance norm : Distance.all()) {
      for (Box box : BOXES) {
        for (int[] features : new int[][] {{1}, {5}, {5, 7, 3}}) {
          cases.add(draw(new Threat(norm, box), Shape.of(features), random));
        }
      }
    }
    return cases;
  }

  private static Case draw(Threat threat, Shape features, Random random) {
    int n = (int) features.size();
    Shape shape = features.insert(0, ROWS).insert(0, MODELS);
    HostTensor x = HostTensor.zeros(new TensorType(DType.F64, shape));
    HostTensor x0 = HostTensor.zeros(new TensorType(DType.F64, shape.with(0, 1)));
    HostTensor radius = HostTensor.zeros(new TensorType(DType.F64, Shape.of(MODELS, ROWS)));
    for (int i = 0; i < x0.shape().size(); i++) {
      double edge = EDGES[random.nextInt(EDGES.length)];
      boolean takes = random.nextInt(4) == 0 && Math.abs(edge) <= 1;
      x0.doubles()[i] = takes && threat.box().contains(edge) ? edge : random.nextDouble();
    }
    for (int row = 0; row < MODELS * ROWS; row++) {
      boolean plain = random.nextInt(3) > 0;
      radius.doubles()[row] =
          plain
              ? random.nextDouble() * (threat.norm() == Sparse.L0 ? n : 0.5)
              : RADII[random.nextInt(RADII.length)];
      double scale = random.nextInt(3) == 0 ? 1e6 : 1;
      boolean edges = random.nextInt(4) == 0;
      for (int i = row * n; i < (row + 1) * n; i++) {
        x.doubles()[i] =
            edges && random.nextInt(n) < 2
                ? EDGES[random.nextInt(EDGES.length)]
                : x0.get(i % (ROWS * n)) + random.nextGaussian() * scale;
      }
    }
    radius.doubles()[ROWS] = Double.NaN;
    radius.doubles()[ROWS + 1] = -1;
    return new Case(threat, x, x0, radius);
  }

  @Test
  void onOneThread() {
    try (Device d = new CpuDevice(1, "scalar", "test")) {
      check(d, cases());
    }
  }

  @Test
  void onThreads() {
    try (Device d = new CpuDevice(3, "auto", "test")) {
      check(d, cases());
    }
  }

  @Test
  void onCuda() {
    List<Case> cases = cases();
    try (Device d = OnEveryDevice.open(System.getProperty("rigor.test.cuda", "emulated"))) {
      d.prepare(cases.stream().map(Case::program).toList(), CompileOptions.DEFAULT);
      check(d, cases);
    }
  }

  private static void check(Device device, List<Case> cases) {
    int moved = 0;
    for (Case c : cases) {
      double[] point = c.x().doubles().clone();
      double[] distance = new double[MODELS * ROWS];
      int n = c.features();
      for (int row = 0; row < distance.length; row++) {
        double radius = c.radius().get(row);
        int from = row % ROWS * n;
        distance[row] = c.threat().confine(point, row * n, c.x0(), from, n, radius);
      }
      try (Executable e = device.compile(c.program())) {
        e.input("x").write(c.x());
        e.input("x0").write(c.x0());
        e.input("radius").write(c.radius());
        e.run();
        moved += assertSame(c + " point", e.output("point").read(), point, c.x().doubles());
        assertSame(c + " distance", e.output("distance").read(), distance, distance);
      }
    }
    assertThat(moved).as("elements that moved").isGreaterThan(1000);
  }

  /** Asserts equal bits, any NaN being equal to any other; counts those that moved. */
  private static int assertSame(String what, HostTensor got, double[] expected, double[] before) {
    int moved = 0;
    for (int i = 0; i < expected.length; i++) {
      assertThat(Double.doubleToLongBits(got.get(i)))
          .as("%s, element %d: %s, not %s", what, i, got.get(i), expected[i])
          .isEqualTo(Double.doubleToLongBits(expected[i]));
      moved += expected[i] == before[i] ? 0 : 1;
    }
    return moved;
  }

  /** Floats are widened, and a radius may be shared by models and rows. */
  @Test
  void floatsAndSharedRadii() {
    Threat threat = new Threat(Norm.L2, Box.UNIT);
    Program.Builder b = Program.builder("floats");
    TensorType type = new TensorType(DType.F32, Shape.of(1, 2, 3));
    Value radius = F.fill(DType.F64, Shape.of(1, 1, 1), 0.1);
    Value point = threat.confine(b.input("x", type), b.input("x0", type), radius).point();
    float[] x = {0.1f, 0.2f, 0.3f, 1, 1, 1};
    float[] x0 = {0.9f, 0.8f, 0.7f, 1, 0.95f, 1};
    double[] expected = {0.1f, 0.2f, 0.3f, 1, 1, 1};
    for (int row = 0; row < 2; row++) {
      threat.confine(expected, 3 * row, HostTensor.of(type.shape(), x0), 3 * row, 3, 0.1);
    }
    try (Device d = new CpuDevice(1, "scalar", "test");
        Executable e = d.compile(b.output("y", point).build())) {
      e.input("x").write(HostTensor.of(type.shape(), x));
      e.input("x0").write(HostTensor.of(type.shape(), x0));
      e.run();
      assertThat(e.output("y").read().doubles()).isEqualTo(expected);
    }
  }

  @Test
  void whatIsNoBallIsRefused() {
    Threat threat = new Threat(Norm.LINF, Box.UNIT);
    Program.Builder b = Program.builder("refused");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(2, 4, 3)));
    Value radius = b.input("radius", new TensorType(DType.F64, Shape.of(2, 4)));
    assertThatThrownBy(() -> threat.confine(x, x, F.cast(radius, DType.F32)))
        .hasMessageContaining("must be f64, for a rounded radius is another one; got");
    assertThatThrownBy(() -> threat.confine(x, F.slice(x, 1, 0, 3), radius))
        .hasMessageContaining("operands must be [M or 1, B, n], [M or 1, B, n] and [M or 1, B]");
    Value distance = threat.confine(x, x, radius).distance();
    assertThatThrownBy(() -> Diff.vjp(distance, distance, List.of(x)))
        .hasMessageContaining("no derivative flows through a confined point: detach it; traced at");
  }
}
