// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.List;
import org.rigor.io.ElementKind;

/**
 * An input or output of a graph (ValueInfoProto with a tensor type).
 *
 * @param kind null if the file does not say
 * @param dims extents; {@link #FREE} where the axis is symbolic or unknown, as a batch axis is;
 *     null if the file does not even state the rank
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
