// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import org.rigor.io.ElementKind;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A constant of a file (TensorProto).
 *
 * @param kind the element type in the file; 64-bit integers, such as shapes, are held as I32
 */
public record OnnxTensor(ElementKind kind, HostTensor value) {
  /** A constant in the file type of its host type. */
  public static OnnxTensor of(HostTensor value) {
    return new OnnxTensor(ElementKind.of(value.dtype()), value);
  }

  /**
   * A vector of 64-bit integers, the type of shapes and axes.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static OnnxTensor longs(int... values) {
    return new OnnxTensor(ElementKind.I64, HostTensor.of(Shape.of(values.length), values));
  }
}
