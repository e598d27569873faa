// SPDX-License-Identifier: Apache-2.0
package org.rigor.tensor;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A dense row-major tensor on the host. The array is {@code float[]} for F32, {@code double[]} for
 * F64, {@code int[]} for I32 and BOOL; it is shared with the caller, not copied.
 */
public record HostTensor(TensorType type, Object array) {
  /**
   * @throws IllegalArgumentException if the array has another type or length than the tensor type
   */
  public HostTensor {
    int length =
        switch (type.dtype()) {
          case F32 -> array instanceof float[] a ? a.length : -1;
          case F64 -> array instanceof double[] a ? a.length : -1;
          case I32, BOOL -> array instanceof int[] a ? a.length : -1;
          case BF16 -> throw new IllegalArgumentException("BF16 is not a host type");
        };
    if (length != type.shape().size()) {
      throw new IllegalArgumentException(
          "a tensor "
              + type
              + " needs "
              + type.shape().size()
              + " elements of its type, got "
              + array.getClass().getSimpleName()
              + " of "
              + length);
    }
  }

  public static HostTensor of(Shape shape, float... values) {
    return new HostTensor(new TensorType(DType.F32, shape), values);
  }

  public static HostTensor of(Shape shape, double... values) {
    return new HostTensor(new TensorType(DType.F64, shape), values);
  }

  public static HostTensor of(Shape shape, int... values) {
    return new HostTensor(new TensorType(DType.I32, shape), values);
  }

  public static HostTensor zeros(TensorType type) {
    int n = Math.toIntExact(type.shape().size());
    return new HostTensor(
        type,
        switch (type.dtype()) {
          case F32 -> new float[n];
          case F64 -> new double[n];
          case I32, BOOL -> new int[n];
          case BF16 -> throw new IllegalArgumentException("BF16 is not a host type");
        });
  }

  public Shape shape() {
    return type.shape();
  }

  public DType dtype() {
    return type.dtype();
  }

  public float[] floats() {
    return (float[]) array;
  }

  public double[] doubles() {
    return (double[]) array;
  }

  public int[] ints() {
    return (int[]) array;
  }

  /** Returns the element at a flat row-major index, widened to double. */
  public double get(int index) {
    return array instanceof float[] f
        ? f[index]
        : array instanceof double[] d ? d[index] : ((int[]) array)[index];
  }

  /** Returns the same elements under another shape of equal size. */
  public HostTensor reshape(Shape shape) {
    return new HostTensor(new TensorType(type.dtype(), shape), array);
  }

  /**
   * Copies {@code length} elements, starting at {@code from} and widened to double, to an array.
   */
  public void copy(int from, int length, double[] to, int at) {
    if (array instanceof double[] d) {
      System.arraycopy(d, from, to, at, length);
    } else if (array instanceof float[] f) {
      for (int i = 0; i < length; i++) {
        to[at + i] = f[from + i];
      }
    } else {
      int[] n = ints();
      for (int i = 0; i < length; i++) {
        to[at + i] = n[from + i];
      }
    }
  }

  /**
   * Copies {@code length} elements, starting at {@code from}, to another tensor; doubles are
   * rounded to floats where that one holds floats.
   */
  public void copy(int from, int length, HostTensor to, int at) {
    if (to.array instanceof double[] d) {
      copy(from, length, d, at);
    } else if (to.array instanceof float[] f && array instanceof double[] d) {
      for (int i = 0; i < length; i++) {
        f[at + i] = (float) d[from + i];
      }
    } else {
      System.arraycopy(array, from, to.array, at, length);
    }
  }

  /** Returns the position of the first element outside [lower, upper]; NaN is always outside. */
  public OptionalInt firstOutside(double lower, double upper) {
    int n = Math.toIntExact(shape().size());
    int part = 1 << 16;
    return IntStream.range(0, (n + part - 1) / part)
        .parallel()
        .map(p -> firstOutside(lower, upper, p * part, Math.min(n, p * part + part)))
        .filter(i -> i >= 0)
        .findFirst();
  }

  private int firstOutside(double lower, double upper, int from, int to) {
    if (array instanceof float[] f) {
      for (int i = from; i < to; i++) {
        if (!(f[i] >= lower && f[i] <= upper)) {
          return i;
        }
      }
      return -1;
    }
    for (int i = from; i < to; i++) {
      if (!(get(i) >= lower && get(i) <= upper)) {
        return i;
      }
    }
    return -1;
  }

  /** Returns a copy in double precision (exact for every host type). */
  public HostTensor toDouble() {
    double[] out = new double[Math.toIntExact(shape().size())];
    copy(0, out.length, out, 0);
    return of(shape(), out);
  }

  /** Returns a copy in single precision, rounded to nearest. */
  public HostTensor toFloat() {
    float[] out = new float[Math.toIntExact(shape().size())];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) get(i);
    }
    return of(shape(), out);
  }

  /** Returns whether type and every bit are equal, NaN payloads included. */
  public boolean bitEquals(HostTensor other) {
    if (!type.equals(other.type)) {
      return false;
    }
    if (array instanceof float[] a) {
      float[] b = other.floats();
      for (int i = 0; i < a.length; i++) {
        if (Float.floatToRawIntBits(a[i]) != Float.floatToRawIntBits(b[i])) {
          return false;
        }
      }
      return true;
    }
    if (array instanceof double[] a) {
      double[] b = other.doubles();
      for (int i = 0; i < a.length; i++) {
        if (Double.doubleToRawLongBits(a[i]) != Double.doubleToRawLongBits(b[i])) {
          return false;
        }
      }
      return true;
    }
    return Arrays.equals(ints(), other.ints());
  }

  @Override
  public String toString() {
    return "HostTensor " + type;
  }
}
