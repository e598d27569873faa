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
 * Dropout (Srivastava et al. 2014): zeroes units at random and divides the others by the
 * probability of keeping them. Active in passes with random numbers: training, and Monte Carlo
 * dropout (Gal and Ghahramani 2016), a pass with frozen statistics and random numbers. Finished
 * networks and the attack on a training batch drop nothing.
 *
 * <p>The mask is a function of key, site in the network, sample and step, so a derivative program
 * recomputes the same mask.
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
   * Returns a network with dropout after every activation that follows a dense layer. Its
   * parameters keep the names, hence the initial values, of the network without dropout.
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
    // Select, do not multiply by 0: a dropped infinite unit must become 0.
    return F.select(kept, F.mul(x, 1 / (1 - rate)), F.constant(x, 0));
  }
}
