// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.Arrays;
import org.rigor.io.ElementKind;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A constant of a file (TensorProto). Unlike a {@link HostTensor} it may be empty, as exporters
 * write omitted axes and regions, and its integers have 64 bits, which the ends of slices need.
 */
public final class OnnxTensor {
  private final ElementKind kind;
  private final int[] dims;
  private final HostTensor reals;
  private final long[] integers;

  private OnnxTensor(ElementKind kind, int[] dims, HostTensor reals, long[] integers) {
    this.kind = kind;
    this.dims = dims;
    this.reals = reals;
    this.integers = integers;
  }

  /** Returns a constant in the file type of its host type. */
  public static OnnxTensor of(HostTensor value) {
    return of(ElementKind.of(value.dtype()), value);
  }

  /**
   * Returns a constant of reals or integers in the given file type, which must be able to hold
   * them.
   *
   * @throws IllegalArgumentException if the value's type is not the file type's host type
   */
  public static OnnxTensor of(ElementKind kind, HostTensor value) {
    if (kind.host() != value.dtype()) {
      throw new IllegalArgumentException(kind + " is not held as " + value.dtype());
    }
    int[] dims = value.shape().dims();
    return value.dtype().isFloating()
        ? new OnnxTensor(kind, dims, value, null)
        : new OnnxTensor(kind, dims, null, Arrays.stream(value.ints()).asLongStream().toArray());
  }

  /** Returns integers or booleans of the given extents, which may be 0. */
  public static OnnxTensor integers(ElementKind kind, int[] dims, long... values) {
    return new OnnxTensor(kind, dims.clone(), null, values.clone());
  }

  /** Returns a tensor of reals without elements: one of its extents is 0. */
  static OnnxTensor noReals(ElementKind kind, int[] dims) {
    return new OnnxTensor(kind, dims.clone(), null, null);
  }

  /** Returns a vector of 64-bit integers, the type of shapes and axes. */
  public static OnnxTensor longs(long... values) {
    return integers(ElementKind.I64, new int[] {values.length}, values);
  }

  /** Returns the element type in the file. */
  public ElementKind kind() {
    return kind;
  }

  /** Returns the extents, which may be 0. */
  public int[] dims() {
    return dims.clone();
  }

  public boolean isEmpty() {
    return Arrays.stream(dims).anyMatch(d -> d == 0);
  }

  /** Returns whether the elements are real numbers, not integers or booleans. */
  public boolean isReal() {
    return kind.host().isFloating();
  }

  /**
   * Returns the real numbers, F32 or F64.
   *
   * @throws IllegalStateException if there are none
   */
  public HostTensor reals() {
    if (reals == null) {
      throw new IllegalStateException(this + " holds no real numbers");
    }
    return reals;
  }

  /**
   * Returns the integers; booleans are 0 or 1.
   *
   * @throws IllegalStateException if the elements are real numbers
   */
  public long[] integers() {
    if (integers == null) {
      throw new IllegalStateException(this + " holds no integers");
    }
    return integers.clone();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof OnnxTensor t
        && kind == t.kind
        && Arrays.equals(dims, t.dims)
        && Arrays.equals(integers, t.integers)
        && (reals == null ? t.reals == null : t.reals != null && reals.bitEquals(t.reals));
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(dims) + Arrays.hashCode(integers);
  }

  @Override
  public String toString() {
    return kind + " " + Arrays.toString(dims);
  }

  /** Returns the extents of a non-empty tensor as a shape. */
  public Shape shape() {
    return Shape.of(dims);
  }
}
