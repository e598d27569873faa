// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.models;

import org.rigor.nn.Activation;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.MlpBlock;

/**
 * Configuration of the MLP blocks of a network; see {@link MlpBlock}.
 *
 * @param activation of the hidden units
 * @param affine of the layer norm in front
 * @param zeroth place of the zeroth bias
 * @param noise of the weights in training, 0 for none
 */
public record BlockStyle(
    Layer activation, LayerNorm.Affine affine, MlpBlock.Zeroth zeroth, double noise) {
  /** Returns the usual block with a free layer norm. */
  public static BlockStyle plain(Activation activation) {
    return new BlockStyle(activation, LayerNorm.Affine.FREE, MlpBlock.Zeroth.NONE, 0);
  }

  MlpBlock block(int hidden, double epsilon) {
    return new MlpBlock(hidden, activation, new LayerNorm(epsilon, affine), zeroth, noise);
  }
}
