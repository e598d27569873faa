// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Lines around elementwise functions: never crossed, and close on small intervals. */
class RelaxationTest {
  private static final int N = 4000;

  @Test
  void enclosesRelu() {
    check(F::relu, t -> Math.max(0, t), 0.51);
  }

  @Test
  void enclosesLeakyRelu() {
    check(x -> F.leakyRelu(x, 0.01), t -> t < 0 ? 0.01 * t : t, 0.51);
  }

  /** Slopes out of range, and NaN, count as the least allowed. */
  @Test
  void chosenSlopesAreKeptInRange() {
    double[] chosen = {0.25, 1, 0, -0.5, 1.5, Double.NaN, Double.NEGATIVE_INFINITY};
    double[] kept = {0.25, 1, 0, 0, 0, 0, 0};
    Program.Builder b = Program.builder("lines");
    TensorType type = new TensorType(DType.F64, Shape.of(1, chosen.length));
    Value x = b.input("x", type);
    Value slope = b.input("slope", type);
    Interval both = new Interval(F.constant(x, -1), F.constant(x, 2));
    Interval positive = new Interval(F.constant(x, 0), F.constant(x, 2));
    Value y = F.relu(x);
    Value leaky = F.leakyRelu(x, 0.25);
    b.output("relu", y.op().relax(y, List.of(both), slope).get(0).lowerSlope());
    b.output("leaky", leaky.op().relax(leaky, List.of(both), slope).get(0).lowerSlope());
    b.output("stable", y.op().relax(y, List.of(positive), slope).get(0).lowerSlope());
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      e.input("slope").write(HostTensor.of(Shape.of(1, chosen.length), chosen));
      e.run();
      assertThat(e.output("relu").read().doubles()).containsExactly(kept);
      assertThat(e.output("leaky").read().doubles())
          .containsExactly(Arrays.stream(kept).map(s -> Math.max(s, 0.25)).toArray());
      assertThat(e.output("stable").read().doubles()).containsOnly(1);
    }
  }

  @Test
  void enclosesTanh() {
    check(F::tanh, Math::tanh, 0.5);
  }

  @Test
  void enclosesSigmoid() {
    check(F::sigmoid, t -> 1 / (1 + Math.exp(-t)), 0.2);
  }

  @Test
  void enclosesLeakyRelusOfAnySlope() {
    for (double slope : new double[] {-0.5, -3, 2, 40}) {
      check(x -> F.leakyRelu(x, slope), t -> t < 0 ? slope * t : t, 50);
    }
  }

  @Test
  void enclosesAbs() {
    check(F::abs, Math::abs, 1.1);
  }

  @Test
  void enclosesErf() {
    // between its values in the engine: erf has no method in Java
    check(F::erf, RelaxationTest::erf, 0.7);
  }

  @Test
  void enclosesSoftplus() {
    check(F::softplus, t -> Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t))), 0.6);
  }

  @Test
  void enclosesWhatCurvesMore() {
    check(F::exp, Math::exp, 1e9, t -> Math.max(-30, Math.min(t, 20)));
    check(F::expm1, Math::expm1, 1e9, t -> Math.max(-30, Math.min(t, 20)));
    check(F::square, t -> t * t, 1e3);
    check(F::jSquaredRelu, t -> t < 0 ? 0 : t + t * t / 2, 1e3);
    check(F::log, Math::log, 1e9, t -> Math.abs(t) + 1e-3);
    check(F::log1p, Math::log1p, 1e9, t -> Math.abs(t) - 0.9);
    check(F::sqrt, Math::sqrt, 1e9, t -> Math.abs(t) + 1e-3);
    check(F::rsqrt, t -> 1 / Math.sqrt(t), 1e9, t -> Math.abs(t) + 1e-3);
    check(x -> F.div(F.constant(x, 1), x), t -> 1 / t, 1e9, t -> Math.abs(t) + 1e-3);
    check(x -> F.div(F.constant(x, 1), x), t -> 1 / t, 1e9, t -> -Math.abs(t) - 1e-3);
  }

  /** The square root and the logarithm of a negative number are none: no line bounds them. */
  @Test
  void saysNothingWhereAnIntervalLeavesTheDomain() {
    double[] l = new double[N];
    double[] u = new double[N];
    Arrays.fill(l, 1);
    Arrays.fill(u, 3);
    l[0] = -1;
    for (UnaryOperator<Value> f : List.<UnaryOperator<Value>>of(F::sqrt, F::log, F::rsqrt)) {
      double[][] lines = lines(f, l, u);
      assertThat(lines[1][0]).isNaN();
      assertThat(lines[3][0]).isNaN();
      assertThat(lines[1][1]).isFinite();
      assertThat(lines[3][1]).isFinite();
    }
  }

  /** By its series and, far out, its continued fraction: Abramowitz and Stegun 7.1.6, 7.1.14. */
  private static double erf(double x) {
    double t = Math.abs(x);
    if (t > 3) {
      double f = 0;
      for (int k = 60; k > 0; k--) {
        f = k / 2.0 / (t + f);
      }
      return Math.signum(x) * (1 - Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + f));
    }
    double term = x;
    double sum = x;
    for (int k = 1; k < 80; k++) {
      term *= 2 * x * x / (2 * k + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  private static void check(UnaryOperator<Value> f, DoubleUnaryOperator exact, double loose) {
    check(f, exact, loose, t -> t);
  }

  /**
   * @param loose most by which a line may stand off, over the width of the interval
   * @param into moves ends of intervals to where the function has values
   */
  private static void check(
      UnaryOperator<Value> f, DoubleUnaryOperator exact, double loose, DoubleUnaryOperator into) {
    Random r = new Random(3);
    double[] l = new double[N];
    double[] u = new double[N];
    for (int i = 0; i < N; i++) {
      double scale = Math.pow(10, 4 * r.nextDouble() - 3);
      l[i] = scale * r.nextGaussian();
      u[i] = l[i] + Math.pow(10, 14 * r.nextDouble() - 12);
      if (i % 10 == 0) {
        u[i] = l[i]; // a point
      } else if (i % 10 == 1) {
        l[i] = -u[i] * r.nextDouble(); // across 0
        u[i] = Math.max(l[i], u[i]);
      } else if (i % 10 == 2) {
        l[i] = i % 20 == 2 ? 0 : Math.min(l[i], 0);
        u[i] = i % 20 == 2 ? u[i] = Math.abs(u[i]) : 0;
      }
    }
    for (int i = 0; i < N; i++) {
      double a = into.applyAsDouble(l[i]);
      double b = into.applyAsDouble(u[i]);
      l[i] = Math.min(a, b);
      u[i] = Math.max(a, b);
    }
    double[][] lines = lines(f, l, u);
    for (int i = 0; i < N; i++) {
      for (int k = 0; k <= 100; k++) {
        double t = k == 100 ? u[i] : Math.min(u[i], l[i] + (u[i] - l[i]) * k / 100);
        double y = exact.applyAsDouble(t);
        double tiny = 4e-16 * (Math.abs(t) + Math.abs(y) + Math.abs(lines[3][i]));
        double low = lines[0][i] * t + lines[1][i];
        double high = lines[2][i] * t + lines[3][i];
        String what = "[" + l[i] + ", " + u[i] + "] at " + t;
        assertThat(low).as(what).isLessThanOrEqualTo(y + tiny);
        assertThat(high).as(what).isGreaterThanOrEqualTo(y - tiny);
        double off = (1 + loose) * (u[i] - l[i] + 1e-13 * (1 + Math.abs(t)));
        assertThat(high - low).as(what).isLessThanOrEqualTo(off);
      }
    }
  }

  /** Lower slope, lower intercept, upper slope, upper intercept. */
  private static double[][] lines(UnaryOperator<Value> f, double[] l, double[] u) {
    Program.Builder b = Program.builder("lines");
    TensorType type = new TensorType(DType.F64, Shape.of(1, N));
    Interval x = new Interval(b.input("l", type), b.input("u", type));
    Value b0 = b.input("x", type);
    Value y = f.apply(b0);
    List<Interval> in = y.inputs().stream().map(v -> v == b0 ? x : Interval.point(v)).toList();
    Lines n = y.op().relax(y, in).stream().filter(Objects::nonNull).findFirst().orElseThrow();
    Value[] all = {n.lowerSlope(), n.lowerIntercept(), n.upperSlope(), n.upperIntercept()};
    double[][] out = new double[4][];
    for (int i = 0; i < 4; i++) {
      b.output("o" + i, F.broadcast(all[i], type.shape()));
    }
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(Simplify.run(b.build()))) {
      e.input("l").write(HostTensor.of(type.shape(), l));
      e.input("u").write(HostTensor.of(type.shape(), u));
      e.run();
      for (int i = 0; i < 4; i++) {
        out[i] = e.output("o" + i).read().doubles();
      }
    }
    return out;
  }
}
