// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.List;

/** The value of a node's attribute (AttributeProto). */
public sealed interface OnnxAttribute {
  record Int(long value) implements OnnxAttribute {}

  record Real(float value) implements OnnxAttribute {}

  record Text(String value) implements OnnxAttribute {}

  record Constant(OnnxTensor value) implements OnnxAttribute {}

  record Ints(List<Long> values) implements OnnxAttribute {
    public Ints {
      values = List.copyOf(values);
    }
  }

  record Reals(List<Float> values) implements OnnxAttribute {
    public Reals {
      values = List.copyOf(values);
    }
  }

  /** A graph, a type or a list of texts or tensors, whose value is not kept. */
  record Unsupported(String what) implements OnnxAttribute {}
}
