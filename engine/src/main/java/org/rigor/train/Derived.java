// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.diff.Diff;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.nn.mlp.Mlp;
import org.rigor.nn.mlp.MlpGradient;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * A method's loss on a batch with its derivatives.
 *
 * @param loss mean over the batch, [M, 1]
 * @param gradients by parameter, shaped like the parameters
 * @param buffers buffers after the passes
 * @param input gradient with respect to the perturbed batch, if the method asks for it
 */
record Derived(
    Value loss, Map<String, Value> gradients, Map<String, Value> buffers, Optional<Value> input) {

  /**
   * Traces the loss and its gradients: by the fused kernel for small perceptrons if method, network
   * and device allow it, else by the composed operations.
   *
   * @param params point at which the gradient is taken
   */
  static Derived trace(Inputs in, Map<String, Value> params, int sharedBytes) {
    Objective o = new Objective(in, params);
    Method method = in.setup().method();
    if (method instanceof CrossEntropy && method.replay().isEmpty()) {
      Optional<Derived> onChip =
          Mlp.of(in.setup().network())
              .flatMap(
                  net ->
                      MlpGradient.trace(
                          net,
                          params,
                          in.flat(o.perturbed()),
                          in.labels(),
                          o.smoothing(),
                          sharedBytes))
              .map(r -> new Derived(r.loss(), r.parameters(), Map.of(), Optional.empty()));
      if (onChip.isPresent()) {
        return onChip.get();
      }
    }
    return composed(in, o, method, params);
  }

  private static Derived composed(
      Inputs in, Objective o, Method method, Map<String, Value> params) {
    Value loss = F.mean(method.loss(o), 1);
    List<String> names = trained(in.setup()).stream().map(Parameter::name).toList();
    List<Value> by = new ArrayList<>(names.stream().map(params::get).toList());
    if (method.replay().isPresent()) {
      by.add(o.perturbed());
    }
    List<Value> gradients = Diff.grad(loss, by);
    Map<String, Value> byName = new LinkedHashMap<>();
    for (String name : names) {
      byName.put(name, gradients.get(byName.size()));
    }
    Optional<Value> input = method.replay().map(r -> gradients.get(names.size()));
    Value column = F.reshape(loss, Shape.of(in.models(), 1));
    return new Derived(column, byName, o.updates(), input);
  }

  static List<Parameter> trained(TrainingSetup setup) {
    return setup.network().parameters().stream().filter(p -> !p.buffer()).toList();
  }
}
