// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;

/**
 * Steps to the linearised boundary (DeepFool, Moosavi-Dezfooli et al. 2016): by -loss over the
 * gradient's dual norm in the direction of steepest ascent, plus an overshoot. With the margin as
 * loss the boundary is always that of the strongest wrong class, where the paper takes the nearest;
 * with targets each start has its own. In a box a step is the shortest way within it. A row whose
 * loss is above 0 stays.
 *
 * @param overshoot relative overshoot of a step, at least 0
 */
public record DeepFool(int steps, double overshoot) implements Attack {
  /** The paper's. */
  public static final double OVERSHOOT = 0.02;

  /** Added to the missing loss, so that steps cross a boundary at distance 0. */
  private static final double BEYOND = 1e-9;

  public DeepFool {
    if (steps < 1 || !(overshoot >= 0)) {
      throw new IllegalArgumentException(
          "deepfool: needs steps >= 1 and overshoot >= 0, got " + steps + " and " + overshoot);
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
    return Minimal.keeps(x);
  }

  @Override
  public AttackState start(Problem p) {
    return Minimal.start(this, p, Map.of());
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Value x = state.kept().get(ITERATE);
    Value next = p.threat().box().isBounded() ? inBox(p, x) : freely(p, x);
    return Minimal.next(p, state, p.threat().cut(next), Map.of());
  }

  private Value inBox(Problem p, Value x) {
    Value loss = Minimal.each(p.loss().apply(x), x);
    Value missing = F.add(F.mul(loss, 1 + overshoot), -BEYOND);
    Value way = Plane.toZero(p.threat(), x, p.gradient().apply(x), missing);
    return F.select(F.le(loss, F.constant(loss, 0)), F.add(x, way), x);
  }

  private Value freely(Problem p, Value x) {
    Distance norm = p.threat().norm();
    Value margin = p.loss().apply(x); // [M, B, 1]
    Value gradient = flat(p.gradient().apply(x));
    // In l2 the direction is the gradient over its norm, and two divisions are one.
    boolean square = norm == Norm.L2;
    Value rate = square ? F.sum(F.square(gradient), 2) : norm.dual(gradient); // [M, B, 1]
    Value zero = F.constant(margin, 0);
    Value move = F.and(F.le(margin, zero), F.gt(rate, zero));
    Value safe = F.select(move, rate, F.constant(rate, 1));
    Value far = F.add(F.mul(F.neg(margin), 1 + overshoot), BEYOND);
    Value factor = F.select(move, F.div(far, safe), zero);
    Value way = square ? gradient : norm.direction(gradient);
    return F.reshape(F.add(flat(x), F.mul(way, factor)), x.shape());
  }

  /** Reshapes to [M, B, features]. */
  static Value flat(Value x) {
    Shape s = x.shape();
    int width = Math.toIntExact(s.size() / s.dim(0) / s.dim(1));
    return F.reshape(x, Shape.of(s.dim(0), s.dim(1), width));
  }
}
