// SPDX-License-Identifier: Apache-2.0
package org.rigor.tensor;

import java.util.Arrays;

/**
 * Extents of a tensor, row-major. Axis 0 is the model axis: M models that advance together, or 1 if
 * all models share the tensor. Every extent is at least 1.
 */
public final class Shape {
  private final int[] dims;

  private Shape(int[] dims) {
    this.dims = dims;
  }

  /**
   * @throws IllegalArgumentException if an extent is below 1 or the element count overflows a long
   */
  public static Shape of(int... dims) {
    long size = 1;
    for (int d : dims) {
      if (d < 1) {
        throw new IllegalArgumentException("extent must be >= 1, got " + Arrays.toString(dims));
      }
      size = Math.multiplyExact(size, (long) d);
    }
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /** Returns the extent of an axis; negative axes count from the end. */
  public int dim(int axis) {
    return dims[axis < 0 ? dims.length + axis : axis];
  }

  /** Returns the axis as a non-negative number. */
  public int axis(int axis) {
    int a = axis < 0 ? dims.length + axis : axis;
    if (a < 0 || a >= dims.length) {
      throw new IllegalArgumentException("axis " + axis + " is outside shape " + this);
    }
    return a;
  }

  /** Returns the extent of axis 0; 1 for a scalar of rank 0. */
  public int models() {
    return dims.length == 0 ? 1 : dims[0];
  }

  /** Returns the number of elements. */
  public long size() {
    long n = 1;
    for (int d : dims) {
      n *= d;
    }
    return n;
  }

  /** Returns a copy of the extents. */
  public int[] dims() {
    return dims.clone();
  }

  /** Returns this shape with one extent replaced. */
  public Shape with(int axis, int extent) {
    int[] d = dims.clone();
    d[axis(axis)] = extent;
    return of(d);
  }

  /** Returns this shape with an axis of the given extent inserted before position {@code axis}. */
  public Shape insert(int axis, int extent) {
    int[] d = new int[dims.length + 1];
    System.arraycopy(dims, 0, d, 0, axis);
    d[axis] = extent;
    System.arraycopy(dims, axis, d, axis + 1, dims.length - axis);
    return of(d);
  }

  /** Returns this shape without one axis. */
  public Shape remove(int axis) {
    int a = axis(axis);
    int[] d = new int[dims.length - 1];
    System.arraycopy(dims, 0, d, 0, a);
    System.arraycopy(dims, a + 1, d, a, d.length - a);
    return of(d);
  }

  /** Returns the row-major strides in elements. */
  public long[] strides() {
    long[] s = new long[dims.length];
    long n = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      s[i] = n;
      n *= dims[i];
    }
    return s;
  }

  /**
   * Returns true if the ranks are equal and each extent of this shape equals the other's or is 1.
   */
  public boolean broadcastsTo(Shape other) {
    if (rank() != other.rank()) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] != other.dims[i] && dims[i] != 1) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
