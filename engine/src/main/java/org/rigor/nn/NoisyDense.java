// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/**
 * A dense layer whose training passes add the effect of normal noise on its weights, drawn for each
 * token (MagicSynapse of Peng et al. 2023): noise ||W||_F / sqrt(size of W) ||x|| N(0, 1) for each
 * output. Differentiation treats the noise's scale as a constant. In a finished network, and in a
 * pass without random numbers, it is a plain {@link Dense} layer.
 *
 * @param noise standard deviation of a weight's noise over the weights' root mean square, greater
 *     than 0
 */
public record NoisyDense(int outputs, double noise) implements Layer {
  public NoisyDense {
    new Dense(outputs);
    if (!(noise > 0) || Double.isInfinite(noise)) {
      throw new IllegalArgumentException("noisy dense: noise must be > 0, got " + noise);
    }
  }

  @Override
  public Shape output(Shape input) {
    return new Dense(outputs).output(input);
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    return new Dense(outputs).parameters(input);
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return new Dense(outputs).apply(p, x);
  }

  @Override
  public Value apply(Map<String, Value> p, Value x, Pass pass) {
    Value y = apply(p, x);
    Optional<Randoms> randoms = pass.randoms();
    if (randoms.isEmpty()) {
      return y;
    }
    Value w = p.get("weight"); // [M, inputs, outputs]
    Value deviation = F.mul(F.sqrt(F.mean(F.square(w), 1, 2)), noise); // [M, 1, 1]
    Value scale = F.mul(F.l2Norm(x, -1), Dense.lifted(deviation, x.shape().rank()));
    Shape rest = Shape.of(y.shape().dims()).remove(0).remove(0);
    Value drawn = randoms.get().normal(pass.site("weight-noise"), y.dtype(), rest);
    return F.add(y, F.mul(F.detach(scale), drawn));
  }
}
