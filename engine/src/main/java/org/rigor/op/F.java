// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * The vocabulary: one short function per primitive, then what is composed of them. Models, attacks
 * and derivative rules are written in it. Operands have equal rank; an extent of 1 repeats.
 */
public final class F {
  private F() {}

  // Elementwise.

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

  public static Value relu(Value a) {
    return Value.of(new Relu(), a);
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

  public static Value gt(Value a, Value b) {
    return compare(Compare.Kind.GT, a, b);
  }

  public static Value ge(Value a, Value b) {
    return compare(Compare.Kind.GE, a, b);
  }

  public static Value eq(Value a, Value b) {
    return compare(Compare.Kind.EQ, a, b);
  }

  /** A constant of extents 1 with the rank and element type of {@code like}. */
  public static Value constant(Value like, double c) {
    int[] ones = IntStream.range(0, like.shape().rank()).map(i -> 1).toArray();
    return fill(like.dtype(), Shape.of(ones), c);
  }

  public static Value fill(DType dtype, Shape shape, double c) {
    return Value.of(new Fill(dtype, shape, c));
  }

  // Reductions; reduced axes stay with extent 1.

  public static Value sum(Value x, List<Integer> axes) {
    return Value.of(new Sum(axes), x);
  }

  public static Value sum(Value x, int... axes) {
    return sum(x, axes(x, axes));
  }

  // Products and layout.

  public static Value matmul(Value a, Value b) {
    return matmul(a, b, false, false);
  }

  public static Value matmul(Value a, Value b, boolean ta, boolean tb) {
    return Value.of(new MatMul(ta, tb), a, b);
  }

  public static Value reshape(Value x, Shape to) {
    return x.shape().equals(to) ? x : Value.of(new Reshape(to), x);
  }

  public static Value transpose(Value x, List<Integer> order) {
    return Value.of(new Transpose(order), x);
  }

  public static Value broadcast(Value x, Shape to) {
    return x.shape().equals(to) ? x : Value.of(new Broadcast(to), x);
  }

  public static Value gather(Value table, Value index) {
    return Value.of(new Gather(), table, index);
  }

  public static Value scatterAdd(Value rows, Value index, int extent) {
    return Value.of(new ScatterAdd(extent), rows, index);
  }

  // Composed.

  /** Sums a value down to a shape that broadcasts to its own. */
  public static Value sumTo(Value x, Shape to) {
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < to.rank(); i++) {
      if (x.shape().dim(i) != to.dim(i)) {
        axes.add(i);
      }
    }
    return axes.isEmpty() ? x : sum(x, axes);
  }

  /** a + b where null is zero. */
  public static Value addOrNull(Value a, Value b) {
    return a == null ? b : b == null ? a : add(a, b);
  }

  /** Axes as non-negative numbers. */
  static List<Integer> axes(Value x, int... axes) {
    return IntStream.of(axes).map(x.shape()::axis).boxed().toList();
  }

  /** Gives unstacked operands an extent of 1 at axis 1, so that they repeat along the stack. */
  static List<Value> alignStacked(List<Value> in, List<Boolean> stacked) {
    List<Value> out = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      Value x = in.get(i);
      out.add(stacked.get(i) ? x : reshape(x, x.shape().insert(1, 1)));
    }
    return out;
  }
}
