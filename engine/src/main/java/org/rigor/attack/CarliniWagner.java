// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/**
 * Carlini and Wagner's attack in l2 (2017, section V): Adam minimises the squared distance plus c
 * times the missing margin over w, where points of the box are tanh(w), moved and scaled; without a
 * box they are w. Nine searches divide the steps; c starts at 0.001, is multiplied by ten until a
 * search succeeds, then halves the interval between failure and success.
 *
 * @param steps of all searches together, at least 1; hundreds a search do their work
 */
public record CarliniWagner(int steps) implements Attack {
  private static final int SEARCHES = 9;
  private static final double FIRST_C = 1e-3;
  private static final double RATE = 0.01;
  private static final double MEAN = 0.9;
  private static final double SQUARE = 0.999;

  /** Keeps w finite at the sides of the box. */
  private static final double INSIDE = 1 - 1e-6;

  public CarliniWagner {
    if (steps < 1) {
      throw new IllegalArgumentException("carlini-wagner: steps must be >= 1, got " + steps);
    }
  }

  @Override
  public boolean takes(Distance distance) {
    return distance == Norm.L2;
  }

  @Override
  public boolean randomStart() {
    return false;
  }

  @Override
  public boolean needsMargin() {
    return true;
  }

  @Override
  public boolean minimises() {
    return true;
  }

  @Override
  public Map<String, TensorType> keeps(TensorType x) {
    Map<String, TensorType> keeps =
        Minimal.keeps(x, "c", "fails", "succeeds", "success", "mean-left", "square-left");
    keeps.put("modifier", x);
    keeps.put("mean", x);
    keeps.put("square", x);
    return keeps;
  }

  @Override
  public AttackState start(Problem p) {
    Map<String, Double> begins =
        Map.of(
            "c",
            FIRST_C,
            "succeeds",
            Double.POSITIVE_INFINITY,
            "mean-left",
            1.0,
            "square-left",
            1.0);
    AttackState clean = Minimal.start(this, p, begins);
    Map<String, Value> kept = new LinkedHashMap<>(clean.kept());
    kept.put(ITERATE, point(p.threat(), p.x0(), F.constant(p.x0(), 0)));
    return new AttackState(clean.x(), kept);
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Value x = state.kept().get(ITERATE);
    Value taken = rows(state, Minimal.STEPS);
    Value c = rows(state, "c");
    Value zero = F.constant(c, 0);
    Value loss = Minimal.each(p.loss().apply(x), x);
    Value missing = F.lt(loss, zero);
    Value pull = F.mul(F.sub(x, p.x0()), 2);
    Value push = F.select(missing, F.mul(p.gradient().apply(x), c), F.constant(x, 0));
    Value descent = F.mul(F.sub(pull, push), slope(p.threat(), x));

    Value mean = blend(state.kept().get("mean"), descent, MEAN);
    Value square = blend(state.kept().get("square"), F.square(descent), SQUARE);
    Value meanLeft = F.mul(rows(state, "mean-left"), MEAN);
    Value squareLeft = F.mul(rows(state, "square-left"), SQUARE);
    Value one = F.constant(c, 1);
    Value size = F.add(F.sqrt(F.div(square, F.sub(one, squareLeft))), 1e-8);
    Value step = F.div(F.div(mean, F.sub(one, meanLeft)), size);
    Value modifier = F.sub(state.kept().get("modifier"), F.mul(step, RATE));
    Value success = F.maximum(rows(state, "success"), F.select(Minimal.fooled(p, x), one, zero));

    Value ends = F.lt(taken, F.constant(taken, 0)); // none
    for (int s = 1; s < SEARCHES && steps >= SEARCHES; s++) {
      ends = F.or(ends, F.eq(taken, F.constant(taken, (int) ((long) s * steps / SEARCHES) - 1)));
    }
    Value succeeded = F.gt(success, zero);
    Value succeeds = rows(state, "succeeds");
    Value fails = rows(state, "fails");
    Value high = F.select(F.and(ends, succeeded), F.minimum(succeeds, c), succeeds);
    Value low = F.select(F.and(ends, F.not(succeeded)), F.maximum(fails, c), fails);
    Value middle = F.select(F.isFinite(high), F.mul(F.add(low, high), 0.5), F.mul(c, 10));

    Value none = F.constant(x, 0);
    Value next = point(p.threat(), p.x0(), modifier);
    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put("modifier", F.select(ends, none, modifier));
    kept.put("mean", F.select(ends, none, mean));
    kept.put("square", F.select(ends, none, square));
    kept.put("c", Minimal.flat(F.select(ends, middle, c)));
    kept.put("fails", Minimal.flat(low));
    kept.put("succeeds", Minimal.flat(high));
    kept.put("success", Minimal.flat(F.select(ends, zero, success)));
    kept.put("mean-left", Minimal.flat(F.select(ends, one, meanLeft)));
    kept.put("square-left", Minimal.flat(F.select(ends, one, squareLeft)));
    Value first = point(p.threat(), p.x0(), none);
    return Minimal.next(p, state, F.select(ends, first, next), kept);
  }

  private static Value rows(AttackState state, String name) {
    return AttackState.rows(state.kept().get(name), state.x());
  }

  private static Value blend(Value old, Value own, double share) {
    return F.add(F.mul(old, share), F.mul(own, 1 - share));
  }

  private static boolean boxed(Threat threat) {
    return !Double.isInfinite(threat.box().upper() - threat.box().lower());
  }

  /** Returns the point of a change of w. */
  private static Value point(Threat threat, Value x0, Value modifier) {
    if (!boxed(threat)) {
      return threat.cut(F.add(x0, modifier));
    }
    Value unit = F.mul(unit(threat, x0), INSIDE);
    // w = atanh(unit) = log((1 + unit) / (1 - unit)) / 2
    Value w = F.mul(F.sub(F.log1p(unit), F.log1p(F.neg(unit))), 0.5);
    double half = Minimal.width(threat) / 2;
    Value moved = F.mul(F.tanh(F.add(w, modifier)), half);
    return threat.cut(F.add(moved, threat.box().lower() + half));
  }

  /** Returns the derivative of a point by w, at the point. */
  private static Value slope(Threat threat, Value x) {
    if (!boxed(threat)) {
      return F.constant(x, 1);
    }
    Value unit = F.clamp(unit(threat, x), -INSIDE, INSIDE);
    return F.mul(F.sub(F.constant(x, 1), F.square(unit)), Minimal.width(threat) / 2);
  }

  /** Returns where in the box a point lies, from -1 to 1. */
  private static Value unit(Threat threat, Value x) {
    double half = Minimal.width(threat) / 2;
    return F.mul(F.add(x, -(threat.box().lower() + half)), 1 / half);
  }
}
