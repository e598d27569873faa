// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Steps to the linearised boundary (DeepFool, Moosavi-Dezfooli et al. 2016), in the Euclidean norm:
 * by -loss / |gradient|^2 times the gradient, plus an overshoot. With the margin as loss the
 * boundary is always that of the strongest wrong class; the paper takes the nearest. A row whose
 * loss is above 0 stays. There is no radius and no box.
 *
 * @param overshoot relative overshoot of a step, at least 0
 */
public record DeepFool(int steps, double overshoot) implements Attack {
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
  public AttackState start(Problem p) {
    return AttackState.of(p.x0());
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Value x = state.x();
    Value margin = p.loss().apply(x); // [M, B, 1]
    Value gradient = flat(p.gradient().apply(x));
    Value square = F.sum(F.square(gradient), 2); // [M, B, 1]
    Value zero = F.constant(margin, 0);
    Value move = F.and(F.le(margin, zero), F.gt(square, zero));
    Value safe = F.select(move, square, F.constant(square, 1));
    Value far = F.add(F.mul(F.neg(margin), 1 + overshoot), BEYOND);
    Value factor = F.select(move, F.div(far, safe), zero);
    Value next = F.add(flat(x), F.mul(gradient, factor));
    return AttackState.of(F.reshape(next, x.shape()));
  }

  /** Reshapes to [M, B, features]. */
  static Value flat(Value x) {
    Shape s = x.shape();
    int width = Math.toIntExact(s.size() / s.dim(0) / s.dim(1));
    return F.reshape(x, Shape.of(s.dim(0), s.dim(1), width));
  }
}
