// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * A classifier that asks whether a network names one class: the logits are [the largest of the
 * others, that of the class], so a sample labelled 0 is misclassified exactly where the network
 * names the class.
 *
 * @param network of at least two outputs
 * @param target class, from 0
 */
public record TowardClass(Network network, int target) implements Network {
  public TowardClass {
    if (network.outputs() < 2 || target < 0 || target >= network.outputs()) {
      throw new IllegalArgumentException(
          "a target must be one of the classes 0 to %d, got %d"
              .formatted(network.outputs() - 1, target));
    }
  }

  @Override
  public Shape input() {
    return network.input();
  }

  @Override
  public int outputs() {
    return 2;
  }

  @Override
  public List<Parameter> parameters() {
    return network.parameters();
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    return toward(network.apply(params, x));
  }

  @Override
  public Value apply(Map<String, Value> params, Value x, Pass pass) {
    return toward(network.apply(params, x, pass));
  }

  private Value toward(Value logits) {
    int classes = network.outputs();
    Value own = F.slice(logits, 2, target, target + 1);
    Value before = target == 0 ? null : F.slice(logits, 2, 0, target);
    Value behind = target == classes - 1 ? null : F.slice(logits, 2, target + 1, classes);
    Value others = before == null ? behind : behind == null ? before : F.concat(2, before, behind);
    return F.concat(2, F.max(others, 2), own);
  }

  @Override
  public Map<String, Value> projected(Map<String, Value> next) {
    return network.projected(next);
  }
}
