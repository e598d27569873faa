// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

/**
 * An operator that is read: what its nodes may state, and what it means.
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
     * @throws IllegalArgumentException saying what is not supported; who calls adds file and node
     */
    Operand trace(Call c);
  }
}
