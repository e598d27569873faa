// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.calibration.Auroc;
import org.rigor.calibration.SelectiveRisk;
import org.rigor.uncertainty.Prediction;
import org.rigor.uncertainty.Score;

/**
 * Scores of predictions, seed by seed. A sample is accepted if its uncertainty is at most the
 * threshold that accepts a share of held-out clean samples.
 */
final class PredictorScores {
  private PredictorScores() {}

  /** Returns the share of samples that are correct. */
  static double[] accuracy(Prediction p, int[] labels) {
    return Arrays.stream(p.wrong(labels)).mapToDouble(w -> 1 - share(w)).toArray();
  }

  static double share(boolean[] events) {
    int count = 0;
    for (boolean e : events) {
      count += e ? 1 : 0;
    }
    return (double) count / events.length;
  }

  /** Returns the mean negative log-likelihood of the mean prediction, in nats. */
  static double[] negativeLogLikelihood(Prediction p, int[] labels) {
    return Arrays.stream(p.logMean())
        .mapToDouble(
            rows -> {
              double sum = 0;
              for (int n = 0; n < labels.length; n++) {
                sum -= rows[n][labels[n]] / labels.length;
              }
              return sum;
            })
        .toArray();
  }

  /** Returns the AUROC of a score for telling {@code other} from {@code clean}. */
  static double[] auroc(Prediction clean, Prediction other, Score score) {
    double[] out = new double[clean.logMean().length];
    for (int m = 0; m < out.length; m++) {
      out[m] = Auroc.of(other.scores().get(score)[m], clean.scores().get(score)[m]).value();
    }
    return out;
  }

  /** Returns the uncertainty at or below which a share of held-out samples lies, by seed. */
  static double[] thresholds(Prediction heldOut, Score score, double share) {
    return Arrays.stream(heldOut.scores().get(score))
        .mapToDouble(
            u -> {
              double[] sorted = u.clone();
              Arrays.sort(sorted);
              return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
            })
        .toArray();
  }

  /** Returns the curve of risk over coverage of a seed. */
  static SelectiveRisk selective(Prediction p, int[] labels, Score score, int seed) {
    boolean[] wrong = p.wrong(labels)[seed];
    double[] u = p.scores().get(score)[seed];
    return curve(u, wrong);
  }

  private static SelectiveRisk curve(double[] u, boolean[] wrong) {
    double[] loss = new double[wrong.length];
    for (int n = 0; n < loss.length; n++) {
      loss[n] = wrong[n] ? 1 : 0;
    }
    return SelectiveRisk.of(Arrays.stream(u).map(v -> -v).toArray(), loss);
  }

  /**
   * Returns the curve with each sample at its worst point: wrong with the least uncertainty where
   * any point is wrong, else right with the most.
   */
  static SelectiveRisk worst(List<Prediction> points, int[] labels, Score score, int seed) {
    double[] u = new double[labels.length];
    boolean[] wrong = new boolean[labels.length];
    Arrays.fill(u, Double.NEGATIVE_INFINITY);
    List<boolean[]> errors = new ArrayList<>();
    points.forEach(p -> errors.add(p.wrong(labels)[seed]));
    for (int i = 0; i < points.size(); i++) {
      double[] own = points.get(i).scores().get(score)[seed];
      for (int n = 0; n < u.length; n++) {
        boolean is = errors.get(i)[n];
        if (is && wrong[n]) {
          u[n] = Math.min(u[n], own[n]);
        } else if (is) {
          u[n] = own[n];
          wrong[n] = true;
        } else if (!wrong[n]) {
          u[n] = Math.max(u[n], own[n]);
        }
      }
    }
    return curve(u, wrong);
  }

  /** Returns the share of samples that are wrong and accepted. */
  static double[] wrongAccepted(Prediction p, int[] labels, Score score, double[] thresholds) {
    double[] out = new double[thresholds.length];
    boolean[][] wrong = p.wrong(labels);
    for (int m = 0; m < out.length; m++) {
      for (int n = 0; n < labels.length; n++) {
        boolean accepted = p.scores().get(score)[m][n] <= thresholds[m];
        out[m] += wrong[m][n] && accepted ? 1.0 / labels.length : 0;
      }
    }
    return out;
  }

  /** Returns the share rejected among the samples that {@code before} gets right and accepts. */
  static double[] sentAway(
      Prediction before, Prediction p, int[] labels, Score score, double[] thresholds) {
    double[] out = new double[thresholds.length];
    boolean[][] errors = before.wrong(labels);
    for (int m = 0; m < out.length; m++) {
      int had = 0;
      int lost = 0;
      for (int n = 0; n < labels.length; n++) {
        double t = thresholds[m];
        if (!errors[m][n] && before.scores().get(score)[m][n] <= t) {
          had++;
          lost += p.scores().get(score)[m][n] > t ? 1 : 0;
        }
      }
      out[m] = had == 0 ? 0 : (double) lost / had;
    }
    return out;
  }

  /** Returns the share of the errors of {@code before} that are wrong and accepted in {@code p}. */
  static double[] errorsAccepted(
      Prediction before, Prediction p, int[] labels, Score score, double[] thresholds) {
    double[] out = new double[thresholds.length];
    boolean[][] errors = before.wrong(labels);
    boolean[][] wrong = p.wrong(labels);
    for (int m = 0; m < out.length; m++) {
      int had = 0;
      int accepted = 0;
      for (int n = 0; n < labels.length; n++) {
        had += errors[m][n] ? 1 : 0;
        boolean in = p.scores().get(score)[m][n] <= thresholds[m];
        accepted += errors[m][n] && wrong[m][n] && in ? 1 : 0;
      }
      out[m] = had == 0 ? 0 : (double) accepted / had;
    }
    return out;
  }
}
