// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;

/** Binary floating-point format, and the tree idioms that work on its bits. */
enum Real {
  F32(ExprType.F32, 23),
  F64(ExprType.F64, 52);

  final ExprType type;
  final ExprType bitType;

  /** Stored bits of the significand. */
  final int mantissa;

  /** Exponent bias, also the largest exponent. */
  final int bias;

  /**
   * 1.5 * 2^mantissa: adding it rounds a value below 2^(mantissa - 1) to an integer, which the low
   * bits of the sum then hold, in two's complement if negative.
   */
  final double magic;

  Real(ExprType type, int mantissa) {
    this.type = type;
    this.bitType = type.bitcastPeer();
    this.mantissa = mantissa;
    this.bias = mantissa == 23 ? 127 : 1023;
    this.magic = Math.scalb(1.5, mantissa);
  }

  /** Returns the format of {@code x}. */
  static Real of(String function, Expr x) {
    return switch (x.type()) {
      case F32 -> F32;
      case F64 -> F64;
      default ->
          throw new IllegalArgumentException(function + ": needs F32 or F64, got " + x.type());
    };
  }

  /** Returns whichever of two values belongs to this format. */
  double pick(double f32, double f64) {
    return this == F32 ? f32 : f64;
  }

  Expr lit(double value) {
    return Expr.literal(type, value);
  }

  Expr integer(long value) {
    return Expr.literal(bitType, this == F32 ? (int) value : value);
  }

  Expr bits(Expr x) {
    return Expr.bitcast(x, bitType);
  }

  Expr real(Expr bits) {
    return Expr.bitcast(bits, type);
  }

  /** Returns the bits of 2^exponent for an exponent in the normal range. */
  long power(int exponent) {
    return (long) (exponent + bias) << mantissa;
  }

  /** Returns the sign bit. */
  long sign() {
    return this == F32 ? 1L << 31 : 1L << 63;
  }

  /** Gives {@code magnitude >= 0} the sign of {@code sign}, zeros included. */
  Expr copySign(Expr magnitude, Expr sign) {
    return real(Expr.or(bits(magnitude), Expr.and(bits(sign), integer(sign()))));
  }

  /** Evaluates {@code c[0] + c[1] x + ...} by Horner's rule, one fma per step. */
  Expr horner(Expr x, double... c) {
    Expr p = lit(c[c.length - 1]);
    for (int i = c.length - 2; i >= 0; i--) {
      p = Expr.fma(p, x, lit(c[i]));
    }
    return p;
  }

  /** Limits {@code x} to [lo, hi]; keeps NaN. */
  Expr clamp(Expr x, double lo, double hi) {
    return Expr.min(Expr.max(x, lit(lo)), lit(hi));
  }
}
