// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.rigor.run.statistics.Domain;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Ranks;
import org.rigor.run.statistics.Sample;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.study.ClaimSpec.Error;
import org.rigor.run.study.ClaimSpec.Measure;
import org.rigor.run.trial.TrialResult;

/**
 * How a quantity moves along a key, one number per seed. The claimed side is open: a constant
 * quantity does not rise. Student's interval decides; a rank correlation must also be rarer than
 * half of alpha if all orders were equally likely (see {@link RankChance}).
 *
 * @param seeds correlation or slope of each seed that has all values
 * @param incomplete seeds without a trial at some value of the key
 * @param missing seeds with a finished trial that lacks the value
 * @param chance probability of a mean at least as far on the claimed side, and on the other,
 *     without any trend; 0 for slopes
 */
record TrendCase(
    ClaimSpec.Trend claim,
    Map<String, String> settings,
    Sample seeds,
    int incomplete,
    int missing,
    double[] chance)
    implements Case {

  static List<Case> of(ClaimSpec.Trend c, Arms arms) {
    List<Case> out = new ArrayList<>();
    for (Map<String, String> rest : arms.points(c.at(), Set.of(c.along()))) {
      TreeMap<Double, Map<Long, TrialResult>> along = arms.along(c.of(), c.along(), rest);
      double[] x = along.keySet().stream().mapToDouble(v -> c.log() ? Math.log10(v) : v).toArray();
      Map<Long, List<Double>> bySeed = new LinkedHashMap<>();
      Set<Long> missing = new LinkedHashSet<>();
      for (Map<Long, TrialResult> at : along.values()) {
        at.forEach(
            (seed, r) -> {
              OptionalDouble v = Metrics.of(r, c.metric(), c.epsilon().orElse(0.0));
              bySeed.computeIfAbsent(seed, s -> new ArrayList<>()).add(v.orElse(Double.NaN));
              if (v.isEmpty()) {
                missing.add(seed);
              }
            });
      }
      int all = bySeed.size();
      bySeed.keySet().removeAll(missing);
      List<double[]> complete =
          bySeed.values().stream()
              .filter(v -> v.size() == x.length)
              .map(v -> v.stream().mapToDouble(Double::doubleValue).toArray())
              .toList();
      double[] seeds =
          complete.stream()
              .mapToDouble(y -> c.by() == Measure.SLOPE ? Ranks.slope(x, y) : Ranks.spearman(x, y))
              .toArray();
      int incomplete = all - missing.size() - complete.size();
      out.add(of(c, rest, seeds, incomplete, missing.size(), x.length));
    }
    return out;
  }

  /**
   * @param points values of the key
   */
  static TrendCase of(
      ClaimSpec.Trend claim,
      Map<String, String> settings,
      double[] seeds,
      int incomplete,
      int missing,
      int points) {
    Sample sample = sample(claim, seeds, points);
    double[] chance = chance(claim, sample, points);
    return new TrendCase(claim, settings, sample, incomplete, missing, chance);
  }

  /**
   * Returns the seeds' values with their step: swapping two neighbours moves a rank correlation by
   * 12 / (k (k^2 - 1)).
   */
  private static Sample sample(ClaimSpec.Trend claim, double[] seeds, double points) {
    return claim.by() == Measure.SLOPE
        ? new Sample(seeds)
        : new Sample(seeds, 12 / (points * (points * points - 1)), Domain.CORRELATION);
  }

  private static double[] chance(ClaimSpec.Trend claim, Sample seeds, int points) {
    if (claim.by() == Measure.SLOPE || seeds.size() == 0) {
      return new double[2];
    }
    double rises = RankChance.atLeast(seeds.mean(), points, seeds.size());
    double falls = RankChance.atLeast(-seeds.mean(), points, seeds.size());
    return claim.direction() == ClaimSpec.Direction.RISES
        ? new double[] {rises, falls}
        : new double[] {falls, rises};
  }

  @Override
  public Verdict verdict(double alpha) {
    if (!lacking().isEmpty()) {
      return Verdict.UNDECIDED;
    }
    Interval i = seeds.interval(alpha).orElseThrow();
    boolean rises = claim.direction() == ClaimSpec.Direction.RISES;
    double low = rises ? i.low() : -i.high();
    double high = rises ? i.high() : -i.low();
    if (low > claim.value()) {
      return chance[0] <= alpha / 2 ? Verdict.HOLDS : Verdict.UNDECIDED;
    }
    // A quantity that moves less than claimed need not move the other way.
    boolean certain = claim.value() > 0 || chance[1] <= alpha / 2;
    return high <= claim.value() && certain ? Verdict.VIOLATED : Verdict.UNDECIDED;
  }

  @Override
  public double estimate() {
    return seeds.mean();
  }

  @Override
  public Optional<Interval> interval(Error error, double alpha) {
    return error == Error.IMAGES ? Optional.empty() : seeds.interval(alpha);
  }

  @Override
  public int count(Error error) {
    return error == Error.SEEDS ? seeds.size() : 0;
  }

  @Override
  public String lacking() {
    if (missing > 0) {
      return "%d of %d seeds have an undecided value".formatted(missing, missing + seeds.size());
    }
    if (!Arrays.stream(seeds.values()).allMatch(Double::isFinite)) {
      return "a seed's values are not finite";
    }
    if (seeds.size() < Sample.MIN_SEEDS) {
      return "needs at least %d seeds with all values, has %d"
          .formatted(Sample.MIN_SEEDS, seeds.size());
    }
    return seeds.constant() ? Evidence.constant(seeds.size()) : "";
  }

  @Override
  public String note() {
    return incomplete == 0 ? "" : incomplete + " seeds lack a value and do not count";
  }
}
