// SPDX-License-Identifier: Apache-2.0
package org.rigor.tensor;

/** What is known of a value before it exists: element type and extents. */
public record TensorType(DType dtype, Shape shape) {
  /** Bytes of a dense buffer of this type. */
  public long bytes() {
    return Math.multiplyExact(shape.size(), dtype.bytes());
  }

  @Override
  public String toString() {
    return dtype.name().toLowerCase(java.util.Locale.ROOT) + shape;
  }
}
