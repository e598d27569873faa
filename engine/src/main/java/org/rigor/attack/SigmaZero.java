// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * Sigma-zero (Cina et al. 2025, algorithm 1): Adam on the missing margin plus a smooth number of
 * changed features, the mean of d^2 / (d^2 + sigma); after a step, changes below a threshold are
 * undone, which rises where the point is misclassified and falls where it is not. Lengths are in
 * widths of the box, 1 without one.
 *
 * @param steps at least 1; hundreds do their work
 */
public record SigmaZero(int steps) implements Attack {
  private static final double SIGMA = 1e-3;
  private static final double RATE = 1;

  /** Length of the last step over that of the first. */
  private static final double LAST = 0.1;

  private static final double THRESHOLD = 0.3;

  /** Change of the threshold over the length of a step. */
  private static final double CHANGE = 0.01;

  private static final double MEAN = 0.9;
  private static final double SQUARE = 0.999;

  public SigmaZero {
    if (steps < 1) {
      throw new IllegalArgumentException("sigma-zero: steps must be >= 1, got " + steps);
    }
  }

  @Override
  public boolean takes(Distance distance) {
    return distance == Sparse.L0;
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
        Minimal.keeps(x, "rate", "threshold", "mean-left", "square-left");
    keeps.put("mean", x);
    keeps.put("square", x);
    return keeps;
  }

  @Override
  public AttackState start(Problem p) {
    return Minimal.start(
        this,
        p,
        Map.of("rate", RATE, "threshold", THRESHOLD, "mean-left", 1.0, "square-left", 1.0));
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Value x = state.kept().get(ITERATE);
    double width = Minimal.width(p.threat());
    Value taken = rows(state, Minimal.STEPS);
    Value rate = rows(state, "rate");
    Value zero = F.constant(rate, 0);
    Value one = F.constant(rate, 1);
    Value d = F.mul(F.sub(x, p.x0()), 1 / width);
    Value square = F.square(d);
    Value under = F.add(square, SIGMA);
    // The derivative of d^2 / (d^2 + sigma), and of its mean over features.
    double features = (double) x.shape().size() / x.shape().models() / x.shape().dim(1);
    Value few = F.mul(F.div(d, F.square(under)), 2 * SIGMA / features);
    Value loss = Minimal.each(p.loss().apply(x), x);
    Value push = F.mul(p.gradient().apply(x), width);
    Value missing = F.lt(loss, F.constant(loss, 0));
    Value descent = F.sub(few, F.select(missing, push, F.constant(push, 0)));
    descent = Minimal.over(descent, Norm.LINF.length(descent));

    Value mean = blend(state.kept().get("mean"), descent, MEAN);
    Value spread = blend(state.kept().get("square"), F.square(descent), SQUARE);
    Value meanLeft = F.mul(rows(state, "mean-left"), MEAN);
    Value squareLeft = F.mul(rows(state, "square-left"), SQUARE);
    Value size = F.add(F.sqrt(F.div(spread, F.sub(one, squareLeft))), 1e-8);
    Value step = F.div(F.div(mean, F.sub(one, meanLeft)), size);
    Value moved = p.threat().cut(F.sub(x, F.mul(F.mul(step, rate), width)));

    Value next = Minimal.anneal(taken, steps, RATE, RATE * LAST, x.dtype());
    Value change = F.mul(next, CHANGE);
    Value threshold =
        F.add(rows(state, "threshold"), F.select(Minimal.fooled(p, x), change, F.neg(change)));
    threshold = F.minimum(F.maximum(threshold, zero), one);
    Value small = F.lt(F.abs(F.sub(moved, p.x0())), F.mul(threshold, width));
    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put("rate", Minimal.flat(next));
    kept.put("threshold", Minimal.flat(threshold));
    kept.put("mean-left", Minimal.flat(meanLeft));
    kept.put("square-left", Minimal.flat(squareLeft));
    kept.put("mean", mean);
    kept.put("square", spread);
    return Minimal.next(p, state, F.select(small, p.x0(), moved), kept);
  }

  private static Value rows(AttackState state, String name) {
    return AttackState.rows(state.kept().get(name), state.x());
  }

  private static Value blend(Value old, Value own, double share) {
    return F.add(F.mul(old, share), F.mul(own, 1 - share));
  }
}
