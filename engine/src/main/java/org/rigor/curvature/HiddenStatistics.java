// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.Map;
import org.rigor.diff.Kind;

/**
 * Means over samples, tokens and units of one hidden layer of M models: how many of its units are
 * active and how the loss depends on them. With x the layer's input, h its pre-activations, a =
 * s(h), and the loss of single samples: g = dl/da, gamma = s'(h), eta = dl/dh = g gamma.
 *
 * @param key name of the parameter K that feeds the units
 * @param units units n per token
 * @param tokens T, 1 without tokens
 * @param values by quantity, [M]
 */
public record HiddenStatistics(String key, int units, int tokens, Map<Quantity, double[]> values) {

  /** The measured quantities of a hidden layer. */
  public enum Quantity {
    /** Share of a != 0: the activation sparsity of the literature, in which lower is sparser. */
    ACTIVE,
    /** Share of gamma != 0. */
    SLOPED,
    /** Mean of gamma^2. */
    SLOPE_SQUARE,
    /** Share of |eta| &lt; 1e-9. */
    TINY_GRADIENT,
    /** Share of |eta| &lt; 1e-6. */
    SMALL_GRADIENT,
    /** Share of |eta| &lt; 1e-3. */
    LOW_GRADIENT,
    /** Sum over units and tokens of eta^2, mean over samples. */
    GRADIENT_SQUARE,
    /** Sum over tokens of |eta|^2 |x|^2, mean over samples: augmented flatness. */
    AUGMENTED_FLATNESS,
    /**
     * Sum over tokens of |K eta|^2, mean over samples: the gradient with respect to the layer's
     * input.
     */
    INPUT_GRADIENT_SQUARE,
    /**
     * Mean of eta^2 |x|^2 where a != 0: augmented flatness is T n times the share of those units
     * times this, for activations whose slope is 0 where they are. 0 where no unit is active.
     */
    COEFFICIENT,
    /** Mean over tokens of |x|^2. */
    INPUT_SQUARE
  }

  public HiddenStatistics {
    values = Map.copyOf(values);
  }

  /** Returns the kind of the values, which enclose no rounding. */
  public Kind kind() {
    return Kind.BOUND;
  }

  /** Returns one quantity of one model. */
  public double of(Quantity q, int model) {
    return values.get(q)[model];
  }
}
