// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.data.Box;
import org.rigor.ir.Value;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.Sequential;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * One hidden layer with each activation, as exporters write it: a margin is at least that of
 * intervals with the exact range of the function and at most the least of 2,000 points.
 */
class ActivationMarginTest {
  private static final int D = 6;
  private static final int H = 5;
  private static final int K = 3;
  private static final int N = 8;
  private static final int GRID = 2000;

  /** One function, traced and in plain Java. */
  record Case(String name, UnaryOperator<Value> traced, DoubleUnaryOperator exact)
      implements Layer {
    @Override
    public Shape output(Shape input) {
      return input;
    }

    @Override
    public Value apply(Map<String, Value> p, Value x) {
      return traced.apply(x);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Value geluTanh(Value h) {
    Value h3 = F.mul(F.mul(F.mul(h, h), h), 0.044715);
    return F.mul(F.mul(h, F.add(F.tanh(F.mul(F.add(h, h3), Math.sqrt(2 / Math.PI))), 1)), 0.5);
  }

  static Stream<Case> cases() {
    double root = Math.sqrt(2 / Math.PI);
    return Stream.of(
        new Case("silu", h -> F.mul(h, F.sigmoid(h)), t -> t / (1 + Math.exp(-t))),
        new Case(
            "gelu by tanh",
            ActivationMarginTest::geluTanh,
            t -> t / 2 * (1 + Math.tanh(root * (t + 0.044715 * t * t * t)))),
        new Case("slope -0.5", h -> F.leakyRelu(h, -0.5), t -> t > 0 ? t : -0.5 * t),
        new Case("slope 2", h -> F.leakyRelu(h, 2), t -> t > 0 ? t : 2 * t),
        new Case("square", h -> F.mul(h, h), t -> t * t),
        new Case("abs", F::abs, Math::abs),
        new Case(
            "hard swish",
            h -> F.mul(h, F.clamp(F.add(F.mul(h, 1 / 6.0), 0.5), 0, 1)),
            t -> t * Math.max(0, Math.min(1, t / 6 + 0.5))),
        new Case(
            "mish",
            h -> F.mul(h, F.tanh(F.softplus(h))),
            t -> t * Math.tanh(Math.log1p(Math.exp(t)))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void liesBetweenIntervalsAndPoints(Case c) {
    Sequential net = new Sequential(Shape.of(D), List.of(new Dense(H), c, new Dense(K)));
    Margins m = new Margins(net, 1, N).random(21, 1);
    m.box = Box.UNIT;
    Arrays.fill(m.epsilon, 0.05);
    List<double[]> lower = m.lower(new Ibp(), new Crown(false), new Crown());
    for (int n = 0; n < N; n++) {
      double intervals = intervals(m, c, n);
      double points = points(m, c, n);
      for (double[] l : lower) {
        assertThat(l[n]).isLessThanOrEqualTo(points + 1e-12);
        // the pieces of a smooth function that turns are 1/16 of its interval wide
        assertThat(l[n]).isGreaterThanOrEqualTo(intervals - 1e-3);
      }
      assertThat(lower.get(2)[n]).isGreaterThanOrEqualTo(intervals - 1e-6);
    }
  }

  private static double[] hidden(Margins m, double[] x) {
    double[] h = m.params.get("0.bias").doubles().clone();
    for (int i = 0; i < D * H; i++) {
      h[i % H] += x[i / H] * m.params.get("0.weight").doubles()[i];
    }
    return h;
  }

  private static double intervals(Margins m, Case c, int n) {
    double[] low = new double[H];
    double[] high = new double[H];
    double[] w = m.params.get("0.weight").doubles();
    for (int j = 0; j < H; j++) {
      double l = m.params.get("0.bias").doubles()[j];
      double u = l;
      for (int f = 0; f < D; f++) {
        double at = m.x[n * D + f];
        double a = w[f * H + j] * Math.max(0, at - 0.05);
        double b = w[f * H + j] * Math.min(1, at + 0.05);
        l += Math.min(a, b);
        u += Math.max(a, b);
      }
      low[j] = Double.POSITIVE_INFINITY;
      high[j] = Double.NEGATIVE_INFINITY;
      for (int k = 0; k <= GRID; k++) {
        double v = c.exact.applyAsDouble(l + (u - l) * k / GRID);
        low[j] = Math.min(low[j], v);
        high[j] = Math.max(high[j], v);
      }
    }
    return margin(m, n, low, high);
  }

  private static double margin(Margins m, int n, double[] low, double[] high) {
    double worst = Double.POSITIVE_INFINITY;
    double[] v = m.params.get("2.weight").doubles();
    double[] b = m.params.get("2.bias").doubles();
    for (int k = 0; k < K; k++) {
      if (k != m.y[n]) {
        double z = b[m.y[n]] - b[k];
        for (int j = 0; j < H; j++) {
          double s = v[j * K + m.y[n]] - v[j * K + k];
          z += s * (s > 0 ? low[j] : high[j]);
        }
        worst = Math.min(worst, z);
      }
    }
    return worst;
  }

  private static double points(Margins m, Case c, int n) {
    Random r = new Random(n);
    double least = Double.POSITIVE_INFINITY;
    for (int s = 0; s < 2000; s++) {
      double[] x = new double[D];
      for (int f = 0; f < D; f++) {
        double at = m.x[n * D + f];
        double u = s % 2 == 0 ? 2 * r.nextDouble() - 1 : 2 * r.nextInt(2) - 1;
        x[f] = Math.max(0, Math.min(1, at + 0.05 * u));
      }
      double[] a = Arrays.stream(hidden(m, x)).map(c.exact).toArray();
      least = Math.min(least, margin(m, n, a, a));
    }
    return least;
  }
}
