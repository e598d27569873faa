// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;

/**
 * A first-order update rule. Numbers that differ between models ({@link #hyper}) are device inputs
 * [M, 1]; only what changes the program is part of the record.
 */
public interface Optimiser {
  /** Returns the usual per-model numbers; {@code learning-rate} comes from the schedule. */
  Map<String, Double> hyper();

  /** Returns the names of the state tensors kept for each parameter, starting at 0. */
  List<String> slots();

  /** Returns the names of the state numbers [M, 1] kept for each model, starting at 1. */
  default List<String> globals() {
    return List.of();
  }

  /** Returns the new values of {@link #globals}. */
  default Map<String, Value> advance(Map<String, Value> globals, Map<String, Value> hyper) {
    return Map.of();
  }

  /**
   * Traces one parameter's update.
   *
   * @param hyper shaped to broadcast to the parameter, {@code learning-rate} among them
   * @param slots old state
   * @param globals new state numbers, shaped to broadcast to the parameter
   */
  Update update(
      Value w,
      Value gradient,
      Map<String, Value> hyper,
      Map<String, Value> slots,
      Map<String, Value> globals);

  /** A parameter's new value and state. */
  record Update(Value w, Map<String, Value> slots) {}

  /**
   * Stochastic gradient descent as PyTorch defines it: g += decay w; v = momentum v + g; w -= rate
   * v (Nesterov: rate (g + momentum v)).
   */
  record Sgd(boolean nesterov) implements Optimiser {
    @Override
    public Map<String, Double> hyper() {
      Map<String, Double> h = new LinkedHashMap<>();
      h.put("momentum", 0.0);
      h.put("weight-decay", 0.0);
      return h;
    }

    @Override
    public List<String> slots() {
      return List.of("momentum");
    }

    @Override
    public Update update(
        Value w, Value gradient, Map<String, Value> h, Map<String, Value> s, Map<String, Value> n) {
      Value g = F.add(gradient, F.mul(w, h.get("weight-decay")));
      Value v = F.add(F.mul(s.get("momentum"), h.get("momentum")), g);
      Value d = nesterov ? F.add(g, F.mul(v, h.get("momentum"))) : v;
      return new Update(F.sub(w, F.mul(d, h.get("learning-rate"))), Map.of("momentum", v));
    }
  }

  /**
   * Adam (Kingma and Ba 2015, algorithm 1). Weight decay is added to the gradient; decoupled, it
   * shrinks the weights by rate * decay instead (AdamW, Loshchilov and Hutter 2019).
   */
  record Adam(boolean decoupled) implements Optimiser {
    @Override
    public Map<String, Double> hyper() {
      Map<String, Double> h = new LinkedHashMap<>();
      h.put("beta1", 0.9);
      h.put("beta2", 0.999);
      h.put("epsilon", 1e-8);
      h.put("weight-decay", decoupled ? 0.01 : 0.0);
      return h;
    }

    @Override
    public List<String> slots() {
      return List.of("mean", "square");
    }

    @Override
    public List<String> globals() {
      return List.of("beta1-power", "beta2-power");
    }

    @Override
    public Map<String, Value> advance(Map<String, Value> n, Map<String, Value> h) {
      return Map.of(
          "beta1-power", F.mul(n.get("beta1-power"), h.get("beta1")),
          "beta2-power", F.mul(n.get("beta2-power"), h.get("beta2")));
    }

    @Override
    public Update update(
        Value w, Value gradient, Map<String, Value> h, Map<String, Value> s, Map<String, Value> n) {
      Value rate = h.get("learning-rate");
      Value decay = F.mul(w, h.get("weight-decay"));
      Value g = decoupled ? gradient : F.add(gradient, decay);
      Value mean = blend(s.get("mean"), g, h.get("beta1"));
      Value square = blend(s.get("square"), F.mul(g, g), h.get("beta2"));
      Value unbiased = F.div(mean, rest(n.get("beta1-power")));
      Value scale = F.sqrt(F.div(square, rest(n.get("beta2-power"))));
      Value step = F.div(unbiased, F.add(scale, h.get("epsilon")));
      Value d = decoupled ? F.add(step, decay) : step;
      return new Update(F.sub(w, F.mul(d, rate)), Map.of("mean", mean, "square", square));
    }

    private static Value blend(Value old, Value now, Value beta) {
      return F.add(F.mul(old, beta), F.mul(now, rest(beta)));
    }

    private static Value rest(Value beta) {
      return F.sub(F.constant(beta, 1), beta);
    }
  }
}
