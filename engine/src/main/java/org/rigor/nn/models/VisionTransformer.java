// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.models;

import java.util.ArrayList;
import java.util.List;
import org.rigor.nn.Activation;
import org.rigor.nn.ClassToken;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.Patches;
import org.rigor.nn.Positions;
import org.rigor.nn.Residual;
import org.rigor.nn.SelfAttention;
import org.rigor.nn.Sequential;
import org.rigor.nn.TokenPool;
import org.rigor.tensor.Shape;

/**
 * Dosovitskiy et al. 2021: patches as tokens with trained position embeddings, blocks of attention
 * and a two-layer MLP, each with a preceding layer norm and a residual connection, and a final
 * layer norm.
 *
 * @param patch side of a patch, a divisor of the image's height and width
 * @param dim features of a token, a multiple of heads
 * @param depth blocks
 * @param heads of each attention
 * @param mlpRatio hidden features of the MLP over dim
 * @param pool how the tokens become one vector; FIRST prepends a class token
 * @param style of the MLPs
 */
public record VisionTransformer(
    int patch, int dim, int depth, int heads, double mlpRatio, TokenPool pool, BlockStyle style) {
  private static final double EPSILON = 1e-6;

  /** Uses GELU and free layer norms, as published. */
  public VisionTransformer(
      int patch, int dim, int depth, int heads, double mlpRatio, TokenPool pool) {
    this(patch, dim, depth, heads, mlpRatio, pool, BlockStyle.plain(Activation.GELU));
  }

  public VisionTransformer {
    if (depth < 1 || dim < 1 || heads < 1 || dim % heads != 0) {
      throw new IllegalArgumentException(
          "vision transformer: depth must be >= 1 and dim a multiple of heads, got depth "
              + depth
              + ", dim "
              + dim
              + ", heads "
              + heads);
    }
    if (!(mlpRatio > 0) || !(mlpRatio * dim >= 1) || mlpRatio > 1024) {
      throw new IllegalArgumentException(
          "vision transformer: mlp ratio times dim must be >= 1, got " + mlpRatio);
    }
  }

  /**
   * @param input [H, W, C]
   */
  public Sequential of(Shape input, int outputs) {
    List<Layer> layers = new ArrayList<>(List.of(new Patches(patch), new Dense(dim)));
    if (pool == TokenPool.FIRST) {
      layers.add(new ClassToken());
    }
    layers.add(new Positions());
    int hidden = (int) Math.round(mlpRatio * dim);
    for (int i = 0; i < depth; i++) {
      layers.add(new Residual(List.of(new LayerNorm(EPSILON), new SelfAttention(heads))));
      layers.add(style.block(hidden, EPSILON));
    }
    layers.addAll(List.of(new LayerNorm(EPSILON), pool, new Dense(outputs)));
    return new Sequential(input, layers);
  }
}
