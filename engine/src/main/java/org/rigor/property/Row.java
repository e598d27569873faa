// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.math.BigDecimal;
import java.util.List;

/**
 * Constraint that an unsafe point meets: {@code form <= 0}, or {@code form < 0} if strict. It is
 * refuted on a region where the form is above zero.
 */
public record Row(Affine form, boolean strict) implements Formula {
  /** Returns {@code a <= b}, or {@code a < b} if strict. */
  public static Row atMost(Affine a, Affine b, boolean strict) {
    return new Row(a.minus(b), strict);
  }

  /** Returns whether the row constrains inputs alone. */
  public boolean onInputs() {
    return form.outputs().isEmpty();
  }

  /** Returns whether a value of the form meets the constraint. */
  boolean holds(BigDecimal value) {
    return strict ? value.signum() < 0 : value.signum() <= 0;
  }

  /**
   * Returns whether a point certainly meets the constraint.
   *
   * @param x exact inputs
   * @param lower sides of the outputs there
   * @param upper sides of the outputs there
   */
  boolean certainlyHolds(BigDecimal[] x, double[] lower, double[] upper) {
    for (int j : form.outputs().keySet()) {
      if (!Double.isFinite(lower[j]) || !Double.isFinite(upper[j])) {
        return false;
      }
    }
    return holds(form.side(x, lower, upper, true));
  }

  @Override
  public <T> T accept(Visitor<T> visitor) {
    return visitor.row(this);
  }

  @Override
  public String toString() {
    return form + (strict ? " < 0" : " <= 0");
  }

  /** Returns {@code a == b} as two rows. */
  public static Formula equal(Affine a, Affine b) {
    return new Formula.And(List.of(atMost(a, b, false), atMost(b, a, false)));
  }

  /** Returns {@code a != b} as one of two strict rows. */
  public static Formula different(Affine a, Affine b) {
    return new Formula.Or(List.of(atMost(a, b, true), atMost(b, a, true)));
  }
}
