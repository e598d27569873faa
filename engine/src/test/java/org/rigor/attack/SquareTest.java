// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;
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

  private static int[] sides(Shape points, Distance norm) {
    return Windows.of(points, norm, 5000, Optional.empty()).sides();
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

  /** Bumps of l1 fall faster; all lengths are those of l1. */
  @Test
  void bumpsOfL1AreNarrow() {
    double[] three = bump(3, true, true);
    double[] wanted = {
      .026316, .447368, .026316, -.022727, -.022727, -.022727, -.022727, -.386364, -.022727
    };
    assertThat(three).containsExactly(wanted, within(5e-7)); // those of the code
    for (int side : new int[] {3, 5, 7}) {
      for (boolean image : new boolean[] {true, false}) {
        double[] bump = bump(side, image, true);
        assertThat(Arrays.stream(bump).map(Math::abs).sum()).isCloseTo(1, within(1e-12));
        assertThat(Arrays.stream(bump).sum()).as("halves balance").isCloseTo(0, within(1e-12));
      }
    }
  }

  /** A row of pixels that is called an image is attacked as the image is, in either order. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rowsOfPixelsAreImages(boolean channelsFirst) {
    int[] order = new int[3 * 6 * 5]; // where a channels-first number stands in a row
    Arrays.setAll(order, i -> channelsFirst ? i : i % 30 * 3 + i / 30); // [C, H, W] in [H, W, C]
    for (Distance norm : List.of(Norm.LINF, Norm.L2, Sparse.L1)) {
      double[] image = walk(Square.of(40), norm, Shape.of(3, 6, 5), null);
      Square rows = new Square(40, Optional.of(new ImageLayout(6, 5, 3, channelsFirst)));
      double[] row = walk(rows, norm, Shape.of(90), order);
      for (int i = 0; i < image.length; i++) {
        double same = channelsFirst ? 0 : 1e-12; // sums in another order
        assertThat(row[i / 90 * 90 + order[i % 90]])
            .as("%s %d", norm, i)
            .isCloseTo(image[i], within(same));
      }
    }
  }

  /** Takes steps on a loss that weighs each number of an image, and returns where rows stand. */
  private static double[] walk(Square attack, Distance norm, Shape features, int[] order) {
    int rows = 4;
    int n = Math.toIntExact(features.size());
    TensorType points = new TensorType(DType.F64, features.insert(0, rows).insert(0, 1));
    int[] each = new int[features.rank() + 2];
    Arrays.fill(each, 1);
    double[] weight = new double[n];
    double[] clean = new double[rows * n];
    for (int i = 0; i < n; i++) {
      int at = order == null ? i : order[i];
      weight[at] = Math.sin(3 * i + 1);
      for (int r = 0; r < rows; r++) {
        clean[r * n + at] = 0.5 + 0.5 * Math.cos(r + 2 * i);
      }
    }
    Function<Boolean, Program> program =
        start -> {
          Program.Builder b = Program.builder("walk");
          Value w = b.input("w", new TensorType(DType.F64, Shape.of(1, 1, n)));
          Problem problem =
              Problem.of(
                      new Threat(norm, Box.UNIT),
                      b.input("x0", points),
                      F.fill(DType.F64, Shape.of(each), 0.4),
                      x -> F.sum(F.mul(DeepFool.flat(x), w), 2))
                  .withDraws(
                      "test",
                      () ->
                          Randoms.fixed(
                              F.fill(DType.I32, Shape.of(1, 2), 5),
                              F.add(
                                  F.iota(2, 1, rows),
                                  F.mul(
                                      b.input("taken", new TensorType(DType.I32, Shape.of(1, 1))),
                                      rows))));
          if (start) {
            attack.start(problem).output(b, "row/");
          } else {
            attack.step(problem, AttackState.input(b, "row/", attack, points)).store(b, "row/");
          }
          return b.build();
        };
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable first = device.compile(program.apply(true));
        Executable step = device.compile(program.apply(false))) {
      Set<String> names = AttackState.types(attack, points).keySet();
      Executable from = first;
      for (int i = 0; i <= attack.steps(); i++) {
        Executable next = i == 0 ? first : step;
        next.input("x0").write(HostTensor.of(points.shape(), clean));
        next.input("taken").write(HostTensor.of(Shape.of(1, 1), i));
        if (i > 0) {
          step.input("w").write(HostTensor.of(Shape.of(1, 1, n), weight));
          for (String name : names) {
            step.input("row/" + name).write(from.output("row/" + name).read());
          }
        }
        next.run();
        from = next;
      }
      return step.output("row/kept/best").read().doubles();
    }
  }

  @Test
  void anImageOfAnotherSizeIsRefused() {
    Square square = new Square(4, Optional.of(new ImageLayout(5, 5, 3, true)));
    assertThatThrownBy(() -> walk(square, Norm.LINF, Shape.of(90), null))
        .hasMessage(
            "square: an image of 5 x 5 with 3 channels has 75 numbers, samples have shape [90]");
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
    Windows windows = Windows.of(image, Norm.LINF, 5000, Optional.empty());
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
    return bump(side, image, false);
  }

  private static double[] bump(int side, boolean image, boolean l1) {
    Program.Builder b = Program.builder("bump");
    Value row = F.iota(5, 3, image ? side : 1);
    Value column = F.iota(5, 4, side);
    Value stage = F.fill(DType.I32, Shape.of(1, 1, 1, 1, 1), 0);
    Value turned = F.lt(stage, F.constant(stage, 0));
    b.output(
        "bump", new Eta(new int[] {side}, image, l1).at(row, column, stage, turned, DType.F64));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable run = device.compile(b.build())) {
      run.run();
      return run.output("bump").read().doubles();
    }
  }
}
