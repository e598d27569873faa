// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.study.ClaimSpec.Error;
import org.rigor.run.study.ClaimSpec.Measure;
import org.rigor.run.trial.TrialResult;

/**
 * How much a quantity goes along a key, one number per seed. The claimed side is open: what does
 * not move at all does not rise. Student's interval decides; a rank correlation must also be rarer
 * than half of alpha if all orders were equally likely (see {@link RankChance}).
 *
 * @param seeds correlation or slope of each seed that has all values
 * @param incomplete seeds that lack one
 * @param chance probability of a mean at least as far on the claimed side, and on the other,
 *     without any trend; 0 for slopes
 */
record TrendCase(
    ClaimSpec.Trend claim,
    Map<String, String> settings,
    double[] seeds,
    int incomplete,
    double[] chance)
    implements Case {

  static List<Case> of(ClaimSpec.Trend c, Arms arms) {
    List<Case> out = new ArrayList<>();
    for (Map<String, String> rest : arms.points(c.at(), Set.of(c.along()))) {
      TreeMap<Double, Map<Long, TrialResult>> along = arms.along(c.of(), c.along(), rest);
      double[] x = along.keySet().stream().mapToDouble(v -> c.log() ? Math.log10(v) : v).toArray();
      Map<Long, List<Double>> bySeed = new LinkedHashMap<>();
      for (Map<Long, TrialResult> at : along.values()) {
        at.forEach(
            (seed, r) -> {
              OptionalDouble v = Metrics.of(r, c.metric(), c.epsilon().orElse(0.0));
              v.ifPresent(d -> bySeed.computeIfAbsent(seed, s -> new ArrayList<>()).add(d));
            });
      }
      List<double[]> complete =
          bySeed.values().stream()
              .filter(v -> v.size() == x.length)
              .map(v -> v.stream().mapToDouble(Double::doubleValue).toArray())
              .toList();
      double[] seeds =
          complete.stream()
              .mapToDouble(y -> c.by() == Measure.SLOPE ? Ranks.slope(x, y) : Ranks.spearman(x, y))
              .toArray();
      out.add(new TrendCase(c, rest, seeds, bySeed.size() - complete.size(), x.length));
    }
    return out;
  }

  /**
   * @param points values of the key
   */
  TrendCase(
      ClaimSpec.Trend claim,
      Map<String, String> settings,
      double[] seeds,
      int incomplete,
      int points) {
    this(claim, settings, seeds, incomplete, chance(claim, seeds, points));
  }

  private static double[] chance(ClaimSpec.Trend claim, double[] seeds, int points) {
    if (claim.by() == Measure.SLOPE || seeds.length == 0) {
      return new double[2];
    }
    double mean = Statistics.mean(seeds);
    double rises = RankChance.atLeast(mean, points, seeds.length);
    double falls = RankChance.atLeast(-mean, points, seeds.length);
    return claim.direction() == ClaimSpec.Direction.RISES
        ? new double[] {rises, falls}
        : new double[] {falls, rises};
  }

  @Override
  public Verdict verdict(double alpha) {
    if (!lacking().isEmpty()) {
      return Verdict.UNDECIDED;
    }
    Interval i = Statistics.tInterval(seeds, alpha);
    boolean rises = claim.direction() == ClaimSpec.Direction.RISES;
    double low = rises ? i.low() : -i.high();
    double high = rises ? i.high() : -i.low();
    if (low > claim.value()) {
      return chance[0] <= alpha / 2 ? Verdict.HOLDS : Verdict.UNDECIDED;
    }
    // What moves less than claimed, or not at all, need not go the other way.
    boolean certain = claim.value() > 0 || estimate() == 0 || chance[1] <= alpha / 2;
    return high <= claim.value() && certain ? Verdict.VIOLATED : Verdict.UNDECIDED;
  }

  @Override
  public double estimate() {
    return seeds.length == 0 ? Double.NaN : Statistics.mean(seeds);
  }

  @Override
  public Optional<Interval> interval(Error error, double alpha) {
    boolean finite = Arrays.stream(seeds).allMatch(Double::isFinite);
    if (error == Error.IMAGES || seeds.length < 2 || !finite) {
      return Optional.empty();
    }
    Interval i = Statistics.tInterval(seeds, alpha);
    return Optional.of(
        claim.by() == Measure.SLOPE
            ? i
            : new Interval(Math.max(-1, i.low()), Math.min(1, i.high())));
  }

  @Override
  public int count(Error error) {
    return error == Error.SEEDS ? seeds.length : 0;
  }

  @Override
  public String lacking() {
    if (!Arrays.stream(seeds).allMatch(Double::isFinite)) {
      return "a seed's values are not finite";
    }
    return seeds.length >= Judge.MIN_SEEDS
        ? ""
        : "needs at least %d seeds with all values, has %d"
            .formatted(Judge.MIN_SEEDS, seeds.length);
  }

  @Override
  public String note() {
    return incomplete == 0 ? "" : incomplete + " seeds lack a value and do not count";
  }
}
