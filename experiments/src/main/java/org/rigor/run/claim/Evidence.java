// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.rigor.run.statistics.Domain;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Sample;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.study.ClaimSpec.Error;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.trial.TrialResult;

/**
 * The values whose interval is compared with a region: levels and differences.
 *
 * @param seeds one value per seed that has one; differences are paired by seed
 * @param images shares over test samples, averaged over the seeds' models; empty for metrics that
 *     are not a mean over samples, and for relative differences
 * @param planned seeds with a trial
 * @param undefined seeds whose difference is relative to 0, or infinite
 * @param missing seeds with a finished trial that lacks the value
 */
record Evidence(
    ClaimSpec claim,
    Map<String, String> settings,
    Region region,
    Sample seeds,
    Optional<Images> images,
    int planned,
    int undefined,
    int missing)
    implements Case {

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

    static Images of(double[] x, double[] y) {
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
  }

  @Override
  public double estimate() {
    return seeds.mean();
  }

  @Override
  public int count(Error error) {
    return error == Error.SEEDS ? seeds.size() : images.map(Images::n).orElse(0);
  }

  @Override
  public Optional<Interval> interval(Error error, double alpha) {
    if (error == Error.IMAGES) {
      return images.map(i -> i.interval(alpha));
    }
    return seeds.interval(alpha);
  }

  @Override
  public Verdict verdict(double alpha) {
    return lacking().isEmpty()
        ? region.verdict(interval(claim.error(), alpha).orElseThrow())
        : Verdict.UNDECIDED;
  }

  @Override
  public String lacking() {
    int all = seeds.size() + undefined + missing;
    if (missing > 0) {
      return "the value of %d of %d seeds is undecided".formatted(missing, all);
    }
    if (undefined > 0) {
      return "%d of %d seeds give no finite number".formatted(undefined, all);
    }
    if (all == 0) {
      return planned == 0
          ? "there is no trial of '%s' to judge by".formatted(claim.of())
          : "none of %d seeds gives a value to judge by".formatted(planned);
    }
    boolean about = claim.error() == Error.SEEDS;
    int need = about ? Sample.MIN_SEEDS : 1;
    int has = count(claim.error());
    if (has < need) {
      return "needs at least %d %s, has %d".formatted(need, about ? "seeds" : "image", has);
    }
    return about && seeds.constant() ? constant(has) : "";
  }

  /** Returns the text that says why equal values decide nothing. */
  static String constant(int seeds) {
    return "all %d seeds give one number, which shows no variance and excludes none"
        .formatted(seeds);
  }

  @Override
  public String note() {
    int without = planned - seeds.size();
    return without == 0 ? "" : "%d of %d seeds lack a value".formatted(without, planned);
  }

  /** Returns a case for every point at which a level is claimed. */
  static List<Case> of(ClaimSpec.Level c, Arms arms, Quantities known) {
    List<Case> out = new ArrayList<>();
    Domain domain = domain(known, c.metric());
    for (Map<String, String> point : arms.points(c.at(), java.util.Set.of())) {
      Gathering g = new Gathering();
      for (TrialResult r : arms.bySeed(c.of(), point).values()) {
        g.add(new Reading(r, c.metric(), c.epsilon()), null, false);
      }
      Region region = new Region(c.relation(), c.value());
      out.add(g.evidence(c, point, region, domain, arms.seeds(c.of(), point)));
    }
    return out;
  }

  /** Returns a case for every point at which a difference is claimed. */
  static List<Case> of(ClaimSpec.Difference c, Arms arms, Quantities known) {
    boolean between = !c.minusAt().isEmpty();
    String metric = c.minusMetric().orElse(c.metric());
    Optional<Double> epsilon = c.minusEpsilon().isPresent() ? c.minusEpsilon() : c.epsilon();
    Domain first = domain(known, c.metric());
    Domain second = domain(known, metric);
    Domain domain = c.relative() ? first.relativeTo(second) : first.minus(second);
    List<Case> out = new ArrayList<>();
    for (Map<String, String> rest :
        arms.points(c.at(), between ? c.at().keySet() : java.util.Set.of())) {
      Map<String, String> here = arms.point(rest, c.at());
      Map<String, String> there = between ? arms.point(rest, c.minusAt()) : here;
      Map<Long, TrialResult> minus = arms.bySeed(c.minus().orElse(c.of()), there);
      Gathering g = new Gathering();
      arms.bySeed(c.of(), here)
          .forEach(
              (seed, r) -> {
                if (minus.containsKey(seed)) {
                  Reading a = new Reading(r, c.metric(), c.epsilon());
                  g.add(a, new Reading(minus.get(seed), metric, epsilon), c.relative());
                }
              });
      Region region = new Region(c.relation(), c.value());
      out.add(g.evidence(c, rest, region, domain, arms.seeds(c.of(), here)));
    }
    return out;
  }

  private static Domain domain(Quantities known, String metric) {
    return known.find(metric).map(Quantity::domain).orElse(Domain.ANY);
  }

  /** A quantity of a trial. */
  private record Reading(TrialResult trial, String metric, Optional<Double> epsilon) {
    OptionalDouble value() {
      return Metrics.of(trial, metric, epsilon.orElse(0.0));
    }

    double[] perSample() {
      return Metrics.perSample(trial, metric, epsilon.orElse(0.0));
    }
  }

  /** Collects the values of seeds. */
  private static final class Gathering {
    private final List<Double> seeds = new ArrayList<>();
    private final List<Images> images = new ArrayList<>();
    private int undefined;
    private int missing;

    void add(Reading a, Reading b, boolean relative) {
      OptionalDouble x = a.value();
      OptionalDouble y = b == null ? OptionalDouble.of(0) : b.value();
      if (x.isEmpty() || y.isEmpty()) {
        missing++;
        return;
      }
      double d = x.getAsDouble() - y.getAsDouble();
      double value = relative ? d / Math.abs(y.getAsDouble()) : d;
      if (!Double.isFinite(value)) {
        undefined++;
        return;
      }
      seeds.add(value);
      if (relative) {
        return;
      }
      double[] first = a.perSample();
      double[] second = b == null ? null : b.perSample();
      if (first.length > 0 && (second == null || second.length == first.length)) {
        images.add(Images.of(first, second));
      }
    }

    Evidence evidence(
        ClaimSpec claim, Map<String, String> settings, Region region, Domain domain, int planned) {
      double[] values = seeds.stream().mapToDouble(Double::doubleValue).toArray();
      Optional<Images> average = average();
      double step = average.map(i -> 1.0 / i.n()).orElse(0.0);
      Sample sample = new Sample(values, step, domain);
      return new Evidence(claim, settings, region, sample, average, planned, undefined, missing);
    }

    private Optional<Images> average() {
      if (images.isEmpty()) {
        return Optional.empty();
      }
      int k = images.size();
      return Optional.of(
          new Images(
              Math.min(1, images.stream().mapToDouble(Images::first).sum() / k),
              Math.min(1, images.stream().mapToDouble(Images::second).sum() / k),
              Math.min(1, images.stream().mapToDouble(Images::both).sum() / k),
              images.get(0).n(),
              images.get(0).paired()));
    }
  }
}
