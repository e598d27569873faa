// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxTensor;

/**
 * Integers or booleans known before the network runs, such as shapes and axes, and computed while
 * tracing: for a batch of one, and beside it for one of {@link Batch#MANY} samples. Where the two
 * differ, they depend on the size of the batch.
 */
final class Ints implements Operand {
  private final ElementKind kind;
  private final int[] dims;
  private final long[] one;
  private final long[] many;

  private Ints(ElementKind kind, int[] dims, long[] one, long[] many) {
    this.kind = kind;
    this.dims = dims;
    this.one = one;
    this.many = many;
  }

  static Ints of(ElementKind kind, int[] dims, long[] values) {
    return new Ints(kind, dims, values, values);
  }

  /** Returns the integers of a tensor in the file; real numbers give no elements. */
  static Ints of(OnnxTensor t) {
    return of(t.kind(), t.dims(), t.isReal() ? new long[0] : t.integers());
  }

  /** Returns the element type in the file. */
  ElementKind kind() {
    return kind;
  }

  /** Returns these numbers with another type. */
  Ints as(ElementKind other) {
    return new Ints(other, dims, one, many);
  }

  /** Returns the extents of a tensor. */
  static Ints shape(Operand x) {
    long[] d = Arrays.stream(x.dims()).asLongStream().toArray();
    return new Ints(ElementKind.I64, new int[] {d.length}, d, x.wide());
  }

  @Override
  public int[] dims() {
    return dims.clone();
  }

  @Override
  public long[] wide() {
    return Arrays.stream(dims).asLongStream().toArray();
  }

  int size() {
    return one.length;
  }

  /** Returns an element for a batch of one. */
  long get(int i) {
    return one[i];
  }

  /** Returns the elements for a batch of one. */
  long[] one() {
    return one.clone();
  }

  /** Returns the elements for a batch of {@link Batch#MANY} samples. */
  long[] many() {
    return many.clone();
  }

  /**
   * Returns the elements as numbers.
   *
   * @throws IllegalArgumentException if one depends on the size of the batch
   */
  long[] known(String what) {
    if (!Arrays.equals(one, many)) {
      throw new IllegalArgumentException(what + " must not depend on the size of the batch");
    }
    return one.clone();
  }

  Ints reshaped(int... to) {
    long size = 1;
    for (int d : to) {
      size = Math.multiplyExact(size, (long) d);
    }
    if (size != one.length) {
      throw new IllegalArgumentException(
          "cannot reshape " + one.length + " integers to " + Arrays.toString(to));
    }
    return new Ints(kind, to.clone(), one, many);
  }

  /** Returns the elements at some positions of a vector, or of a scalar. */
  Ints at(int[] positions, int... to) {
    if (dims.length > 1) {
      throw new IllegalArgumentException(
          "integers of rank " + dims.length + " are not picked from");
    }
    return new Ints(
        kind,
        to,
        Arrays.stream(positions).mapToLong(i -> one[i]).toArray(),
        Arrays.stream(positions).mapToLong(i -> many[i]).toArray());
  }

  /** Concatenates vectors. */
  static Ints joined(List<Ints> parts) {
    ElementKind kind = parts.get(0).kind;
    for (Ints p : parts) {
      if (p.dims.length != 1 || p.kind != kind) {
        throw new IllegalArgumentException("integers must be vectors of one type to be joined");
      }
    }
    long[] one = parts.stream().flatMapToLong(p -> Arrays.stream(p.one)).toArray();
    long[] many = parts.stream().flatMapToLong(p -> Arrays.stream(p.many)).toArray();
    return new Ints(kind, new int[] {one.length}, one, many);
  }

  /** Applies a function to each element. */
  Ints each(LongUnaryOperator f) {
    return new Ints(
        kind, dims, Arrays.stream(one).map(f).toArray(), Arrays.stream(many).map(f).toArray());
  }

  /** Combines two elementwise; a single element pairs with every element of the other. */
  static Ints both(Ints a, Ints b, LongBinaryOperator f) {
    return both(a, b, a.kind, f);
  }

  /**
   * Combines two of one type elementwise to numbers of another; a single element pairs with every
   * element of the other.
   */
  static Ints both(Ints a, Ints b, ElementKind kind, LongBinaryOperator f) {
    boolean fits =
        a.kind == b.kind && (Arrays.equals(a.dims, b.dims) || a.size() == 1 || b.size() == 1);
    if (!fits) {
      throw new IllegalArgumentException(
          "integers "
              + Arrays.toString(a.dims)
              + " and "
              + Arrays.toString(b.dims)
              + " do not fit");
    }
    Ints longer =
        a.size() > b.size() || a.size() == b.size() && a.dims.length >= b.dims.length ? a : b;
    int n = longer.size();
    return new Ints(kind, longer.dims, paired(a.one, b.one, n, f), paired(a.many, b.many, n, f));
  }

  /** Takes elements of {@code a} where a condition holds, else of {@code b}. */
  static Ints chosen(Ints holds, Ints a, Ints b) {
    int[] longest = holds.dims;
    for (Ints v : List.of(a, b)) {
      longest = v.size() > size(longest) ? v.dims : longest;
    }
    int n = size(longest);
    for (Ints v : List.of(holds, a, b)) {
      if (v.size() != 1 && v.size() != n || a.kind != b.kind) {
        throw new IllegalArgumentException("%s, %s and %s do not fit".formatted(holds, a, b));
      }
    }
    long[] one = new long[n];
    long[] many = new long[n];
    for (int i = 0; i < n; i++) {
      one[i] = (at(holds.one, i) != 0 ? at(a.one, i) : at(b.one, i));
      many[i] = (at(holds.many, i) != 0 ? at(a.many, i) : at(b.many, i));
    }
    return new Ints(a.kind, longest, one, many);
  }

  private static int size(int[] dims) {
    return Arrays.stream(dims).reduce(1, Math::multiplyExact);
  }

  /** Returns an element, or the only one. */
  private static long at(long[] v, int i) {
    return v[v.length == 1 ? 0 : i];
  }

  private static long[] paired(long[] x, long[] y, int n, LongBinaryOperator f) {
    long[] out = new long[n];
    for (int i = 0; i < n; i++) {
      out[i] = f.applyAsLong(at(x, i), at(y, i));
    }
    return out;
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("[");
    for (int i = 0; i < one.length; i++) {
      String element = one[i] == many[i] ? Long.toString(one[i]) : "batch";
      out.append(i == 0 ? "" : ", ").append(element);
    }
    return out.append("]").toString();
  }
}
