// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.List;

/**
 * A supported operator: its signature and its semantics.
 *
 * @param handler traces a node whose signature was checked
 */
record Operator(String name, Signature signature, Handler handler) {
  /** Traces one node. */
  @FunctionalInterface
  interface Handler {
    /**
     * Returns the node's results, or the first alone: no other may be read then.
     *
     * @throws IllegalArgumentException naming what is not supported; the caller adds file and node
     */
    List<Operand> trace(Call c);
  }
}
