// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.List;

/** How a value of the network comes from values before it. */
sealed interface Step {
  /** Returns how many elements the value has. */
  int size();

  /**
   * A linear function of a value.
   *
   * @param from number of the value
   */
  record Part(int from, Matrix matrix) {}

  /**
   * The sum of linear functions and a constant.
   *
   * @param uncertain relative error of the weights and the constant, in units of 2^-53
   */
  record Affine(List<Part> parts, double[] constant, int uncertain) implements Step {
    @Override
    public int size() {
      return constant.length;
    }
  }

  /**
   * max(z, slope z), elementwise: ReLU for the slope 0.
   *
   * @param from number of the value z
   * @param slope below 0, in [0, 1]
   * @param node position of the ONNX node in its file, by which a proof names it
   */
  record Bend(int from, double slope, int node, int size) implements Step {}
}
