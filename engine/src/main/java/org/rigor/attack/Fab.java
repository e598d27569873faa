// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

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

  /** Steps of Newton's method to a zero, each of which passes a bound of the box at least. */
  private static final int NEWTON = 10;

  private static final double TINY = 1e-8;

  public Fab {
    if (steps < 1) {
      throw new IllegalArgumentException("fab: steps must be >= 1, got " + steps);
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
    return Map.of(ITERATE, x);
  }

  @Override
  public AttackState start(Problem p) {
    return new AttackState(p.x0(), Map.of(ITERATE, p.x0()));
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Norm norm = p.threat().norm();
    Value x0 = p.x0();
    Value last = state.kept().get(ITERATE);
    Value back = F.add(x0, F.mul(F.sub(last, x0), BACK));
    Value lossThere = each(p.loss().apply(last), last);
    Value x = F.select(F.gt(lossThere, F.constant(lossThere, 0)), back, last);
    Value loss = each(p.loss().apply(x), x);
    Value gradient = p.gradient().apply(x);
    Value lossAtClean =
        F.add(loss, F.sum(F.mul(gradient, F.sub(x0, x)), Norm.features(x))); // of the plane

    Value own = toZero(p.threat(), x, gradient, loss);
    Value clean = toZero(p.threat(), x0, gradient, lossAtClean);
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

  /**
   * Returns the shortest displacement within the box from {@code x} to a zero of a linear loss; to
   * the corner nearest to one if the box has none.
   *
   * @param loss at {@code x}
   */
  private static Value toZero(Threat threat, Value x, Value gradient, Value loss) {
    Value missing = F.abs(loss);
    Value uphill = F.lt(loss, F.constant(loss, 0));
    Value rises = F.eq(F.gt(gradient, F.constant(gradient, 0)), uphill); // in the coordinate
    Value up = F.sub(F.constant(x, threat.box().upper()), x);
    Value down = F.add(x, -threat.box().lower());
    Value room = F.select(rises, up, down);
    Value weight = F.abs(gradient);
    Value speed = threat.norm() == Norm.LINF ? F.constant(weight, 1) : weight;
    Value gain = F.mul(weight, speed);
    Value zero = F.constant(loss, 0);
    Value far = F.mul(missing, 0);
    for (int i = 0; i < NEWTON; i++) {
      Value moved = F.minimum(F.mul(speed, far), room);
      Value gained = F.sum(F.mul(weight, moved), Norm.features(x));
      Value free = F.lt(F.mul(speed, far), room);
      Value slope = F.sum(F.select(free, gain, F.constant(gain, 0)), Norm.features(x));
      Value goes = F.and(F.gt(slope, zero), F.lt(gained, missing));
      Value safe = F.select(goes, slope, F.constant(slope, 1));
      far = F.add(far, F.select(goes, F.div(F.sub(missing, gained), safe), zero));
    }
    Value moved = F.minimum(F.mul(speed, far), room);
    Value signed = F.select(rises, moved, F.neg(moved));
    return F.select(F.gt(weight, F.constant(weight, 0)), signed, F.constant(signed, 0));
  }

  private static Value atLeast(Value v, double least) {
    return F.maximum(v, F.constant(v, least));
  }

  /** Reshapes [M, B, 1] to one number a row beside {@code x}. */
  private static Value each(Value loss, Value x) {
    return AttackState.rows(F.reshape(loss, Shape.of(loss.shape().dim(0), loss.shape().dim(1))), x);
  }
}
