// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/** Elementwise part of the vocabulary {@link F}, through which callers use it. */
abstract sealed class Elementwise permits Images {
  Elementwise() {}

  public static Value add(Value a, Value b) {
    return Value.of(new Add(), a, b);
  }

  public static Value sub(Value a, Value b) {
    return Value.of(new Sub(), a, b);
  }

  public static Value mul(Value a, Value b) {
    return Value.of(new Mul(), a, b);
  }

  public static Value mul(Value a, double c) {
    return mul(a, constant(a, c));
  }

  public static Value add(Value a, double c) {
    return add(a, constant(a, c));
  }

  public static Value div(Value a, Value b) {
    return Value.of(new Div(), a, b);
  }

  public static Value neg(Value a) {
    return Value.of(new Neg(), a);
  }

  public static Value sqrt(Value a) {
    return Value.of(new Sqrt(), a);
  }

  public static Value exp(Value a) {
    return Value.of(new Exp(), a);
  }

  public static Value expm1(Value a) {
    return Value.of(new Expm1(), a);
  }

  public static Value log(Value a) {
    return Value.of(new Log(), a);
  }

  public static Value log1p(Value a) {
    return Value.of(new Log1p(), a);
  }

  public static Value tanh(Value a) {
    return Value.of(new Tanh(), a);
  }

  public static Value sigmoid(Value a) {
    return Value.of(new Sigmoid(), a);
  }

  public static Value softplus(Value a) {
    return Value.of(new Softplus(), a);
  }

  public static Value erf(Value a) {
    return Value.of(new Erf(), a);
  }

  /** Returns the inverse of {@link #erf}: infinite at 1 and -1, NaN beyond. */
  public static Value erfinv(Value a) {
    return Value.of(new Erfinv(), a);
  }

  public static Value sin(Value a) {
    return Value.of(new Sin(), a);
  }

  public static Value cos(Value a) {
    return Value.of(new Cos(), a);
  }

  public static Value rsqrt(Value a) {
    return Value.of(new Rsqrt(), a);
  }

  public static Value pow(Value a, Value b) {
    return Value.of(new Pow(), a, b);
  }

  public static Value relu(Value a) {
    return Value.of(new Relu(), a);
  }

  /** Returns x + x^2 / 2 where x is at least 0, else 0; see {@link JSquaredRelu}. */
  public static Value jSquaredRelu(Value a) {
    return Value.of(new JSquaredRelu(), a);
  }

  public static Value abs(Value a) {
    return Value.of(new Abs(), a);
  }

  public static Value sign(Value a) {
    return Value.of(new Sign(), a);
  }

  public static Value maximum(Value a, Value b) {
    return Value.of(new Maximum(), a, b);
  }

  public static Value minimum(Value a, Value b) {
    return Value.of(new Minimum(), a, b);
  }

  public static Value leakyRelu(Value a, double slope) {
    return Value.of(new LeakyRelu(slope), a);
  }

  public static Value cast(Value a, DType to) {
    return a.dtype() == to ? a : Value.of(new Cast(to), a);
  }

  /** Returns the value as a constant of differentiation. */
  public static Value detach(Value a) {
    return Value.of(new Detach(false), a);
  }

  public static Value and(Value a, Value b) {
    return Value.of(new Logical(Logical.Kind.AND), a, b);
  }

  public static Value or(Value a, Value b) {
    return Value.of(new Logical(Logical.Kind.OR), a, b);
  }

  public static Value xor(Value a, Value b) {
    return Value.of(new Logical(Logical.Kind.XOR), a, b);
  }

  public static Value not(Value a) {
    return Value.of(new Not(), a);
  }

  public static Value select(Value condition, Value a, Value b) {
    return Value.of(new Select(), condition, a, b);
  }

  public static Value compare(Compare.Kind kind, Value a, Value b) {
    return Value.of(new Compare(kind), a, b);
  }

  public static Value lt(Value a, Value b) {
    return compare(Compare.Kind.LT, a, b);
  }

  public static Value le(Value a, Value b) {
    return compare(Compare.Kind.LE, a, b);
  }

  public static Value gt(Value a, Value b) {
    return compare(Compare.Kind.GT, a, b);
  }

  public static Value ge(Value a, Value b) {
    return compare(Compare.Kind.GE, a, b);
  }

  public static Value eq(Value a, Value b) {
    return compare(Compare.Kind.EQ, a, b);
  }

  public static Value ne(Value a, Value b) {
    return compare(Compare.Kind.NE, a, b);
  }

  /** Returns a constant of extents 1 with the rank and element type of {@code like}. */
  public static Value constant(Value like, double c) {
    int[] ones = IntStream.range(0, like.shape().rank()).map(i -> 1).toArray();
    return fill(like.dtype(), Shape.of(ones), c);
  }

  public static Value fill(DType dtype, Shape shape, double c) {
    return Value.of(new Fill(dtype, shape, c));
  }

  public static Value square(Value x) {
    return mul(x, x);
  }

  /** Clamps x to [low, high]. */
  public static Value clamp(Value x, Value low, Value high) {
    return minimum(maximum(x, low), high);
  }

  public static Value clamp(Value x, double low, double high) {
    return clamp(x, constant(x, low), constant(x, high));
  }

  /** Returns false for NaN and infinities, else true. */
  public static Value isFinite(Value x) {
    return eq(sub(x, x), constant(x, 0));
  }
}
