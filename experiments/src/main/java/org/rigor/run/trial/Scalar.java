// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import org.rigor.diff.Kind;

/**
 * One measured number of a trial.
 *
 * @param value finite or infinite; NaN only where nothing could be decided
 * @param kind how reliable it is
 * @param method how it was found, for example {@code jacobian-svd}, or why it is undecided
 * @param decided whether there is a value
 */
public record Scalar(double value, Kind kind, String method, boolean decided) {
  /** Largest Jacobian norm found; the lower side of the Lipschitz constant. */
  public static final String LIPSCHITZ_LOWER = "lipschitz-lower";

  /** Product of layer norms; the upper side of the Lipschitz constant. */
  public static final String LIPSCHITZ_UPPER = "lipschitz-upper";

  /** Median over test samples of the logit margin of the true class. */
  public static final String MEDIAN_MARGIN = "median-margin";

  /** Share of clean test samples classified correctly. */
  public static final String CLEAN_ACCURACY = "clean-accuracy";

  /** Mean training loss of the last epoch. */
  public static final String TRAINING_LOSS = "training-loss";

  public Scalar {
    if (Double.isNaN(value) == decided) {
      throw new IllegalArgumentException(
          "a measured number is NaN if and only if it is undecided, got %s (%s)"
              .formatted(value, method));
    }
  }

  /** Creates a decided number. */
  public Scalar(double value, Kind kind, String method) {
    this(value, kind, method, true);
  }

  /** Returns the placeholder of a number that could not be decided. */
  public static Scalar undecided(Kind kind, String why) {
    return new Scalar(Double.NaN, kind, why, false);
  }
}
