// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * The mean of J draws as one network whose draws are traced one by one, so that bounds propagate
 * through it: certificates and verdicts apply to the mean as to any network. {@link MeanNetwork}
 * stacks the draws, which is faster and has no bounds. Parameters are those of {@link MeanNetwork}.
 *
 * @param draws J, at least 1
 */
public record DrawsApart(Network base, int draws, Of of) implements Network {
  /** What the mean is taken of. */
  public enum Of {
    /** The outputs of the draws as they are. */
    LOGITS,
    /** The softmax of the draws' outputs, which are the means' outputs then. */
    PROBABILITIES
  }

  public DrawsApart {
    if (draws < 1) {
      throw new IllegalArgumentException("a mean needs at least 1 draw, got " + draws);
    }
  }

  @Override
  public Shape input() {
    return base.input();
  }

  @Override
  public int outputs() {
    return base.outputs();
  }

  @Override
  public List<Parameter> parameters() {
    return new MeanNetwork(base, draws).parameters();
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    Value sum = null;
    for (int j = 0; j < draws; j++) {
      Map<String, Value> one = new LinkedHashMap<>();
      for (Parameter p : base.parameters()) {
        Value own = F.slice(params.get(p.name()), 1, j, j + 1); // [M, 1, shape...]
        one.put(p.name(), F.reshape(own, own.shape().remove(1)));
      }
      Value logits = base.apply(one, x); // [M, B, K]
      Value each = of == Of.LOGITS ? logits : F.softmax(logits, -1);
      sum = sum == null ? each : F.add(sum, each);
    }
    return F.mul(sum, 1.0 / draws);
  }
}
