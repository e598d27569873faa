// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rigor.ir.ExprType.F32;
import static org.rigor.ir.ExprType.F64;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprInterpreter;
import org.rigor.ir.ExprType;

class FunctionsTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  private static final Map<String, UnaryOperator<Expr>> FUNCTIONS =
      Map.ofEntries(
          Map.entry("exp", Functions::exp),
          Map.entry("expm1", Functions::expm1),
          Map.entry("log", Functions::log),
          Map.entry("log1p", Functions::log1p),
          Map.entry("tanh", Functions::tanh),
          Map.entry("sigmoid", Functions::sigmoid),
          Map.entry("softplus", Functions::softplus),
          Map.entry("erf", Functions::erf),
          Map.entry("erfinv", Functions::erfinv),
          Map.entry("sin", Functions::sin),
          Map.entry("cos", Functions::cos),
          Map.entry("rsqrt", Functions::rsqrt));

  private static Expr tree(String name, ExprType type) {
    return FUNCTIONS.get(name).apply(Expr.arg(0, type));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exp",
        "expm1",
        "log",
        "log1p",
        "tanh",
        "sigmoid",
        "softplus",
        "erf",
        "erfinv",
        "sin",
        "cos",
        "rsqrt"
      })
  void staysWithinItsUlpBound(String name) {
    for (ExprType type : List.of(F32, F64)) {
      ExprInterpreter f = ExprInterpreter.of(tree(name, type));
      double worst = 0;
      double at = 0;
      for (double x : samples(name, type)) {
        double error = ulps(f.runDouble(x), exact(name, x, type), type);
        if (error > worst) {
          worst = error;
          at = x;
        }
      }
      assertThat(worst)
          .as("%s %s, worst at %a", name, type, at)
          .isLessThanOrEqualTo(UlpBounds.of(name, type));
      // A bound three times the truth would say nothing.
      assertThat(worst).isGreaterThan(UlpBounds.of(name, type) / 3);
    }
  }

  @Test
  void valuesAtZerosAndInfinities() {
    double[] at = {0.0, -0.0, INF, -INF};
    check("exp", at, 1, 1, INF, 0);
    check("expm1", at, 0.0, -0.0, INF, -1);
    check("log", at, -INF, -INF, INF, NAN);
    check("log1p", at, 0.0, -0.0, INF, NAN);
    check("tanh", at, 0.0, -0.0, 1, -1);
    check("sigmoid", at, 0.5, 0.5, 1, 0);
    check("softplus", at, Math.log(2), Math.log(2), INF, 0);
    check("erf", at, 0.0, -0.0, 1, -1);
    check("erfinv", at, 0.0, -0.0, NAN, NAN);
    check("erfinv", new double[] {1, -1, 1.5, -1.5}, INF, -INF, NAN, NAN);
    check("sin", at, 0.0, -0.0, NAN, NAN);
    check("cos", at, 1, 1, NAN, NAN);
    check("rsqrt", at, INF, -INF, 0, NAN);
    double[] poles = {-1, -1.5, 1};
    check("log", poles, NAN, NAN, 0);
    check("log1p", poles, -INF, NAN, Math.log(2));
    check("sin", new double[] {0x1.1p17, -0x1.1p17}, NAN, NAN);
    check("exp", new double[] {800, -800, 1e30, -1e30}, INF, 0, INF, 0);
    FUNCTIONS.keySet().forEach(name -> check(name, new double[] {NAN}, NAN));
  }

  private static void check(String name, double[] x, double... expected) {
    for (ExprType type : List.of(F32, F64)) {
      for (int i = 0; i < x.length; i++) {
        double y = ExprInterpreter.evalDouble(tree(name, type), x[i]);
        double want = type == F32 ? (float) expected[i] : expected[i];
        assertThat(y).as("%s(%s) in %s", name, x[i], type).isEqualTo((Double) want);
      }
    }
  }

  @Test
  void powOfFloats() {
    ExprInterpreter pow = ExprInterpreter.of(Functions.pow(Expr.arg(0, F32), Expr.arg(1, F32)));
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 4_000; i++) {
      float x = (float) Math.scalb(random.nextDouble(), random.nextInt(-140, 120));
      float y = (float) (random.nextDouble(-150, 128) / (Math.log(x) / Math.log(2)));
      BigDecimal exact = new BigDecimal(StrictMath.pow(x, y));
      double got = pow.runDouble(x, y);
      assertThat(ulps(got, exact, F32)).isLessThan(UlpBounds.of("pow", F32));
    }
  }

  @Test
  void powOfDoubles() {
    ExprInterpreter pow = ExprInterpreter.of(Functions.pow(Expr.arg(0, F64), Expr.arg(1, F64)));
    SplittableRandom random = new SplittableRandom(6);
    double worst = 0;
    for (int i = 0; i < 600; i++) {
      int scale = i % 2 == 0 ? 0 : random.nextInt(-1060, 1000);
      double x = Math.scalb(random.nextDouble(0.5, 1.6), scale);
      double y = random.nextDouble(-740, 709) / Math.log(x);
      BigDecimal exact =
          Exact.exp(new BigDecimal(y).multiply(Exact.log(new BigDecimal(x)), new MathContext(45)));
      worst = Math.max(worst, ulps(pow.runDouble(x, y), exact, F64));
    }
    assertThat(worst).isBetween(0.5, UlpBounds.of("pow", F64));
  }

  @Test
  void powAtTheEdges() {
    double[][] cases = {
      {0, 2, 0},
      {0, -2, INF},
      {0, 0, 1},
      {NAN, 0, 1},
      {1, NAN, 1},
      {1, INF, 1},
      {INF, 2, INF},
      {INF, -2, 0},
      {0.5, INF, 0},
      {2, -INF, 0},
      {2, INF, INF},
      {-2, 2, NAN},
      {2, 1024, INF}
    };
    for (ExprType type : List.of(F32, F64)) {
      Expr pow = Functions.pow(Expr.arg(0, type), Expr.arg(1, type));
      for (double[] c : cases) {
        assertThat(ExprInterpreter.evalDouble(pow, c[0], c[1]))
            .as("pow(%s, %s) in %s", c[0], c[1], type)
            .isEqualTo((Double) c[2]);
      }
    }
  }

  @Test
  void everyTreeFitsAFusedKernelOrNearly() {
    for (String name : FUNCTIONS.keySet()) {
      // A logarithm and two quotients with selected coefficients.
      int more = name.equals("erfinv") ? 50 : 0;
      assertThat(tree(name, F32).nodeCount()).as(name).isLessThanOrEqualTo(40 + more);
      assertThat(tree(name, F64).nodeCount()).as(name).isLessThanOrEqualTo(60 + more);
    }
  }

  @Test
  void refusesWhatItCannotBound() {
    assertThatThrownBy(() -> Functions.exp(Expr.arg(0, ExprType.I32)))
        .hasMessage("exp: needs F32 or F64, got I32");
    assertThatThrownBy(() -> UlpBounds.of("gamma", F32))
        .hasMessage("no ulp bound for gamma in F32");
  }

  /** Doubles are exact enough for floats: their error is below 2^-27 ulp of a float. */
  private static BigDecimal exact(String name, double x, ExprType type) {
    if (type == F64) {
      return Exact.of(name, x);
    }
    double e = Math.exp(-Math.abs(x));
    double y =
        switch (name) {
          case "exp" -> Math.exp(x);
          case "expm1" -> Math.expm1(x);
          case "log" -> Math.log(x);
          case "log1p" -> Math.log1p(x);
          case "tanh" -> Math.tanh(x);
          case "sigmoid" -> (x < 0 ? e : 1) / (1 + e);
          case "softplus" -> Math.max(x, 0) + Math.log1p(e);
          case "sin" -> Math.sin(x);
          case "cos" -> Math.cos(x);
          case "rsqrt" -> 1 / Math.sqrt(x);
          default -> Exact.of(name, x).doubleValue();
        };
    return Double.isInfinite(y) ? BigDecimal.TEN.pow(400) : new BigDecimal(y);
  }

  /** Error of {@code y} in ulps of the exact value; a rightly rounded overflow is no error. */
  private static double ulps(double y, BigDecimal exact, ExprType type) {
    double rounded = type == F32 ? exact.floatValue() : exact.doubleValue();
    if (Double.isInfinite(rounded) || Double.isInfinite(y)) {
      return y == rounded ? 0 : 1e9;
    }
    double ulp = type == F32 ? Math.ulp((float) rounded) : Math.ulp(rounded);
    BigDecimal error = new BigDecimal(y).subtract(exact, MathContext.DECIMAL128).abs();
    return error.divide(new BigDecimal(ulp), MathContext.DECIMAL64).doubleValue();
  }

  /** Random arguments over all magnitudes, dense ones where the trees branch, the edges. */
  private static List<Double> samples(String name, ExprType type) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    List<Double> x = new ArrayList<>();
    for (double edge : new double[] {Float.MIN_VALUE, Float.MIN_NORMAL, 0x1p-1074, 0x1p-1022}) {
      x.addAll(List.of(edge, 1 + edge, 3 * edge, 1 / Math.sqrt(2), 1.0, 2.0, 0.5, 1.5));
    }
    double[] ranges = {0.02, 0.5, 1.1, 4, 20, 90, 720};
    for (int i = 0; i < (type == F32 && !name.startsWith("erf") ? 10_000 : 500); i++) {
      double range = ranges[i % ranges.length];
      boolean wide = i % 3 == 0;
      x.add(
          wide
              ? Math.scalb(1 + random.nextDouble(), random.nextInt(-60, 17))
              : random.nextDouble() * range);
    }
    int n = x.size();
    for (int i = 0; i < n; i++) {
      x.add(-x.get(i));
    }
    x.replaceAll(v -> type == F32 ? (double) v.floatValue() : v);
    double least =
        switch (name) {
          case "log", "rsqrt" -> Double.MIN_VALUE;
          case "log1p" -> -1 + 0x1p-24;
          default -> -INF;
        };
    if (name.equals("erfinv")) {
      for (int i = 0; i < 300; i++) {
        double near = 1 - Math.scalb(1 + random.nextDouble(), -2 - i % (type == F32 ? 23 : 52));
        x.add(type == F32 ? (float) near : near);
      }
      x.removeIf(v -> Math.abs(v) >= 1);
    }
    x.removeIf(v -> v < least || (name.equals("rsqrt") && v == 0) || v == 0);
    return x;
  }
}
