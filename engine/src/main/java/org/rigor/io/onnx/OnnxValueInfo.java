// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.List;
import org.rigor.io.ElementKind;

/**
 * An input or output of a graph (ValueInfoProto with a tensor type).
 *
 * @param kind null if the file does not say
 * @param dims extents; {@link #FREE} for a symbolic or unknown axis, such as a batch axis; null if
 *     the file does not state the rank
 */
public record OnnxValueInfo(String name, ElementKind kind, List<Long> dims) {
  /** An extent that the caller chooses. */
  public static final long FREE = -1;

  public OnnxValueInfo {
    dims = dims == null ? null : List.copyOf(dims);
  }

  @Override
  public String toString() {
    return name + " " + kind + (dims == null ? "" : " " + dims);
  }
}
