// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

/**
 * Strength of a number's claim about the real-arithmetic function of the stored parameters, from
 * the strongest to the weakest.
 */
public enum Kind {
  /** Rational or integer arithmetic, or a closed form or exhaustive result with its rounding. */
  EXACT,
  /** A side with all rounding enclosed by proved a-priori terms. */
  CERTIFIED,
  /** A side in exact arithmetic, computed in floating point or with measured rounding terms. */
  BOUND,
  /** A statistical or heuristic value. */
  ESTIMATE;

  /** Returns the weaker of two kinds: that of a number that rests on both. */
  public Kind weaker(Kind other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
