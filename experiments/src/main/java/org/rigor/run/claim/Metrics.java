// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.OptionalDouble;
import org.rigor.run.study.ClaimSpec.Metric;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialResult;

/** Reads a claim's metric from a trial. */
public final class Metrics {
  private Metrics() {}

  /** Returns the value, or empty if the trial does not have it. */
  public static OptionalDouble of(TrialResult r, Metric metric, double epsilon) {
    if (!r.finished()) {
      return OptionalDouble.empty();
    }
    return switch (metric) {
      case LIPSCHITZ_LOWER -> scalar(r, Scalar.LIPSCHITZ_LOWER);
      case LIPSCHITZ_UPPER -> scalar(r, Scalar.LIPSCHITZ_UPPER);
      default -> {
        double[] samples = perSample(r, metric, epsilon);
        yield samples.length == 0
            ? OptionalDouble.empty()
            : OptionalDouble.of(Statistics.mean(samples));
      }
    };
  }

  /**
   * Returns 1 for each sample that counts as correct and 0 for the others; empty if not measured.
   */
  public static double[] perSample(TrialResult r, Metric metric, double epsilon) {
    if (metric == Metric.CLEAN_ACCURACY) {
      double[] out = new double[r.correct().length];
      for (int i = 0; i < out.length; i++) {
        out[i] = r.correct()[i] ? 1 : 0;
      }
      return out;
    }
    Curve.Side side =
        metric == Metric.ATTACKED_ACCURACY ? Curve.Side.ATTACKED : Curve.Side.CERTIFIED;
    for (Curve c : r.curves()) {
      int at = c.indexOf(epsilon);
      if (c.side() == side && at >= 0) {
        double[] out = new double[c.survived().length];
        for (int i = 0; i < out.length; i++) {
          out[i] = c.survived()[i] > at ? 1 : 0;
        }
        return out;
      }
    }
    return new double[0];
  }

  private static OptionalDouble scalar(TrialResult r, String name) {
    Scalar s = r.scalars().get(name);
    return s == null ? OptionalDouble.empty() : OptionalDouble.of(s.value());
  }
}
