// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/**
 * Sets units to 0 with a probability and divides the others by the probability of staying
 * (Srivastava et al. 2014), in passes that have random numbers: those of training, and those of
 * Monte Carlo dropout (Gal and Ghahramani 2016), which is a pass with frozen statistics and random
 * numbers. A finished network, and the attack of a training batch, drop nothing.
 *
 * <p>The mask is a function of key, place in the network, sample and step, so a derivative program
 * reads the same one.
 *
 * @param rate probability that a unit is dropped, in [0, 1)
 */
public record Dropout(double rate) implements Layer {
  public Dropout {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException("dropout: the rate must lie in [0, 1), got " + rate);
    }
  }

  /**
   * Returns a network with dropout behind every activation that follows a dense layer. Its
   * parameters have the names, and so the initial values, of those without.
   */
  public static Sequential behindDense(Sequential network, double rate) {
    List<Layer> layers = new ArrayList<>(network.layers());
    for (int i = 1; i < layers.size(); i++) {
      if (layers.get(i) instanceof Activation a && layers.get(i - 1) instanceof Dense) {
        layers.set(i, new Chain(a, new Dropout(rate)));
      }
    }
    return new Sequential(network.input(), layers);
  }

  @Override
  public Shape output(Shape input) {
    return input;
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    return x;
  }

  @Override
  public Value apply(Map<String, Value> params, Value x, Pass pass) {
    if (rate == 0 || pass.randoms().isEmpty()) {
      return x;
    }
    Randoms randoms = pass.randoms().get();
    Shape rest = Shape.of(x.shape().dims()).remove(0).remove(0);
    Value unit = randoms.unit(pass.site("dropout"), x.dtype(), rest);
    Value kept = F.ge(unit, F.constant(unit, rate));
    // A selection, not a product with 0: an infinite unit that is dropped is 0.
    return F.select(kept, F.mul(x, 1 / (1 - rate)), F.constant(x, 0));
  }
}
