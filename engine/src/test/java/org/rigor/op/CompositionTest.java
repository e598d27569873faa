// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Compositions against their definitions in plain Java, also where numbers end. */
class CompositionTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  private interface Trace {
    Value of(Value x);
  }

  private static HostTensor run(Trace trace, int columns, double... x) {
    HostTensor t = HostTensor.of(Shape.of(1, x.length / columns, columns), x);
    Program.Builder b = Program.builder("composed");
    Value in = b.input("x", t.type());
    return NaiveEvaluator.run(b.output("y", trace.of(in)).build(), Map.of("x", t)).get(0);
  }

  @Test
  void logSumExpIsRightAtInfinities() {
    HostTensor y =
        run(
            v -> F.logSumExp(v, 2),
            3,
            1,
            2,
            3,
            1000,
            1000,
            999,
            INF,
            0,
            1,
            -INF,
            -INF,
            -INF,
            -INF,
            5,
            -INF,
            INF,
            -INF,
            0,
            Double.NaN,
            INF,
            0);
    assertThat(y.get(0))
        .isCloseTo(Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)), within(1e-14));
    assertThat(y.get(1)).isCloseTo(1000 + Math.log(2 + Math.exp(-1)), within(1e-12));
    assertThat(y.get(2)).isEqualTo(INF);
    assertThat(y.get(3)).isEqualTo(-INF);
    assertThat(y.get(4)).isEqualTo(5);
    assertThat(y.get(5)).isEqualTo(INF);
    assertThat(y.get(6)).isNaN();
  }

  @Test
  void softmaxSumsToOneAndIgnoresTheImpossible() {
    double[] x = {1, 2, 3, 1000, 1000, 999, -INF, 5, 5};
    HostTensor y = run(v -> F.softmax(v, 2), 3, x);
    HostTensor log = run(v -> F.logSoftmax(v, 2), 3, x);
    for (int r = 0; r < 3; r++) {
      assertThat(y.get(3 * r) + y.get(3 * r + 1) + y.get(3 * r + 2)).isCloseTo(1, within(1e-15));
    }
    assertThat(y.get(6)).isEqualTo(0);
    assertThat(y.get(7)).isEqualTo(0.5);
    for (int i = 0; i < 9; i++) {
      assertThat(Math.exp(log.get(i))).isCloseTo(y.get(i), within(1e-15));
    }
    HostTensor far = run(v -> F.logSoftmax(v, 2), 2, 0, -800);
    assertThat(far.get(1)).isEqualTo(-800);
  }

  @Test
  void gradientOfLogSumExpIsSoftmaxAndItsHessianIsThatOfSoftmax() {
    Program.Builder b = Program.builder("hessian");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, 2, 4)));
    Value v = b.input("v", x.type());
    Value loss = F.sum(F.logSumExp(x, 2), 1, 2);
    b.output("g", Diff.grad(loss, x)).output("hv", Diff.hvp(loss, x, v));
    HostTensor xs = Derivatives.draw(x.type(), 1);
    HostTensor vs = Derivatives.draw(x.type(), 2);
    List<HostTensor> out = NaiveEvaluator.run(b.build(), Map.of("x", xs, "v", vs));
    for (int r = 0; r < 2; r++) {
      double[] p = new double[4];
      double total = 0;
      for (int i = 0; i < 4; i++) {
        p[i] = Math.exp(xs.get(4 * r + i));
        total += p[i];
      }
      double mean = 0;
      for (int i = 0; i < 4; i++) {
        p[i] /= total;
        mean += p[i] * vs.get(4 * r + i);
      }
      for (int i = 0; i < 4; i++) {
        assertThat(out.get(0).get(4 * r + i)).isCloseTo(p[i], within(1e-14));
        double hv = p[i] * (vs.get(4 * r + i) - mean);
        assertThat(out.get(1).get(4 * r + i)).isCloseTo(hv, within(1e-14));
      }
    }
  }

  @Test
  void topKEqualsSorting() {
    Random random = new Random(3);
    for (int trial = 0; trial < 20; trial++) {
      double[] x = new double[7];
      for (int i = 0; i < 7; i++) {
        x[i] = trial == 0 ? Double.NaN : random.nextInt(4);
        x[i] = random.nextInt(9) == 0 ? Double.NaN : x[i];
      }
      List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6));
      order.sort(
          (i, j) -> {
            boolean ni = Double.isNaN(x[i]);
            boolean nj = Double.isNaN(x[j]);
            return ni && nj ? 0 : ni ? -1 : nj ? 1 : Double.compare(x[j], x[i]);
          });
      HostTensor y = run(v -> F.topK(v, 4), 7, x);
      assertThat(y.dtype()).isEqualTo(DType.I32);
      assertThat(y.ints()).containsExactly(order.subList(0, 4).stream().mapToInt(i -> i).toArray());
    }
  }

  @Test
  void takeLastPicksAndOneHotMarks() {
    HostTensor y = run(v -> F.takeLast(v, F.topK(v, 2)), 3, 1, 3, 2, 9, 8, Double.NaN);
    assertThat(y.doubles()).containsExactly(3, 2, Double.NaN, 9);
    HostTensor hot = run(v -> F.oneHot(F.cast(v, DType.I32), 3, DType.F64), 4, 0, 2, -1, 3);
    assertThat(hot.doubles()).containsExactly(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void extremaPropagateNaNAndClampKeepsItsBounds() {
    HostTensor c = run(v -> F.clamp(v, -1, 2), 6, -3, 0.5, 7, Double.NaN, -INF, INF);
    assertThat(c.doubles()).containsExactly(-1, 0.5, 2, Double.NaN, -1, 2);
    HostTensor m = run(v -> F.max(v, 2), 2, 1, Double.NaN, Double.NaN, 1, -INF, -2);
    assertThat(m.doubles()).containsExactly(Double.NaN, Double.NaN, -2);
    HostTensor a = run(v -> F.cast(F.argMax(v, 2), DType.F64), 3, 1, 4, 4, 0, Double.NaN, INF);
    assertThat(a.doubles()).containsExactly(1, 1);
  }

  @Test
  void tiesShareTheDerivative() {
    HostTensor g = run(v -> Diff.grad(F.max(v, 2), v), 4, 1, 3, 3, 3, 2, 1, 0, -1);
    double third = 1.0 / 3;
    assertThat(g.doubles()).containsExactly(0, third, third, third, 1, 0, 0, 0);
  }

  @Test
  void normsHaveDerivativesEverywhere() {
    HostTensor y = run(v -> F.l2Norm(v, 2), 2, 3, 4, 0, 0, Double.NaN, 1);
    assertThat(y.doubles()).containsExactly(5, 0, Double.NaN);
    HostTensor g = run(v -> Diff.grad(F.l2Norm(v, 2), v), 2, 3, 4, 0, 0);
    assertThat(g.get(0)).isCloseTo(0.6, within(1e-15));
    assertThat(g.get(2)).isEqualTo(0);
    assertThat(run(v -> F.l1Norm(v, 2), 2, 3, -4).get(0)).isEqualTo(7);
    assertThat(run(v -> F.maxNorm(v, 2), 2, 3, -4).get(0)).isEqualTo(4);
    assertThat(run(v -> F.mean(v, 1, 2), 2, 3, -4, 5, 8).get(0)).isEqualTo(3);
  }

  @Test
  void saturatedActivationsKeepTheirDerivative() {
    HostTensor s = run(v -> Diff.grad(F.sigmoid(v), v), 2, 40, -40);
    assertThat(s.get(0)).isCloseTo(Math.exp(-40), within(1e-32));
    HostTensor t = run(v -> Diff.grad(F.tanh(v), v), 2, 25, -25);
    assertThat(t.get(0)).isCloseTo(4 * Math.exp(-50), within(1e-35));
  }
}
