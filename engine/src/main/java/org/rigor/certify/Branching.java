// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.rigor.ir.Value;
import org.rigor.op.F;

/** Scores by which a search chooses the unit of a ReLU that it splits. */
public enum Branching {
  /** What the line above a unit loses at most: its intercept times the unit's coefficient. */
  INTERCEPT {
    @Override
    Value score(Unit unit) {
      return F.mul(F.maximum(F.neg(unit.coefficient), zero(unit)), unit.intercept);
    }
  },

  /**
   * What a split changes of a bound in which no other unit moves (Bunel et al. 2020, BaBSR; in the
   * form of Wang et al. 2021): the intercept, and what a sign makes of the unit's bias.
   */
  BABSR {
    @Override
    Value score(Unit unit) {
      Value biased = F.mul(unit.coefficient, unit.bias);
      Value off = F.mul(biased, F.sub(unit.slope, F.constant(unit.slope, 1)));
      Value either = F.maximum(off, F.mul(biased, unit.slope));
      Value lost = F.mul(F.minimum(unit.coefficient, zero(unit)), unit.intercept);
      return F.abs(F.add(either, lost));
    }
  },

  /**
   * The best of those that {@link #BABSR} and {@link #INTERCEPT} put first, by the bounds of both
   * halves with the parent's slopes and multipliers (De Palma et al. 2021, FSB; over all layers as
   * in alpha-beta-CROWN). Scores are those of BaBSR.
   */
  KFSB {
    @Override
    Value score(Unit unit) {
      return BABSR.score(unit);
    }
  };

  /**
   * Units of an operation, all [M, B, units...].
   *
   * @param coefficient of the operation's result in the bound
   * @param slope of the line above
   * @param intercept of the line above
   * @param bias of what the operation reads: its value where all below it is 0
   */
  record Unit(Value coefficient, Value slope, Value intercept, Value bias) {}

  /** Returns the scores of units that can be split, at least 0. */
  abstract Value score(Unit unit);

  private static Value zero(Unit unit) {
    return F.constant(unit.coefficient, 0);
  }

  /** Returns the word for it on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the words for all of them. */
  public static List<String> words() {
    return Arrays.stream(values()).map(Branching::word).toList();
  }

  /**
   * Returns what a word stands for.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Branching of(String word) {
    return Arrays.stream(values())
        .filter(b -> b.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "branching: expected one of %s, got '%s'"
                        .formatted(String.join(", ", words()), word)));
  }
}
