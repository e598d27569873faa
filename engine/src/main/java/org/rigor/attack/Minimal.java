// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Threat;

/** What attacks that {@link Attack#minimises} have in common. */
final class Minimal {
  /** Steps taken so far, I32 [M, B]. */
  static final String STEPS = "steps";

  /** Keeps quotients by a length finite. */
  private static final double TINY = 1e-12;

  private Minimal() {}

  /**
   * Returns what a row keeps.
   *
   * @param numbers names of further numbers
   */
  static Map<String, TensorType> keeps(TensorType x, String... numbers) {
    Shape each = Shape.of(x.shape().dim(0), x.shape().dim(1));
    Map<String, TensorType> keeps = new LinkedHashMap<>();
    keeps.put(Attack.ITERATE, x);
    keeps.put(STEPS, new TensorType(DType.I32, each));
    for (String name : numbers) {
      keeps.put(name, new TensorType(x.dtype(), each));
    }
    return keeps;
  }

  /**
   * Returns the state at the clean point.
   *
   * @param begins first values; others are 0
   */
  static AttackState start(Attack attack, Problem p, Map<String, Double> begins) {
    Value x = p.x0();
    Map<String, Value> kept = new LinkedHashMap<>();
    attack
        .keeps(x.type())
        .forEach(
            (name, t) ->
                kept.put(name, F.fill(t.dtype(), t.shape(), begins.getOrDefault(name, 0.0))));
    kept.put(Attack.ITERATE, x);
    return new AttackState(x, kept);
  }

  /**
   * Returns the state after a step.
   *
   * @param kept next values of all but the iterate and the steps
   */
  static AttackState next(Problem p, AttackState was, Value iterate, Map<String, Value> kept) {
    Map<String, Value> all = new LinkedHashMap<>();
    all.put(Attack.ITERATE, iterate);
    all.put(STEPS, F.add(was.kept().get(STEPS), 1));
    all.putAll(kept);
    return new AttackState(p.threat().project(iterate, p.x0(), p.radius()), all);
  }

  /** Returns which rows' points are misclassified, bool [M, B, 1...] of the rank of {@code x}. */
  static Value fooled(Problem p, Value x) {
    Value margin = each(p.margin().apply(x), x);
    return F.gt(margin, F.constant(margin, 0));
  }

  /** Reshapes [M, B, 1] to one number a row beside {@code x}. */
  static Value each(Value loss, Value x) {
    return AttackState.rows(flat(loss), x);
  }

  /** Reshapes one number a row to [M, B]. */
  static Value flat(Value number) {
    return F.reshape(number, Shape.of(number.shape().dim(0), number.shape().dim(1)));
  }

  /** Divides, by at least a tiny number. */
  static Value over(Value a, Value length) {
    return F.div(a, F.maximum(length, F.constant(length, TINY)));
  }

  /**
   * Returns a number that falls from {@code first} to {@code last} along half a cosine.
   *
   * @param taken steps so far, I32
   */
  static Value anneal(Value taken, int steps, double first, double last, DType dtype) {
    Value angle = F.mul(F.cast(taken, dtype), Math.PI / steps);
    return F.add(F.mul(F.cos(angle), (first - last) / 2), (first + last) / 2);
  }

  /** Returns the width of a box; 1 without both sides. */
  static double width(Threat threat) {
    double width = threat.box().upper() - threat.box().lower();
    return Double.isInfinite(width) ? 1 : width;
  }

  /** Returns a distance, at most that of the farthest point of the box from {@code x0}. */
  static Value within(Threat threat, Value x0, Value distance) {
    if (Double.isInfinite(threat.box().upper() - threat.box().lower())) {
      return distance;
    }
    Value up = F.sub(F.constant(x0, threat.box().upper()), x0);
    Value down = F.add(x0, -threat.box().lower());
    return F.minimum(distance, threat.norm().length(F.maximum(up, down)));
  }
}
