// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * Fast adaptive boundary attack (Croce and Hein 2020): steps to the nearest point of the loss's
 * linearised zero within the box, drawn towards the clean point; beyond the zero it goes back. Its
 * loss is a margin: with targets it is the paper's FAB-T, without any it steps to the boundary of
 * the likeliest wrong class. Its own iterates may leave the ball; the point that counts is the
 * iterate, moved into the ball.
 *
 * @param steps at least 1
 */
public record Fab(int steps) implements Attack {
  /** Most weight of the clean point. */
  private static final double MOST = 0.1;

  /** Factor by which a step goes too far, so that it crosses. */
  private static final double OVERSHOOT = 1.05;

  /** What is left of the distance beyond the zero. */
  private static final double BACK = 0.9;

  private static final double TINY = 1e-8;

  public Fab {
    if (steps < 1) {
      throw new IllegalArgumentException("fab: steps must be >= 1, got " + steps);
    }
  }

  @Override
  public boolean takes(Distance distance) {
    return distance != Sparse.L0;
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
    return Map.of(ITERATE, x);
  }

  @Override
  public AttackState start(Problem p) {
    return new AttackState(p.x0(), Map.of(ITERATE, p.x0()));
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Distance norm = p.threat().norm();
    Value x0 = p.x0();
    Value last = state.kept().get(ITERATE);
    Value back = F.add(x0, F.mul(F.sub(last, x0), BACK));
    Value lossThere = Minimal.each(p.loss().apply(last), last);
    Value x = F.select(F.gt(lossThere, F.constant(lossThere, 0)), back, last);
    Value loss = Minimal.each(p.loss().apply(x), x);
    Value gradient = p.gradient().apply(x);
    Value lossAtClean =
        F.add(loss, F.sum(F.mul(gradient, F.sub(x0, x)), Norm.features(x))); // of the plane

    Value own = Plane.toZero(p.threat(), x, gradient, loss);
    Value clean = Plane.toZero(p.threat(), x0, gradient, lossAtClean);
    Value far = atLeast(norm.length(own), TINY);
    Value cleanFar = atLeast(norm.length(clean), TINY);
    Value pull = F.div(far, F.add(far, cleanFar));
    pull = F.minimum(pull, F.constant(pull, MOST));
    Value ahead = F.add(x, F.mul(own, OVERSHOOT));
    Value pulled = F.add(x0, F.mul(clean, OVERSHOOT));
    Value next = F.add(ahead, F.mul(pull, F.sub(pulled, ahead)));
    Value iterate = p.threat().cut(next);
    Value inside = p.threat().project(iterate, x0, p.radius());
    return new AttackState(inside, Map.of(ITERATE, iterate));
  }

  private static Value atLeast(Value v, double least) {
    return F.maximum(v, F.constant(v, least));
  }
}
