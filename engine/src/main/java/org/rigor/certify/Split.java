// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.op.F;

/**
 * A cell's constraint {@code sign z >= 0} on a value z [M, B, units...], with a multiplier
 * (beta-CROWN, Wang et al. 2021): in the cell, -multiplier sign z adds at most 0 to a bound.
 *
 * @param sign 1, -1, or 0 for no constraint
 * @param multiplier at least 0
 */
record Split(Value sign, Value multiplier) implements Restriction {
  /** Larger multipliers serve no bound. */
  private static final double MOST = 0x1p100;

  /** Returns a constraint whose multipliers are sound: out of range, or NaN, they count as 0. */
  static Split of(Value sign, Value multiplier) {
    return new Split(sign, sound(multiplier));
  }

  /** Returns multipliers of which any that are out of range, or NaN, are 0. */
  static Value sound(Value multiplier) {
    Value zero = F.constant(multiplier, 0);
    Value sound = F.and(F.ge(multiplier, zero), F.le(multiplier, F.constant(multiplier, MOST)));
    return F.select(sound, multiplier, zero);
  }

  @Override
  public Interval within(Interval z) {
    Value zero = F.constant(sign, 0);
    return new Interval(
        F.select(F.gt(sign, zero), F.maximum(z.lower(), zero), z.lower()),
        F.select(F.lt(sign, zero), F.minimum(z.upper(), zero), z.upper()));
  }

  @Override
  public List<Term> terms() {
    Value a = F.neg(F.mul(sign, multiplier));
    return List.of(new Term(F.reshape(a, a.shape().insert(1, 1)), null));
  }
}
