// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.rigor.run.statistics.Sample;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialResult;

/** Reads a quantity from a trial. */
public final class Metrics {
  private Metrics() {}

  /**
   * Returns the value, or empty if the trial does not have it.
   *
   * @param metric name of the metric; a curve may carry an epsilon, as in {@code
   *     attacked-accuracy@0.1}
   * @param epsilon at which a curve is read; ignored for others
   */
  public static OptionalDouble of(TrialResult r, String metric, double epsilon) {
    if (!r.finished()) {
      return OptionalDouble.empty();
    }
    double[] samples = perSample(r, metric, epsilon);
    if (samples.length > 0) {
      return OptionalDouble.of(Statistics.mean(samples));
    }
    Scalar s = r.scalars().get(metric);
    return s == null || Double.isNaN(s.value())
        ? OptionalDouble.empty()
        : OptionalDouble.of(s.value());
  }

  /**
   * Returns the values of finished trials, NaN where one is undecided; empty if none has one.
   *
   * @param quantity name of the quantity; a curve may carry an epsilon
   * @param epsilon at which a curve is read; ignored for others
   */
  public static Optional<Sample> sample(
      List<TrialResult> results, Quantity quantity, double epsilon) {
    List<TrialResult> finished = results.stream().filter(TrialResult::finished).toList();
    double[] values =
        finished.stream()
            .mapToDouble(r -> of(r, quantity.name(), epsilon).orElse(Double.NaN))
            .toArray();
    if (Arrays.stream(values).allMatch(Double::isNaN)) {
      return Optional.empty();
    }
    return Optional.of(
        new Sample(values, step(finished, quantity.name(), epsilon), quantity.domain()));
  }

  /** Returns 1 / n if the quantity is a share of n test samples, 0 otherwise. */
  static double step(Collection<TrialResult> results, String metric, double epsilon) {
    return results.stream()
        .mapToInt(r -> perSample(r, metric, epsilon).length)
        .filter(n -> n > 0)
        .mapToDouble(n -> 1.0 / n)
        .max()
        .orElse(0);
  }

  /**
   * Returns 1 for each sample that counts as correct and 0 for the others; empty if it was not
   * measured or is not a mean over samples.
   */
  public static double[] perSample(TrialResult r, String metric, double epsilon) {
    Optional<Quantities.At> at = Quantities.At.of(metric);
    return at.isPresent()
        ? samples(r, at.get().curve(), at.get().epsilon())
        : samples(r, metric, epsilon);
  }

  private static double[] samples(TrialResult r, String metric, double epsilon) {
    if (metric.equals(Quantities.CLEAN_ACCURACY)) {
      double[] out = new double[r.correct().length];
      for (int i = 0; i < out.length; i++) {
        out[i] = r.correct()[i] ? 1 : 0;
      }
      return out;
    }
    Curve.Side side =
        switch (metric) {
          case Quantities.ATTACKED_ACCURACY -> Curve.Side.ATTACKED;
          case Quantities.CERTIFIED_ACCURACY -> Curve.Side.CERTIFIED;
          default -> null;
        };
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
}
