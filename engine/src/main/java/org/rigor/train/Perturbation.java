// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import org.rigor.threat.Norm;

/**
 * How a training method perturbs a batch: a start, then steps of projected gradient ascent (see
 * {@link org.rigor.attack.Pgd}) on a goal, with each model's epsilon and step size.
 *
 * @param steps at least 0
 */
public record Perturbation(Norm norm, int steps, Start start, Goal goal) {
  /** First iterate; draws depend on trial, sample and step. */
  public enum Start {
    /** The clean sample. */
    CLEAN,
    /** A random point of the ball, clipped to the box. */
    BALL,
    /** x + 0.001 N(0, 1), neither projected nor clipped (TRADES, MART). */
    NORMAL,
    /** x + 0.001 U[0, 1), neither projected nor clipped (ADR on TRADES). */
    UNIT,
    /** x + sigma N(0, 1), neither projected nor clipped. */
    GAUSSIAN
  }

  /** The objective that the steps increase. */
  public enum Goal {
    /** Cross-entropy of the unsmoothed labels. */
    CROSS_ENTROPY,
    /** Cross-entropy of the teacher's targets. */
    TARGET,
    /** KL(f(x) || f(x')), with f(x) held constant. */
    DIVERGENCE
  }

  /** Standard deviation or width of the small starts. */
  static final double SMALL = 0.001;

  public Perturbation {
    if (steps < 0) {
      throw new IllegalArgumentException("perturbation: steps must be >= 0, got " + steps);
    }
  }
}
