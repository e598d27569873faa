// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/**
 * What a claim rests on at one grid point.
 *
 * @param seeds one value per seed; differences are paired by seed
 * @param images shares over test samples, averaged over the seeds' models; empty for metrics that
 *     are no mean over samples
 */
record Evidence(
    ClaimSpec claim, Map<String, String> settings, double[] seeds, Optional<Images> images) {

  /**
   * @param first share correct of the first method, or of the only one
   * @param second share correct of the second
   * @param both share correct of both
   * @param paired whether there is a second
   */
  record Images(double first, double second, double both, int n, boolean paired) {
    Interval interval(double alpha) {
      return paired
          ? Statistics.newcombe(first, second, both, n, alpha)
          : Statistics.wilson(first, n, alpha);
    }
  }

  double estimate() {
    return seeds.length == 0 ? Double.NaN : Statistics.mean(seeds);
  }

  int count(ClaimSpec.Error error) {
    return error == ClaimSpec.Error.SEEDS ? seeds.length : images.map(Images::n).orElse(0);
  }

  /** Returns the interval of one error, or empty if there are too few values for any. */
  Optional<Interval> interval(ClaimSpec.Error error, double alpha) {
    if (error == ClaimSpec.Error.IMAGES) {
      return images.map(i -> i.interval(alpha));
    }
    return seeds.length < 2 ? Optional.empty() : Optional.of(Statistics.tInterval(seeds, alpha));
  }

  static Evidence collect(
      ClaimSpec claim,
      Map<String, String> point,
      List<Trial> trials,
      Map<String, TrialResult> results) {
    Map<Long, TrialResult> of = bySeed(claim.of(), point, trials, results);
    boolean paired = claim instanceof ClaimSpec.Difference;
    Map<Long, TrialResult> minus =
        claim instanceof ClaimSpec.Difference d
            ? bySeed(d.minus(), point, trials, results)
            : Map.of();
    double epsilon = claim.epsilon().orElse(0.0);
    List<Double> seeds = new ArrayList<>();
    List<Images> images = new ArrayList<>();
    for (Map.Entry<Long, TrialResult> e : of.entrySet()) {
      TrialResult a = e.getValue();
      TrialResult b = minus.get(e.getKey());
      OptionalDouble x = Metrics.of(a, claim.metric(), epsilon);
      OptionalDouble y = OptionalDouble.of(0);
      if (paired) {
        y = b == null ? OptionalDouble.empty() : Metrics.of(b, claim.metric(), epsilon);
      }
      if (x.isPresent() && y.isPresent()) {
        seeds.add(x.getAsDouble() - y.getAsDouble());
        double[] samples = Metrics.perSample(a, claim.metric(), epsilon);
        if (samples.length > 0) {
          images.add(
              images(samples, paired ? Metrics.perSample(b, claim.metric(), epsilon) : null));
        }
      }
    }
    return new Evidence(
        claim, point, seeds.stream().mapToDouble(Double::doubleValue).toArray(), average(images));
  }

  private static Images images(double[] x, double[] y) {
    double first = 0;
    double second = 0;
    double both = 0;
    for (int i = 0; i < x.length; i++) {
      first += x[i] / x.length;
      second += y == null ? 0 : y[i] / x.length;
      both += y == null ? 0 : x[i] * y[i] / x.length;
    }
    return new Images(first, second, both, x.length, y != null);
  }

  private static Optional<Images> average(List<Images> all) {
    if (all.isEmpty()) {
      return Optional.empty();
    }
    int k = all.size();
    return Optional.of(
        new Images(
            Math.min(1, all.stream().mapToDouble(Images::first).sum() / k),
            Math.min(1, all.stream().mapToDouble(Images::second).sum() / k),
            Math.min(1, all.stream().mapToDouble(Images::both).sum() / k),
            all.get(0).n(),
            all.get(0).paired()));
  }

  private static Map<Long, TrialResult> bySeed(
      String method,
      Map<String, String> point,
      List<Trial> trials,
      Map<String, TrialResult> results) {
    Map<Long, TrialResult> out = new LinkedHashMap<>();
    for (Trial t : trials) {
      TrialResult r = results.get(t.id());
      boolean here = t.arm().method().equals(method) && t.arm().settings().equals(point);
      if (here && r != null && r.finished()) {
        out.put(t.spec().seed(), r);
      }
    }
    return out;
  }
}
