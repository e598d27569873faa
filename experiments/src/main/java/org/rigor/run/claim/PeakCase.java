// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.rigor.run.statistics.Domain;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Sample;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.study.ClaimSpec.Error;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Numbers;

/**
 * A maximum in the interior of a range. For each inner value two paired one-sided t tests over
 * seeds ask whether the quantity there exceeds the quantity at the first and at the last value; the
 * larger p-value counts. The claim holds if, by Holm over the inner values, one of them passes. It
 * is violated if every inner value lies below one of the ends, each by the same tests with the ends
 * shared by Holm.
 *
 * @param points the quantity by value of the key, then by seed
 * @param excluded networks left out because of their flag
 * @param all number of networks
 * @param missing finished networks that lack the value
 * @param step distance of neighbouring values, see {@link Sample}
 * @param domain of the quantity
 */
record PeakCase(
    ClaimSpec.InteriorPeak claim,
    Map<String, String> settings,
    TreeMap<Double, Map<Long, Double>> points,
    int excluded,
    int all,
    int missing,
    double step,
    Domain domain)
    implements Case {
  private static final double MOST_EXCLUDED = 0.1;

  static List<Case> of(ClaimSpec.InteriorPeak c, Arms arms, Quantities known) {
    Domain domain = known.find(c.metric()).map(Quantity::domain).orElse(Domain.ANY);
    List<Case> out = new ArrayList<>();
    for (Map<String, String> rest : arms.points(c.at(), Set.of(c.along()))) {
      TreeMap<Double, Map<Long, Double>> points = new TreeMap<>();
      int excluded = 0;
      int all = 0;
      int missing = 0;
      double step = 0;
      for (var at : arms.along(c.of(), c.along(), rest).entrySet()) {
        Map<Long, Double> values = new LinkedHashMap<>();
        step =
            Math.max(
                step, Metrics.step(at.getValue().values(), c.metric(), c.epsilon().orElse(0.0)));
        for (Map.Entry<Long, TrialResult> e : at.getValue().entrySet()) {
          OptionalDouble v = Metrics.of(e.getValue(), c.metric(), c.epsilon().orElse(0.0));
          boolean counts =
              c.flag().isEmpty() || Metrics.of(e.getValue(), c.flag().get(), 0).orElse(0) == 1;
          missing += v.isPresent() ? 0 : 1;
          all += v.isPresent() ? 1 : 0;
          excluded += v.isPresent() && !counts ? 1 : 0;
          if (v.isPresent() && counts) {
            values.put(e.getKey(), v.getAsDouble());
          }
        }
        points.put(at.getKey(), values);
      }
      out.add(new PeakCase(c, rest, points, excluded, all, missing, step, domain));
    }
    return out;
  }

  /** Returns the differences between two values of the key, over the seeds that have both. */
  private Sample differences(double at, double end) {
    Map<Long, Double> minus = points.get(end);
    double[] values =
        points.get(at).entrySet().stream()
            .filter(e -> minus.containsKey(e.getKey()))
            .mapToDouble(e -> e.getValue() - minus.get(e.getKey()))
            .toArray();
    return new Sample(values, step, domain.minus(domain));
  }

  private List<Double> inner() {
    List<Double> keys = new ArrayList<>(points.keySet());
    return keys.subList(1, keys.size() - 1);
  }

  private double holds() {
    double least = 1;
    for (double w : inner()) {
      least = Math.min(least, worstEnd(w));
    }
    return Math.min(1, least * inner().size());
  }

  private double violated() {
    double largest = 0;
    for (double w : inner()) {
      double first = differences(points.firstKey(), w).exceeds();
      double last = differences(points.lastKey(), w).exceeds();
      largest = Math.max(largest, Math.min(1, 2 * Math.min(first, last)));
    }
    return largest;
  }

  @Override
  public Verdict verdict(double alpha) {
    if (!lacking().isEmpty()) {
      return Verdict.UNDECIDED;
    }
    double holds = holds();
    double violated = violated();
    if (Math.min(holds, violated) > alpha) {
      return Verdict.UNDECIDED;
    }
    return holds <= violated ? Verdict.HOLDS : Verdict.VIOLATED;
  }

  /** Returns the inner value with the largest mean. */
  private double top() {
    double best = inner().get(0);
    for (double w : inner()) {
      best = mean(w) > mean(best) ? w : best;
    }
    return best;
  }

  private double mean(double at) {
    return Statistics.mean(
        points.get(at).values().stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Returns the inner value with the smallest p-value, which decides the verdict. */
  private double decisive() {
    double best = inner().get(0);
    for (double w : inner()) {
      best = worstEnd(w) < worstEnd(best) ? w : best;
    }
    return best;
  }

  /** Returns the larger p-value of the tests against the first and the last value. */
  private double worstEnd(double w) {
    return Math.max(
        differences(w, points.firstKey()).exceeds(), differences(w, points.lastKey()).exceeds());
  }

  /** Returns by how much the decisive value exceeds the end that it exceeds less clearly. */
  private Sample height() {
    Sample first = differences(decisive(), points.firstKey());
    Sample last = differences(decisive(), points.lastKey());
    return first.exceeds() > last.exceeds() ? first : last;
  }

  @Override
  public double estimate() {
    return lacking().isEmpty() ? height().mean() : Double.NaN;
  }

  @Override
  public Optional<Interval> interval(Error error, double alpha) {
    return error == Error.IMAGES || !lacking().isEmpty()
        ? Optional.empty()
        // its lower end is the one-sided limit that the test compares with 0
        : height().interval(Math.min(1, 2 * alpha / inner().size()));
  }

  @Override
  public int count(Error error) {
    return error == Error.SEEDS
        ? inner().stream()
            .mapToInt(
                w ->
                    Math.min(
                        differences(w, points.firstKey()).size(),
                        differences(w, points.lastKey()).size()))
            .min()
            .orElse(0)
        : 0;
  }

  @Override
  public String lacking() {
    if (missing > 0) {
      return "the value of %d of %d networks is undecided".formatted(missing, missing + all);
    }
    if (points.values().stream()
        .anyMatch(at -> at.values().stream().anyMatch(v -> v.isInfinite()))) {
      return "a network has an infinite value";
    }
    if (excluded > MOST_EXCLUDED * all) {
      return "%d of %d networks are left out, more than a tenth".formatted(excluded, all);
    }
    return points.size() >= 3 && count(Error.SEEDS) >= Sample.MIN_SEEDS
        ? ""
        : "needs at least %d seeds at every value of '%s'"
            .formatted(Sample.MIN_SEEDS, claim.along());
  }

  @Override
  public String note() {
    return (lacking().isEmpty()
            ? "largest at %s = %s, decided at %s; "
                .formatted(claim.along(), Numbers.show(top()), Numbers.show(decisive()))
            : "")
        + "%d of %d networks left out".formatted(excluded, all);
  }
}
