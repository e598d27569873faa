// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * The three programs of a trajectory: the first half step with a new momentum, a full step, and the
 * last half step with the Metropolis test. L steps take L + 1 gradients. Buffers: {@code param/}
 * the state, {@code q/} and {@code p/} the trajectory, {@code energy} at its start, {@code
 * step/now} its step size. Lengths are in units of the scale: q moves by e s p, p by -e s grad U.
 */
final class HmcPrograms {
  private static final double GAMMA = 0.05;
  private static final double T0 = 10;
  private static final double KAPPA = 0.75;
  private static final double DIVERGED = 1000;

  private final Hmc hmc;
  private final Potential potential;
  private final int chains;
  private final List<String> names;

  HmcPrograms(Hmc hmc, Potential potential, int chains) {
    this.hmc = hmc;
    this.potential = potential;
    this.chains = chains;
    this.names = List.copyOf(potential.parameters().keySet());
  }

  Program begin() {
    Program.Builder b = Program.builder("hmc-begin");
    Map<String, Value> w = State.declare(b, "param/", potential, chains);
    Value count = b.input("count/step", State.i32(chains, 1));
    Randoms random = State.draws(b.input("key", State.i32(chains, 2)), count);
    Map<String, Value> p = new LinkedHashMap<>();
    w.forEach((name, v) -> p.put(name, State.normal(random, "hmc/momentum/" + name, v)));
    Value u = potential.of(b, w);
    Value e = F.exp(b.input("step/log", State.f64(Shape.of(chains, 1))));
    if (hmc.jitter() > 0) {
      Value unit = random.uniform("hmc/jitter", DType.F64, Shape.of(1), -1, 1);
      e = F.mul(e, F.add(F.mul(NetworkPosterior.column(unit), hmc.jitter()), 1));
    }
    b.output("energy", F.add(u, kinetic(p)));
    b.output("step/now", e);
    Map<String, Value> half = kicked(u, w, p, F.mul(e, 0.5));
    drifted(w, half, e).forEach((name, v) -> b.output("q/" + name, v));
    half.forEach((name, v) -> b.output("p/" + name, v));
    return b.build();
  }

  Program leap() {
    Program.Builder b = Program.builder("hmc-leap");
    Map<String, Value> q = State.declare(b, "q/", potential, chains);
    Map<String, Value> p = State.declare(b, "p/", potential, chains);
    Value e = b.input("step/now", State.f64(Shape.of(chains, 1)));
    Map<String, Value> next = kicked(potential.of(b, q), q, p, e);
    drifted(q, next, e).forEach((name, v) -> b.state("q/" + name, v));
    next.forEach((name, v) -> b.state("p/" + name, v));
    return b.build();
  }

  Program end() {
    Program.Builder b = Program.builder("hmc-end");
    Map<String, Value> w = State.declare(b, "param/", potential, chains);
    Map<String, Value> q = State.declare(b, "q/", potential, chains);
    Map<String, Value> p = State.declare(b, "p/", potential, chains);
    Value e = b.input("step/now", State.f64(Shape.of(chains, 1)));
    Value before = b.input("energy", State.f64(Shape.of(chains, 1)));
    Value count = b.input("count/step", State.i32(chains, 1));
    Value u = potential.of(b, q);
    Value change = F.sub(F.add(u, kinetic(kicked(u, q, p, F.mul(e, 0.5)))), before);
    Value finite = F.isFinite(change);
    Value zero = F.constant(change, 0);
    Value one = F.constant(change, 1);
    // A NaN change counts as a rejection.
    Value chance = F.select(finite, F.minimum(one, F.exp(F.neg(change))), zero);
    Randoms random = State.draws(b.input("key", State.i32(chains, 2)), count);
    Value unit = NetworkPosterior.column(random.unit("hmc/accept", DType.F64, Shape.of(1)));
    Value accepts = hmc.metropolis() ? F.lt(unit, chance) : finite;
    w.forEach(
        (name, old) ->
            b.state("param/" + name, F.select(State.ranked(accepts, old), q.get(name), old)));
    Value limit = b.input("count/warm-up", State.i32(1, 1));
    Value warm = F.lt(count, limit);
    Value diverges = F.or(F.not(finite), F.gt(change, F.constant(change, DIVERGED)));
    tally(b, "count/accepted", F.and(accepts, F.not(warm)));
    tally(b, "count/diverged", F.and(diverges, F.not(warm)));
    b.state("count/step", F.add(count, F.constant(count, 1)));
    if (hmc.target() > 0) {
      adapt(b, chance, F.add(F.cast(count, DType.F64), 1), warm, F.cast(limit, DType.F64));
    }
    return b.build();
  }

  /** Adapts the step size by dual averaging at trajectory t, from 1. */
  private void adapt(Program.Builder b, Value chance, Value t, Value warm, Value limit) {
    Value log = b.input("step/log", State.f64(Shape.of(chains, 1)));
    Value mean = b.input("step/log-mean", State.f64(Shape.of(chains, 1)));
    Value error = b.input("step/error", State.f64(Shape.of(chains, 1)));
    Value share = F.div(F.constant(t, 1), F.add(t, T0));
    Value newError =
        F.add(
            F.mul(error, F.sub(F.constant(t, 1), share)),
            F.mul(F.sub(F.constant(chance, hmc.target()), chance), share));
    double mu = Math.log(10 * hmc.step());
    Value newLog = F.add(F.mul(F.mul(F.sqrt(t), newError), -1 / GAMMA), mu);
    Value weight = F.exp(F.mul(F.log(t), -KAPPA));
    Value newMean = F.add(F.mul(newLog, weight), F.mul(mean, F.sub(F.constant(weight, 1), weight)));
    Value last = F.ge(t, limit);
    b.state("step/error", F.select(warm, newError, error));
    b.state("step/log-mean", F.select(warm, newMean, mean));
    b.state("step/log", F.select(warm, F.select(last, newMean, newLog), log));
  }

  private void tally(Program.Builder b, String name, Value event) {
    Value old = b.input(name, State.f64(Shape.of(chains, 1)));
    b.state(name, F.add(old, F.cast(event, DType.F64)));
  }

  private static Value kinetic(Map<String, Value> p) {
    Value sum = null;
    for (Value v : p.values()) {
      Value square = F.sum(F.square(v), NetworkPosterior.behind(v));
      sum = F.addOrNull(sum, NetworkPosterior.column(square));
    }
    return F.mul(sum, 0.5);
  }

  /** Returns the momenta after a step of size {@code e} along the force at q. */
  private Map<String, Value> kicked(Value u, Map<String, Value> q, Map<String, Value> p, Value e) {
    List<Value> gradients = Diff.grad(u, names.stream().map(q::get).toList());
    Map<String, Value> next = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      Value old = p.get(names.get(i));
      Value force = F.mul(gradients.get(i), -potential.scale(names.get(i)));
      next.put(names.get(i), F.add(old, F.mul(force, State.ranked(e, old))));
    }
    return next;
  }

  /** Returns the positions after a step of size {@code e} with momenta p. */
  private Map<String, Value> drifted(Map<String, Value> q, Map<String, Value> p, Value e) {
    Map<String, Value> next = new LinkedHashMap<>();
    q.forEach(
        (name, old) -> {
          Value way = F.mul(p.get(name), potential.scale(name));
          next.put(name, F.add(old, F.mul(way, State.ranked(e, old))));
        });
    return next;
  }
}
