// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Vocabulary of models, attacks and derivative rules: one short function per primitive, then
 * compositions of them. Operands have equal rank; an extent of 1 repeats. Elementwise functions are
 * in {@link Elementwise}, those on images in {@link Images}, random ones in {@link Randoms}.
 */
public final class F extends Images {
  private F() {}

  // Reductions; reduced axes stay with extent 1.

  public static Value sum(Value x, List<Integer> axes) {
    return Value.of(new Sum(axes), x);
  }

  public static Value sum(Value x, int... axes) {
    return sum(x, axes(x, axes));
  }

  public static Value max(Value x, List<Integer> axes) {
    return Value.of(new MaxReduce(axes), x);
  }

  public static Value max(Value x, int... axes) {
    return max(x, axes(x, axes));
  }

  public static Value min(Value x, List<Integer> axes) {
    return Value.of(new MinReduce(axes), x);
  }

  public static Value min(Value x, int... axes) {
    return min(x, axes(x, axes));
  }

  public static Value argMax(Value x, int... axes) {
    return Value.of(new ArgMax(axes(x, axes)), x);
  }

  public static Value mean(Value x, int... axes) {
    Value s = sum(x, axes);
    return div(s, constant(s, (double) x.shape().size() / s.shape().size()));
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

  /** Replaces rows of {@code base} by index, as {@link Put} says. */
  public static Value put(Value base, Value rows, Value index) {
    return Value.of(new Put(), base, rows, index);
  }

  /** Returns elements {@code from} to {@code to - 1} along one axis. */
  public static Value slice(Value x, int axis, int from, int to) {
    return slice(x, axis, from, to - from, 1);
  }

  /**
   * Returns {@code count} elements along one axis, every {@code step}-th starting at {@code from}.
   */
  public static Value slice(Value x, int axis, int from, int count, int step) {
    List<Integer> extent = Strided.extents(x.shape());
    List<Integer> start = new ArrayList<>(Collections.nCopies(extent.size(), 0));
    List<Integer> steps = new ArrayList<>(Collections.nCopies(extent.size(), 1));
    int k = behindModels(x, axis);
    start.set(k, from);
    steps.set(k, step);
    extent.set(k, count);
    return Value.of(new Slice(start, steps, extent), x);
  }

  /** Pads one axis with {@code before} and {@code after} elements of a value. */
  public static Value pad(Value x, int axis, int before, int after, double value) {
    List<Integer> extent = Strided.extents(x.shape());
    List<Integer> start = new ArrayList<>(Collections.nCopies(extent.size(), 0));
    int k = behindModels(x, axis);
    start.set(k, before);
    extent.set(k, before + extent.get(k) + after);
    return Value.of(new Pad(start, Collections.nCopies(extent.size(), 1), extent, value), x);
  }

  private static int behindModels(Value x, int axis) {
    int a = x.shape().axis(axis);
    if (a == 0) {
      throw new IllegalArgumentException("the model axis cannot be sliced or padded: " + x);
    }
    return a - 1;
  }

  /**
   * Concatenates along an axis.
   *
   * @throws IllegalArgumentException if there is nothing to concatenate
   */
  public static Value concat(int axis, List<Value> xs) {
    if (xs.isEmpty()) {
      throw new IllegalArgumentException("concat needs at least one operand, got none");
    }
    if (xs.size() == 1) {
      return xs.get(0);
    }
    int half = xs.size() / 2; // a balanced tree copies each element log n times
    Value a = concat(axis, xs.subList(0, half));
    Value b = concat(axis, xs.subList(half, xs.size()));
    return Value.of(new Concat(a.shape().axis(axis)), a, b);
  }

  public static Value concat(int axis, Value... xs) {
    return concat(axis, List.of(xs));
  }

  /** Returns the numbers 0 to extent - 1 along one axis of a tensor of extents 1, I32. */
  public static Value iota(int rank, int axis, int extent) {
    int[] d = new int[rank];
    Arrays.fill(d, 1);
    Shape shape = Shape.of(d).with(axis, extent);
    return reshape(Value.of(new Iota(extent)), shape);
  }

  // Composed.

  /**
   * Returns the logarithm of the sum of exponentials, correct at infinities: +infinity where an
   * element is, -infinity where all are, NaN where one is.
   */
  public static Value logSumExp(Value x, int... axes) {
    Value shift = shift(x, axes);
    return add(log(sum(exp(sub(x, shift)), axes)), shift);
  }

  /**
   * Returns the maximum, or 0 where that is not finite. It cancels, so no derivative flows through
   * it.
   */
  private static Value shift(Value x, int... axes) {
    Value top = Value.of(new Detach(true), max(x, axes));
    return select(isFinite(top), top, constant(top, 0));
  }

  /** Returns exponentials over their sum; NaN where that is not a positive number. */
  public static Value softmax(Value x, int... axes) {
    Value e = exp(sub(x, shift(x, axes)));
    return div(e, sum(e, axes));
  }

  /** Returns the logarithm of {@link #softmax} without loss of digits. */
  public static Value logSoftmax(Value x, int... axes) {
    Value centred = sub(x, shift(x, axes));
    return sub(centred, log(sum(exp(centred), axes)));
  }

  /**
   * Maps labels I32 [..] to [.., classes]: 1 at the label, else 0; all 0 for a label out of range.
   */
  public static Value oneHot(Value labels, int classes, DType dtype) {
    Shape s = labels.shape();
    Value column = reshape(labels, s.insert(s.rank(), 1));
    return cast(eq(column, iota(s.rank() + 1, s.rank(), classes)), dtype);
  }

  /**
   * Picks elements of the last axis by index: x [.., K] and I32 [.., J] to [.., J]; 0 for an index
   * outside [0, K).
   */
  public static Value takeLast(Value x, Value index) {
    int rank = x.shape().rank();
    Value columns = reshape(x, x.shape().insert(rank - 1, 1)); // [.., 1, K]
    Value rows = reshape(index, index.shape().insert(rank, 1)); // [.., J, 1]
    Value hit = eq(rows, iota(rank + 1, rank, x.shape().dim(-1)));
    Value picked = sum(select(hit, columns, constant(columns, 0)), rank);
    return reshape(picked, picked.shape().remove(rank));
  }

  /** Returns whether a value has the elements of its operand in the same order. */
  public static boolean isReshape(Value v) {
    return !v.isInput() && v.op() instanceof Reshape;
  }

  /** Picks elements of the last axis as {@link TakeAlong} does, also of long axes. */
  public static Value takeAlong(Value x, Value index) {
    return Value.of(new TakeAlong(), x, index);
  }

  /** Adds elements into the last axis as {@link ScatterAlong} does. */
  public static Value scatterAlong(Value x, Value index, int extent) {
    return Value.of(new ScatterAlong(extent), x, index);
  }

  /**
   * Returns I32 positions [.., k] of the k largest elements of the last axis, largest first, ties
   * by ascending position, NaN before all numbers.
   */
  public static Value topK(Value x, int k) {
    int rank = x.shape().rank();
    int n = x.shape().dim(-1);
    if (k < 1 || k > n) {
      throw new IllegalArgumentException("topK: k must be in 1.." + n + ", got " + k);
    }
    if (n > 32) {
      return slice(Order.argSort(x, true), rank - 1, 0, k);
    }
    // Few elements, as class scores: count ranks, which is quadratic but fuses with its neighbours.
    Value a = reshape(x, x.shape().insert(rank, 1)); // [.., n, 1]: the element to rank
    Value b = reshape(x, x.shape().insert(rank - 1, 1)); // [.., 1, n]: its rivals
    Value bothNaN = and(ne(a, a), ne(b, b));
    Value greater = or(gt(b, a), and(ne(b, b), eq(a, a)));
    Value earlier = lt(iota(rank + 1, rank, n), iota(rank + 1, rank - 1, n));
    Value before = or(greater, and(earlier, or(eq(a, b), bothNaN)));
    Value place = sum(cast(before, DType.I32), rank); // [.., n, 1]
    Value hit = eq(place, iota(rank + 1, rank, k)); // [.., n, k]
    Value at = iota(rank + 1, rank - 1, n);
    Value picked = sum(select(hit, at, constant(at, 0)), rank - 1); // [.., 1, k]
    return reshape(picked, picked.shape().remove(rank - 1));
  }

  public static Value l1Norm(Value x, int... axes) {
    return sum(abs(x), axes);
  }

  /** Returns the square root of the sum of squares; its derivative at 0 is 0. */
  public static Value l2Norm(Value x, int... axes) {
    Value s = sum(square(x), axes);
    Value positive = gt(s, constant(s, 0));
    return select(positive, sqrt(select(positive, s, constant(s, 1))), s);
  }

  public static Value maxNorm(Value x, int... axes) {
    return max(abs(x), axes);
  }

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

  /** Adds a and b, where null is zero. */
  public static Value addOrNull(Value a, Value b) {
    return a == null ? b : b == null ? a : add(a, b);
  }

  /** Returns axes as non-negative numbers. */
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
