// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongBinaryOperator;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxTensor;

/**
 * Integers or booleans known before the network runs, such as shapes and axes, and computed while
 * tracing. An element may be the extent of the batch, which is free: it has the value 1, as for a
 * batch of one, and is marked.
 */
final class Ints implements Operand {
  private final ElementKind kind;
  private final int[] dims;
  private final long[] values;
  private final boolean[] batch;

  private Ints(ElementKind kind, int[] dims, long[] values, boolean[] batch) {
    this.kind = kind;
    this.dims = dims;
    this.values = values;
    this.batch = batch;
  }

  static Ints of(ElementKind kind, int[] dims, long[] values) {
    return new Ints(kind, dims, values, new boolean[values.length]);
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
    return new Ints(other, dims, values, batch);
  }

  /** Returns the extents of a tensor. */
  static Ints shape(Operand x) {
    int[] d = x.dims();
    Ints out = of(ElementKind.I64, new int[] {d.length}, Arrays.stream(d).asLongStream().toArray());
    if (x instanceof Term t && t.batched()) {
      out.batch[0] = true;
    }
    return out;
  }

  @Override
  public int[] dims() {
    return dims.clone();
  }

  int size() {
    return values.length;
  }

  long get(int i) {
    return values[i];
  }

  /** Returns whether an element is the extent of the batch. */
  boolean isBatch(int i) {
    return batch[i];
  }

  /**
   * Returns the elements as numbers.
   *
   * @throws IllegalArgumentException if one is the extent of the batch
   */
  long[] known(String what) {
    for (boolean b : batch) {
      if (b) {
        throw new IllegalArgumentException(what + " must not depend on the size of the batch");
      }
    }
    return values.clone();
  }

  Ints reshaped(int... to) {
    long size = 1;
    for (int d : to) {
      size = Math.multiplyExact(size, (long) d);
    }
    if (size != values.length) {
      throw new IllegalArgumentException(
          "cannot reshape " + values.length + " integers to " + Arrays.toString(to));
    }
    return new Ints(kind, to.clone(), values, batch);
  }

  /** Returns the elements at some positions of a vector, or of a scalar. */
  Ints at(int[] positions, int... to) {
    if (dims.length > 1) {
      throw new IllegalArgumentException(
          "integers of rank " + dims.length + " are not picked from");
    }
    long[] v = new long[positions.length];
    boolean[] b = new boolean[positions.length];
    for (int i = 0; i < positions.length; i++) {
      v[i] = values[positions[i]];
      b[i] = batch[positions[i]];
    }
    return new Ints(kind, to, v, b);
  }

  /** Concatenates vectors. */
  static Ints joined(List<Ints> parts) {
    int n = parts.stream().mapToInt(Ints::size).sum();
    Ints out = of(parts.get(0).kind, new int[] {n}, new long[n]);
    int at = 0;
    for (Ints p : parts) {
      if (p.dims.length != 1 || p.kind != out.kind) {
        throw new IllegalArgumentException("integers must be vectors of one type to be joined");
      }
      System.arraycopy(p.values, 0, out.values, at, p.size());
      System.arraycopy(p.batch, 0, out.batch, at, p.size());
      at += p.size();
    }
    return out;
  }

  /** Combines two elementwise; a single element pairs with every element of the other. */
  static Ints both(Ints a, Ints b, LongBinaryOperator f) {
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
    long[] x = a.known("an operand");
    long[] y = b.known("an operand");
    long[] out = new long[longer.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = f.applyAsLong(x[x.length == 1 ? 0 : i], y[y.length == 1 ? 0 : i]);
    }
    return of(a.kind, longer.dims, out);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("[");
    for (int i = 0; i < values.length; i++) {
      out.append(i == 0 ? "" : ", ").append(batch[i] ? "batch" : Long.toString(values[i]));
    }
    return out.append("]").toString();
  }
}
