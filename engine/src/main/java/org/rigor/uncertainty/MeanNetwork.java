// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * The prediction of J draws as one network. Its outputs are the logarithms of the mean of the
 * draws' softmax, so its cross-entropy is the loss of the mean prediction and every attack and
 * measurement for classifiers applies. Parameters are the base network's with a leading axis of J
 * draws.
 *
 * @param draws J, at least 1
 */
public record MeanNetwork(Network base, int draws) implements Network {
  public MeanNetwork {
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
    return base.parameters().stream()
        .map(p -> new Parameter(p.name(), p.shape().insert(0, draws), p.start(), p.buffer()))
        .toList();
  }

  /** Returns the log-softmax of each draw: [M, J, B, K] from parameters [M, J, shape...]. */
  public Value logProbabilities(Map<String, Value> params, Value x) {
    Program.Builder apart = Program.builder("draw"); // whose inputs the stack replaces
    Map<String, Value> one = new LinkedHashMap<>();
    Map<Value, Value> stacked = new IdentityHashMap<>();
    for (Parameter p : base.parameters()) {
      Value w = params.get(p.name());
      Value v = apart.input(p.name(), p.type(w.shape().models(), w.dtype()));
      one.put(p.name(), v);
      stacked.put(v, w);
    }
    Value logits = Diff.stack(List.of(base.apply(one, x)), stacked, draws).get(0);
    return F.logSoftmax(logits, -1);
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    return mean(logProbabilities(params, x));
  }

  /** Returns the logarithm of the mean of probabilities: [M, J, B, K] to [M, B, K]. */
  static Value mean(Value logProbabilities) {
    Value sum = F.logSumExp(logProbabilities, 1);
    Value mean = F.add(sum, -Math.log(logProbabilities.shape().dim(1)));
    return F.reshape(mean, mean.shape().remove(1));
  }
}
