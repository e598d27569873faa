// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.workspace.Workspace;

/**
 * Minimises a traced objective over named tensors in double, M rows at once.
 *
 * @param optimiser with its usual numbers except those in {@code hyper}
 * @param rate peak of the schedule, above 0
 * @param steps at least 1
 * @param hyper overrides of the optimiser's usual numbers
 */
public record Descent(
    Optimiser optimiser, double rate, Schedule schedule, int steps, Map<String, Double> hyper) {
  public Descent {
    hyper = Map.copyOf(hyper);
    if (!(rate > 0) || Double.isInfinite(rate) || steps < 1) {
      throw new IllegalArgumentException(
          "descent: needs a rate > 0 and at least 1 step, got " + rate + " and " + steps);
    }
    if (!optimiser.hyper().keySet().containsAll(hyper.keySet())) {
      throw new IllegalArgumentException(
          "descent: the optimiser has " + optimiser.hyper().keySet() + ", got " + hyper.keySet());
    }
  }

  /** Returns Adam with a cosine schedule. */
  public static Descent adam(double rate, int steps) {
    return new Descent(new Optimiser.Adam(false), rate, new Schedule.Cosine(0, 0), steps, Map.of());
  }

  /** The function to minimise. */
  interface Objective {
    /**
     * Traces the objective.
     *
     * @param w by name, F64 [M, shape...]
     * @param key I32 [M, 2]
     * @param step I32 [M, 1], from 0
     * @return F64 [M, 1]
     */
    Value of(Program.Builder b, Map<String, Value> w, Value key, Value step);
  }

  /**
   * Returns the point at which the descent ends.
   *
   * @param inputs values of the inputs that the objective declares
   * @param start F64 [M, shape...] by name
   */
  Map<String, HostTensor> run(
      Device device,
      Map<String, HostTensor> inputs,
      List<TrialKey> keys,
      Map<String, HostTensor> start,
      Objective objective) {
    int m = keys.size();
    Map<String, HostTensor> end = new LinkedHashMap<>();
    try (Workspace space = new Workspace(device, "descent")) {
      space.putAll("", inputs);
      space.putAll("param/", start);
      space.put("key", TrialKey.tensor(keys));
      space.put("count/step", HostTensor.of(Shape.of(m, 1), new int[m]));
      double[] rates = new double[steps];
      for (int t = 0; t < steps; t++) {
        rates[t] = rate * schedule.factor(t, steps);
      }
      space.put("rates", HostTensor.of(Shape.of(1, steps), rates));
      double[] ones = new double[m];
      Arrays.fill(ones, 1);
      optimiser
          .globals()
          .forEach(g -> space.put("state/" + g, HostTensor.of(Shape.of(m, 1), ones)));
      Program program = program(m, start, objective);
      space.loop(steps, Sequence.run(space.link(space.declare(program)))).run();
      start.keySet().forEach(name -> end.put(name, space.read("param/" + name)));
    }
    end.forEach(
        (name, v) -> {
          if (v.firstOutside(-Double.MAX_VALUE, Double.MAX_VALUE).isPresent()) {
            throw new ArithmeticException(
                "descent: parameter '"
                    + name
                    + "' is not finite after "
                    + steps
                    + " steps at the rate "
                    + rate);
          }
        });
    return end;
  }

  private Program program(int m, Map<String, HostTensor> start, Objective objective) {
    Program.Builder b = Program.builder("descent");
    Map<String, Value> w = new LinkedHashMap<>();
    start.forEach((name, v) -> w.put(name, b.input("param/" + name, v.type())));
    Value count = b.input("count/step", State.i32(m, 1));
    Value loss = objective.of(b, w, b.input("key", State.i32(m, 2)), count);
    List<String> names = List.copyOf(w.keySet());
    List<Value> gradients = Diff.grad(loss, names.stream().map(w::get).toList());
    Map<String, Value> numbers = new LinkedHashMap<>();
    Value rates = b.input("rates", State.f64(Shape.of(1, steps)));
    numbers.put("learning-rate", F.gather(rates, count));
    optimiser
        .hyper()
        .forEach(
            (name, usual) ->
                numbers.put(
                    name, F.fill(DType.F64, Shape.of(1, 1), hyper.getOrDefault(name, usual))));
    Map<String, Value> globals = new LinkedHashMap<>();
    for (String g : optimiser.globals()) {
      globals.put(g, b.input("state/" + g, State.f64(Shape.of(m, 1))));
    }
    Map<String, Value> advanced = optimiser.advance(globals, numbers);
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      Value old = w.get(name);
      Map<String, Value> slots = new LinkedHashMap<>();
      for (String slot : optimiser.slots()) {
        slots.put(slot, b.input("state/" + slot + "/" + name, old.type()));
      }
      Optimiser.Update u =
          optimiser.update(
              old, gradients.get(i), ranked(numbers, old), slots, ranked(advanced, old));
      b.state("param/" + name, u.w());
      u.slots().forEach((slot, v) -> b.state("state/" + slot + "/" + name, v));
    }
    advanced.forEach((name, v) -> b.state("state/" + name, v));
    b.state("count/step", F.add(count, F.constant(count, 1)));
    return b.build();
  }

  private static Map<String, Value> ranked(Map<String, Value> values, Value like) {
    Map<String, Value> out = new LinkedHashMap<>();
    values.forEach((name, v) -> out.put(name, State.ranked(v, like)));
    return out;
  }
}
