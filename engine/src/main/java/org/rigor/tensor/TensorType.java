// SPDX-License-Identifier: Apache-2.0
package org.rigor.tensor;

/** Element type and extents: all that is known of a value before it is computed. */
public record TensorType(DType dtype, Shape shape) {
  /** Returns the bytes of a dense buffer of this type. */
  public long bytes() {
    return Math.multiplyExact(shape.size(), dtype.bytes());
  }

  @Override
  public String toString() {
    return dtype.name().toLowerCase(java.util.Locale.ROOT) + shape;
  }
}
