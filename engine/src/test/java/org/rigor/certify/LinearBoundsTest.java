// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Interval;
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

class LinearBoundsTest {
  private static final int N = 4096;

  /**
   * What the rounding of a product may cost depends on magnitudes only: a negative summand beside
   * one that is repeated must not be taken off it.
   */
  @Test
  void theSignOfAConstantDoesNotChangeWhatRoundingCosts() {
    double above = 16 - lower(1);
    double below = -16 - lower(-1);
    assertThat(below).isPositive().isCloseTo(above, offset(4 * Math.ulp(16.0)));
  }

  /** x f with x within 1 of 1 and f only known to lie in [1, 3]: 2 x - 1 x 2 to 2 x + 1 x 2. */
  @Test
  void aFactorMayBeKnownWithinSides() {
    double[] sides = within(Shape.of(1, 1, 1), Shape.of(1, 1, 1), F::mul);
    assertThat(sides[0]).isBetween(-2 - 1e-12, 0.0);
    assertThat(sides[1]).isBetween(6.0, 6 + 1e-12);
  }

  /** The sum of two such products. */
  @Test
  void aMatrixMayBeKnownWithinSides() {
    double[] sides = within(Shape.of(1, 1, 2), Shape.of(1, 2, 1), F::matmul);
    assertThat(sides[0]).isBetween(-4 - 1e-12, 0.0);
    assertThat(sides[1]).isBetween(12.0, 12 + 1e-12);
  }

  /** A divisor does not act linearly: its midpoint says nothing of its sides. */
  @Test
  void aDivisorMayNot() {
    assertThatThrownBy(() -> within(Shape.of(1, 1, 1), Shape.of(1, 1, 1), F::div))
        .isInstanceOf(MissingRuleException.class)
        .hasMessageContaining("no bound rule for Div");
  }

  /**
   * Sides of one number computed from x within 1 of ones and f, all of whose elements are in [1,
   * 3].
   */
  private static double[] within(Shape xs, Shape fs, BinaryOperator<Value> op) {
    Program.Builder b = Program.builder("bounds");
    Value x = b.input("x", new TensorType(DType.F64, xs));
    Value f = b.input("f", new TensorType(DType.F64, fs));
    Value y = op.apply(x, f);
    Value epsilon = F.fill(DType.F64, Shape.of(1, 1, 1), 1);
    LinearBounds bounds = new LinearBounds(Region.of(x, epsilon, Norm.LINF, Box.NONE));
    Program.topological(List.of(y)).forEach(bounds::visit);
    bounds.refine(f, new Interval(F.fill(DType.F64, fs, 1), F.fill(DType.F64, fs, 3)));
    b.output("lower", bounds.lower(y, F.fill(DType.F64, Shape.of(1, 1, 1, 1), 1), Set.of()));
    b.output("upper", bounds.lower(y, F.fill(DType.F64, Shape.of(1, 1, 1, 1), -1), Set.of()));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      double[] ones = new double[(int) xs.size()];
      Arrays.fill(ones, 1);
      e.input("x").write(HostTensor.of(xs, ones));
      e.run();
      return new double[] {e.output("lower").read().get(0), -e.output("upper").read().get(0)};
    }
  }

  /** Lower side of the sum of a (x + c) at x = 0, where the first 16 of the a are 1, the rest 0. */
  private static double lower(double c) {
    Program.Builder b = Program.builder("bounds");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, 1, 1)));
    Value epsilon = b.input("epsilon", new TensorType(DType.F64, Shape.of(1, 1, 1)));
    Value a = b.input("a", new TensorType(DType.F64, Shape.of(1, 1, 1, N)));
    Value y = F.add(x, F.fill(DType.F64, Shape.of(1, 1, N), c));
    LinearBounds bounds = new LinearBounds(Region.of(x, epsilon, Norm.LINF, Box.NONE));
    Program.topological(List.of(y)).forEach(bounds::visit);
    b.output("lower", bounds.lower(y, a, Set.of()));
    double[] coefficients = new double[N];
    Arrays.fill(coefficients, 0, 16, 1);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      e.input("a").write(HostTensor.of(Shape.of(1, 1, 1, N), coefficients));
      e.run();
      return e.output("lower").read().get(0);
    }
  }

  /** Units refined a few at a time have the sides of all together, to the bit. */
  @Test
  void hiddenUnitsMayBeRefinedInParts() {
    double[] whole = refined(100);
    assertThat(refined(3)).isEqualTo(whole);
    assertThat(refined(1)).isEqualTo(whole);
    assertThat(refined(0)).isNotEqualTo(whole);
  }

  /** Lower sides of W2 relu(W1 x), eight units, refined so many at a time; 0: not at all. */
  private static double[] refined(int most) {
    Program.Builder b = Program.builder("parts");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, 2, 3)));
    Value epsilon = b.input("epsilon", new TensorType(DType.F64, Shape.of(1, 2, 1)));
    Value w1 = b.input("w1", new TensorType(DType.F64, Shape.of(1, 3, 6)));
    Value w2 = b.input("w2", new TensorType(DType.F64, Shape.of(1, 6, 8)));
    Value h = F.matmul(F.relu(F.matmul(x, w1)), w2);
    LinearBounds bounds = new LinearBounds(Region.of(x, epsilon, Norm.LINF, Box.NONE));
    Program.topological(List.of(h)).forEach(bounds::visit);
    if (most > 0) {
      Crown.refine(bounds, h, most);
    }
    b.output("lower", bounds.known(h).lower());
    Random r = new Random(6);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(Simplify.run(b.build()))) {
      e.program()
          .inputs()
          .forEach(
              (name, v) -> {
                double[] values = r.doubles(v.shape().size(), -1, 1).toArray();
                e.input(name).write(HostTensor.of(v.shape(), values));
              });
      e.input("epsilon").write(HostTensor.of(Shape.of(1, 2, 1), new double[] {0.5, 0.3}));
      e.run();
      return e.output("lower").read().doubles();
    }
  }
}
