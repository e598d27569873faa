// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Simplification keeps every bit, also of the numbers for which algebra does not hold. */
class FoldTest {
  private static final float[] EDGES = {
    Float.NaN,
    0f,
    -0f,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MAX_VALUE,
    1,
    -1,
    0.1f,
    3
  };

  private static final HostTensor X = HostTensor.of(Shape.of(1, 3, 4), EDGES);

  /** Checks the bits and returns the simplified program. */
  private static Program check(UnaryOperator<Value> trace) {
    Program.Builder b = Program.builder("fold");
    Value x = b.input("x", X.type());
    Program p = b.output("y", trace.apply(x)).build();
    Program s = Simplify.run(p);
    Map<String, HostTensor> in = Map.of("x", X);
    OpContractTest.assertSame(
        s.print(), NaiveEvaluator.run(s, in).get(0), NaiveEvaluator.run(p, in).get(0));
    return s;
  }

  @Test
  void arithmeticWithConstants() {
    List<BinaryOperator<Value>> ops =
        List.of(F::add, F::sub, F::mul, F::div, F::maximum, F::minimum);
    for (BinaryOperator<Value> op : ops) {
      for (double c : new double[] {0, -0.0, 1, -1, 2, Double.POSITIVE_INFINITY}) {
        check(x -> op.apply(x, F.constant(x, c)));
        check(x -> op.apply(F.constant(x, c), x));
        check(x -> op.apply(F.broadcast(F.constant(x, c), x.shape()), x));
      }
    }
  }

  @Test
  void pairsOfLayoutOps() {
    List<UnaryOperator<Value>> ops = new ArrayList<>();
    ops.add(x -> F.transpose(x, List.of(0, 2, 1)));
    ops.add(x -> F.reshape(x, Shape.of(1, (int) x.shape().size(), 1)));
    ops.add(x -> F.slice(x, 1, x.shape().dim(1) > 2 ? 1 : 0, (x.shape().dim(1) + 1) / 2, 1));
    ops.add(x -> F.slice(x, 2, 0, (x.shape().dim(2) + 1) / 2, 2));
    ops.add(x -> F.slice(x, 1, (x.shape().dim(1) - 1) % 2, (x.shape().dim(1) + 1) / 2, 2));
    ops.add(x -> F.pad(x, 1, 1, 2, -0.0));
    ops.add(x -> F.broadcast(F.slice(x, 2, 0, 1), x.shape()));
    ops.add(F::neg);
    ops.add(F::detach);
    ops.add(x -> F.cast(F.cast(x, DType.F64), DType.F32));
    for (UnaryOperator<Value> first : ops) {
      for (UnaryOperator<Value> second : ops) {
        check(x -> second.apply(first.apply(x)));
        check(x -> second.apply(first.apply(F.fill(DType.F32, x.shape(), -0.0))));
        check(x -> second.apply(first.apply(first.apply(x))));
      }
    }
  }

  @Test
  void whatIsExactIsGone() {
    assertThat(check(x -> F.mul(x, 1)).nodes()).hasSize(1);
    assertThat(check(x -> F.sub(x, F.constant(x, 0))).nodes()).hasSize(1);
    assertThat(check(x -> F.div(x, F.constant(x, 1))).nodes()).hasSize(1);
    assertThat(check(x -> F.neg(F.neg(x))).nodes()).hasSize(1);
    assertThat(check(x -> F.add(F.exp(x), F.exp(x))).nodes()).hasSize(3);
    UnaryOperator<Value> t = x -> F.transpose(x, List.of(0, 2, 1));
    assertThat(check(x -> t.apply(t.apply(x))).nodes()).hasSize(1);
    assertThat(check(x -> F.sub(x, F.constant(x, -0.0))).nodes()).hasSize(3);
    assertThat(check(x -> F.add(x, 0)).nodes()).hasSize(3);
  }
}
