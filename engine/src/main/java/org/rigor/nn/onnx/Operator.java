// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

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
     * Returns the node's first result.
     *
     * @throws IllegalArgumentException naming what is not supported; the caller adds file and node
     */
    Operand trace(Call c);
  }
}
