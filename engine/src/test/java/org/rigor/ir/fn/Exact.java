// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** The elementary functions to about 40 digits, by series, for finite arguments. */
final class Exact {
  private static final MathContext MC = new MathContext(45, RoundingMode.HALF_EVEN);
  private static final BigDecimal ONE = BigDecimal.ONE;
  private static final BigDecimal TWO = BigDecimal.valueOf(2);
  private static final BigDecimal SMALL = new BigDecimal("1e-3");
  private static final BigDecimal EPS = new BigDecimal("1e-50");
  static final BigDecimal PI =
      new BigDecimal(
          "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899");

  private Exact() {}

  static BigDecimal of(String name, double x) {
    BigDecimal b = new BigDecimal(x);
    return switch (name) {
      case "exp" -> exp(b);
      case "expm1" -> expm1(b);
      case "log" -> log(b);
      case "log1p" -> log1p(b);
      case "tanh" -> {
        BigDecimal m = expm1(b.abs().multiply(TWO));
        BigDecimal t = m.divide(m.add(TWO, MC), MC);
        yield x < 0 ? t.negate() : t;
      }
      case "sigmoid" -> {
        BigDecimal e = exp(b.abs().negate());
        yield (x < 0 ? e : ONE).divide(ONE.add(e), MC);
      }
      case "softplus" -> b.max(BigDecimal.ZERO).add(log1p(exp(b.abs().negate())), MC);
      case "erf" -> erf(b);
      case "erfinv" -> erfinv(x);
      case "sin" -> sin(b);
      case "cos" -> sin(b.add(PI.divide(TWO, new MathContext(80)), new MathContext(90)));
      case "rsqrt" -> ONE.divide(b.sqrt(MC), MC);
      default -> throw new IllegalArgumentException(name);
    };
  }

  static BigDecimal exp(BigDecimal x) {
    // e^x = (e^(x / 2^12))^(2^12), with digits to spare for the squarings.
    MathContext wide = new MathContext(60);
    BigDecimal r = x.divide(BigDecimal.valueOf(4096), wide);
    BigDecimal term = ONE;
    BigDecimal sum = ONE;
    for (int k = 1; term.abs().compareTo(new BigDecimal("1e-62")) > 0; k++) {
      term = term.multiply(r, wide).divide(BigDecimal.valueOf(k), wide);
      sum = sum.add(term, wide);
    }
    for (int i = 0; i < 12; i++) {
      sum = sum.multiply(sum, wide);
    }
    return sum.round(MC);
  }

  static BigDecimal expm1(BigDecimal x) {
    if (x.abs().compareTo(SMALL) > 0) {
      return exp(x).subtract(ONE, MC);
    }
    BigDecimal term = x;
    BigDecimal sum = x;
    for (int k = 2; k < 20; k++) {
      term = term.multiply(x, MC).divide(BigDecimal.valueOf(k), MC);
      sum = sum.add(term, MC);
    }
    return sum;
  }

  /** Newton's iteration on e^y = x. */
  static BigDecimal log(BigDecimal x) {
    if (x.subtract(ONE).abs().compareTo(SMALL) < 0) {
      return log1p(x.subtract(ONE));
    }
    int digits = x.precision() - x.scale();
    double start = Math.log(x.scaleByPowerOfTen(-digits).doubleValue()) + digits * Math.log(10);
    BigDecimal y = new BigDecimal(start);
    for (int i = 0; i < 2; i++) {
      BigDecimal d = x.multiply(exp(y.negate()), MC).subtract(ONE, MC);
      // log(1 + d) to third order: each step triples the digits.
      BigDecimal step = d.subtract(d.multiply(d, MC).divide(TWO, MC), MC);
      y = y.add(step, MC);
    }
    return y;
  }

  static BigDecimal log1p(BigDecimal x) {
    if (x.abs().compareTo(SMALL) > 0) {
      return log(ONE.add(x));
    }
    BigDecimal power = x;
    BigDecimal sum = x;
    for (int k = 2; k < 20; k++) {
      power = power.multiply(x, MC).negate();
      sum = sum.add(power.divide(BigDecimal.valueOf(k), MC), MC);
    }
    return sum;
  }

  private static BigDecimal erf(BigDecimal x) {
    if (x.abs().compareTo(BigDecimal.valueOf(8)) > 0) {
      return BigDecimal.valueOf(x.signum());
    }
    MathContext wide = new MathContext(90);
    BigDecimal square = x.multiply(x, wide).negate();
    BigDecimal power = x;
    BigDecimal sum = x;
    for (int k = 1; power.abs().compareTo(EPS.multiply(x.abs())) > 0; k++) {
      power = power.multiply(square, wide).divide(BigDecimal.valueOf(k), wide);
      sum = sum.add(power.divide(BigDecimal.valueOf(2L * k + 1), wide), wide);
    }
    return sum.multiply(TWO).divide(PI.sqrt(wide), wide).round(MC);
  }

  /** Halley's iteration on erf y = x, from Winitzki's estimate: each step triples the digits. */
  private static BigDecimal erfinv(double x) {
    MathContext wide = new MathContext(80);
    double a = 2 / (Math.PI * 0.147) + Math.log1p(-x * x) / 2;
    double start = Math.sqrt(Math.sqrt(a * a - Math.log1p(-x * x) / 0.147) - a);
    BigDecimal y =
        new BigDecimal(Math.abs(x) < 1e-4 ? x * Math.sqrt(Math.PI) / 2 : Math.copySign(start, x));
    for (int i = 0; i < 4; i++) {
      BigDecimal slope =
          TWO.multiply(exp(y.multiply(y, wide).negate())).divide(PI.sqrt(wide), wide);
      BigDecimal step = erf(y).subtract(new BigDecimal(x)).divide(slope, wide);
      y = y.subtract(step.divide(ONE.add(y.multiply(step, wide)), wide), wide);
    }
    return y;
  }

  private static BigDecimal sin(BigDecimal x) {
    BigDecimal period = PI.multiply(TWO);
    BigDecimal turns = x.divide(period, 0, RoundingMode.HALF_EVEN);
    MathContext wide = new MathContext(80);
    BigDecimal r = x.subtract(turns.multiply(period), wide);
    BigDecimal square = r.multiply(r, wide).negate();
    BigDecimal term = r;
    BigDecimal sum = r;
    for (int k = 1; term.abs().compareTo(EPS.multiply(r.abs())) > 0; k++) {
      long divisor = 2L * k * (2L * k + 1);
      term = term.multiply(square, wide).divide(BigDecimal.valueOf(divisor), wide);
      sum = sum.add(term, wide);
    }
    return sum.round(MC);
  }
}
