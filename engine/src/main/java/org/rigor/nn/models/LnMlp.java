// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.models;

import java.util.ArrayList;
import java.util.List;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.Sequential;
import org.rigor.tensor.Shape;

/**
 * A residual perceptron with layer norms, the pure MLP of Peng et al. 2023: a dense layer to {@code
 * width} features, blocks of {@code hidden} units, a layer norm without scale and shift, a dense
 * layer to the outputs.
 *
 * @param width features between the blocks
 * @param hidden units of a block
 * @param depth number of blocks
 */
public record LnMlp(int width, int hidden, int depth, BlockStyle style) {
  private static final double EPSILON = 1e-5;

  public LnMlp {
    if (width < 2 || depth < 1) {
      throw new IllegalArgumentException(
          "residual perceptron: needs width >= 2 and depth >= 1, got " + width + " and " + depth);
    }
  }

  /** Returns the network on flat or flattened inputs. */
  public Sequential of(Shape input, int outputs) {
    List<Layer> layers = new ArrayList<>();
    if (input.rank() != 1) {
      layers.add(new Flatten());
    }
    layers.add(new Dense(width));
    for (int i = 0; i < depth; i++) {
      layers.add(style.block(hidden, EPSILON));
    }
    layers.add(new LayerNorm(EPSILON, LayerNorm.Affine.NONE));
    layers.add(new Dense(outputs));
    return new Sequential(input, layers);
  }
}
