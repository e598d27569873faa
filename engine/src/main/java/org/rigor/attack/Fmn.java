// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * Fast minimum-norm attack (Pintor et al. 2021, algorithm 1): steps along the gradient of a margin
 * and moves into a ball whose radius shrinks where the point is misclassified and grows where it is
 * not; before the first success the radius is the distance to the linearised boundary, in l0 it
 * grows by one feature at least. Lengths of steps fall from the width of the box, 1 without one, to
 * a hundredth.
 *
 * <p>Beyond the paper, the gradient leaves out coordinates that the box holds, and a radius that
 * should have reached the boundary grows. Otherwise most linear classifiers with an active box are
 * never fooled: the point tends to the boundary from inside.
 *
 * @param steps at least 1
 */
public record Fmn(int steps) implements Attack {
  private static final String RADIUS = "radius";
  private static final String BEST = "best";

  /** Share by which a radius changes, in the first step and the last. */
  private static final double FASTEST = 0.05;

  private static final double SLOWEST = 0.001;

  /** Length of the last step over that of the first. */
  private static final double LAST = 0.01;

  /** Goes beyond a boundary that is linear, on which rounding decides. */
  private static final double BEYOND = 1 + 1e-6;

  /** Growth of the distance to the boundary below which the radius should have reached it. */
  private static final double STALLED = 1 + 1e-3;

  public Fmn {
    if (steps < 1) {
      throw new IllegalArgumentException("fmn: steps must be >= 1, got " + steps);
    }
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
    return Minimal.keeps(x, RADIUS, BEST);
  }

  @Override
  public boolean takes(Distance distance) {
    return true;
  }

  @Override
  public AttackState start(Problem p) {
    double first = p.threat().norm() == Sparse.L0 ? 1 : Double.POSITIVE_INFINITY;
    return Minimal.start(this, p, Map.of(RADIUS, first, BEST, Double.POSITIVE_INFINITY));
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Distance norm = p.threat().norm();
    Value x = state.kept().get(ITERATE);
    Value taken = AttackState.rows(state.kept().get(Minimal.STEPS), x);
    Value radius = AttackState.rows(state.kept().get(RADIUS), x);
    Value best = AttackState.rows(state.kept().get(BEST), x);
    Value change = Minimal.anneal(taken, steps, FASTEST, SLOWEST, x.dtype());
    double longest = Minimal.width(p.threat());
    Value length = Minimal.anneal(taken, steps, longest, longest * LAST, x.dtype());

    Value fooled = Minimal.fooled(p, x);
    Value gradient = p.threat().free(x, p.gradient().apply(x));
    Value far = norm.length(F.sub(x, p.x0()));
    best = F.select(F.and(fooled, F.lt(far, best)), far, best);
    Value one = F.constant(change, 1);
    Value shrunk = F.mul(radius, F.sub(one, change));
    Value grown = F.mul(radius, F.add(one, change));
    if (norm == Sparse.L0) {
      shrunk = F.minimum(F.sub(radius, one), whole(shrunk));
      shrunk = F.maximum(shrunk, F.constant(shrunk, 0));
      grown = F.maximum(F.add(radius, one), whole(grown));
    } else {
      Value loss = Minimal.each(p.loss().apply(x), x);
      Value away = Minimal.over(F.abs(loss), norm.dual(gradient));
      Value boundary = F.mul(F.add(far, away), BEYOND);
      Value near = F.le(boundary, F.mul(radius, STALLED));
      Value reached = F.and(near, F.isFinite(radius));
      grown = F.select(F.or(F.isFinite(best), reached), grown, boundary);
    }
    Value next = F.select(fooled, F.minimum(shrunk, best), grown);
    next = Minimal.within(p.threat(), p.x0(), next);

    Value uphill = Minimal.over(gradient, Norm.L2.length(gradient));
    Value moved = p.threat().project(F.add(x, F.mul(uphill, length)), p.x0(), next);
    return Minimal.next(
        p, state, moved, Map.of(RADIUS, Minimal.flat(next), BEST, Minimal.flat(best)));
  }

  /** Rounds numbers of at least 0 down. */
  private static Value whole(Value v) {
    return F.cast(F.cast(v, DType.I32), v.dtype());
  }
}
