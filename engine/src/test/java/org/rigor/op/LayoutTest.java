// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** What the layout ops mean, written as formulas on indices. */
class LayoutTest {
  private static final HostTensor X = Derivatives.draw(type(2, 3, 4, 5), 1);

  private static TensorType type(int... d) {
    return new TensorType(DType.F64, Shape.of(d));
  }

  private interface Trace {
    Value of(Value x);
  }

  private static double x(int... at) {
    return Double.longBitsToDouble(NaiveEvaluator.at(X, at));
  }

  private static void check(Trace trace, Shape shape, ToDoubleFunction<int[]> formula) {
    Program.Builder b = Program.builder("layout");
    Value in = b.input("x", X.type());
    HostTensor y = NaiveEvaluator.run(b.output("y", trace.of(in)).build(), Map.of("x", X)).get(0);
    assertThat(y.shape()).isEqualTo(shape);
    for (int i = 0; i < shape.size(); i++) {
      int[] at = NaiveEvaluator.index(shape, i);
      assertThat(y.get(i)).isEqualTo(formula.applyAsDouble(at));
    }
  }

  @Test
  void transposeTakesAxesInOrder() {
    check(
        v -> F.transpose(v, List.of(0, 3, 1, 2)),
        Shape.of(2, 5, 3, 4),
        at -> x(at[0], at[2], at[3], at[1]));
  }

  @Test
  void reshapeKeepsRowMajorOrder() {
    check(
        v -> F.reshape(v, Shape.of(2, 20, 3)),
        Shape.of(2, 20, 3),
        at -> X.doubles()[at[0] * 60 + at[1] * 3 + at[2]]);
  }

  @Test
  void sliceStepsFromItsStart() {
    check(
        v -> F.slice(v, 3, 1, 2, 2),
        Shape.of(2, 3, 4, 2),
        at -> x(at[0], at[1], at[2], 1 + 2 * at[3]));
    check(v -> F.slice(v, -2, 2, 4), Shape.of(2, 3, 2, 5), at -> x(at[0], at[1], 2 + at[2], at[3]));
  }

  @Test
  void padSurroundsAndSpreads() {
    check(
        v -> F.pad(v, 2, 1, 2, -7),
        Shape.of(2, 3, 7, 5),
        at -> at[2] >= 1 && at[2] < 5 ? x(at[0], at[1], at[2] - 1, at[3]) : -7);
    Pad spread = new Pad(List.of(0, 1, 0), List.of(1, 2, 3), List.of(3, 9, 13), 0.5);
    check(
        v -> Value.of(spread, v),
        Shape.of(2, 3, 9, 13),
        at ->
            at[2] % 2 == 1 && at[2] < 8 && at[3] % 3 == 0
                ? x(at[0], at[1], at[2] / 2, at[3] / 3)
                : 0.5);
  }

  @Test
  void concatPutsEndToEnd() {
    check(
        v -> F.concat(2, F.slice(v, 2, 3, 4), v, F.slice(v, 2, 0, 2)),
        Shape.of(2, 3, 7, 5),
        at -> x(at[0], at[1], at[2] == 0 ? 3 : at[2] < 5 ? at[2] - 1 : at[2] - 5, at[3]));
  }

  @Test
  void gatherClampsItsIndices() {
    HostTensor index = HostTensor.of(Shape.of(2, 4), -1, 0, 2, 9, 1, 1, 3, 2);
    Program.Builder b = Program.builder("gather");
    Value in = b.input("x", X.type());
    Value ix = b.input("i", index.type());
    HostTensor y =
        NaiveEvaluator.run(b.output("y", F.gather(in, ix)).build(), Map.of("x", X, "i", index))
            .get(0);
    for (int i = 0; i < y.shape().size(); i++) {
      int[] at = NaiveEvaluator.index(y.shape(), i);
      int row = Math.max(0, Math.min(2, index.ints()[at[0] * 4 + at[1]]));
      assertThat(y.get(i)).isEqualTo(x(at[0], row, at[2], at[3]));
    }
  }

  @Test
  void iotaCountsAlongItsAxis() {
    check(v -> F.cast(F.iota(3, 2, 6), DType.F64), Shape.of(1, 1, 6), at -> at[2]);
  }

  @Test
  void theModelAxisIsRefused() {
    Value v = F.fill(DType.F32, Shape.of(2, 3), 1);
    assertThatThrownBy(() -> F.slice(v, 0, 0, 1)).hasMessageContaining("model axis");
    assertThatThrownBy(() -> F.concat(0, v, v)).hasMessageContaining("axis must be in 1..1");
    assertThatThrownBy(() -> F.transpose(v, List.of(1, 0))).hasMessageContaining("axis 0 first");
    assertThatThrownBy(() -> F.slice(v, 1, 1, 5)).hasMessageContaining("does not hold 4 elements");
  }
}
