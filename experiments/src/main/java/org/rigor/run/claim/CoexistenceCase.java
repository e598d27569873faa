// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.statistics.Interval;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.study.ClaimSpec.Error;
import org.rigor.run.trial.TrialResult;

/**
 * Whether some pair among many networks is close in one accuracy and far apart in another. The
 * extreme pair of thousands is extreme partly by luck with the images, so half of the images choose
 * it and the other half judges it: there it must be close and far apart, each by its whole Newcombe
 * interval. The claim is violated if, on all images, the interval of one of the two differences
 * rules out every pair.
 */
final class CoexistenceCase implements Case {
  private final ClaimSpec.Coexistence claim;
  private final List<Bits> close = new ArrayList<>();
  private final List<Bits> apart = new ArrayList<>();
  private final Evidence.Images judgedClose;
  private final Evidence.Images judgedApart;
  private final int missing;
  private final long alike;
  private final long alikeAndApart;

  static List<Case> of(ClaimSpec.Coexistence c, Arms arms) {
    return List.of(new CoexistenceCase(c, arms.all(c.of(), c.at())));
  }

  private CoexistenceCase(ClaimSpec.Coexistence c, List<TrialResult> networks) {
    this.claim = c;
    int without = 0;
    for (TrialResult r : networks) {
      double[] x = Metrics.perSample(r, c.close(), c.closeEpsilon().orElse(0.0));
      double[] y = Metrics.perSample(r, c.metric(), c.epsilon().orElse(0.0));
      if (x.length > 1 && y.length > 1) { // an image in each half
        close.add(new Bits(x));
        apart.add(new Bits(y));
      } else {
        without++;
      }
    }
    int[] pair = null;
    double best = Double.NEGATIVE_INFINITY;
    long near = 0;
    long both = 0;
    for (int i = 0; i < close.size(); i++) {
      for (int j = 0; j < close.size(); j++) {
        double gap = apart.get(i).share(Bits.ALL) - apart.get(j).share(Bits.ALL);
        boolean alikeHere =
            Math.abs(close.get(i).share(Bits.ALL) - close.get(j).share(Bits.ALL)) <= c.within();
        near += i < j && alikeHere ? 1 : 0;
        both += i != j && alikeHere && gap > c.by() ? 1 : 0;
        double merit = i == j ? Double.NEGATIVE_INFINITY : merit(i, j);
        if (merit > best) {
          best = merit;
          pair = new int[] {i, j};
        }
      }
    }
    this.missing = without;
    this.alike = near;
    this.alikeAndApart = both;
    this.judgedClose = pair == null ? null : Bits.pair(close.get(pair[0]), close.get(pair[1]), 1);
    this.judgedApart = pair == null ? null : Bits.pair(apart.get(pair[0]), apart.get(pair[1]), 1);
  }

  /**
   * Measures how clearly a pair meets the claim on the first half of the images: the smaller of its
   * two distances from the limits, in standard errors.
   */
  private double merit(int i, int j) {
    Evidence.Images c = Bits.pair(close.get(i), close.get(j), 0);
    Evidence.Images a = Bits.pair(apart.get(i), apart.get(j), 0);
    double room = claim.within() - Math.abs(c.first() - c.second());
    double gap = a.first() - a.second() - claim.by();
    return Math.min(room / deviation(c), gap / deviation(a));
  }

  /**
   * Returns the standard error of a difference of paired shares, with one discordant image added.
   */
  private static double deviation(Evidence.Images p) {
    double discordant = p.first() + p.second() - 2 * p.both() + 1.0 / p.n();
    return Math.sqrt(discordant / p.n());
  }

  @Override
  public ClaimSpec claim() {
    return claim;
  }

  @Override
  public Map<String, String> settings() {
    return Map.of();
  }

  @Override
  public Verdict verdict(double alpha) {
    if (!lacking().isEmpty()) {
      return Verdict.UNDECIDED;
    }
    Interval c = judgedClose.interval(alpha);
    Interval a = judgedApart.interval(alpha);
    if (c.low() >= -claim.within() && c.high() <= claim.within() && a.low() >= claim.by()) {
      return Verdict.HOLDS;
    }
    return alikeAndApart == 0 && nonePossible(alpha) ? Verdict.VIOLATED : Verdict.UNDECIDED;
  }

  /**
   * Returns whether every pair is ruled out. Alpha needs no correction for the number of pairs: a
   * true pair is wrongly ruled out with probability at most alpha.
   */
  private boolean nonePossible(double alpha) {
    for (int i = 0; i < close.size(); i++) {
      for (int j = 0; j < close.size(); j++) {
        if (i != j) {
          Interval a = Bits.pair(apart.get(i), apart.get(j), Bits.ALL).interval(alpha);
          Interval c = Bits.pair(close.get(i), close.get(j), Bits.ALL).interval(alpha);
          boolean refuted =
              a.high() < claim.by() || c.low() > claim.within() || c.high() < -claim.within();
          if (!refuted) {
            return false;
          }
        }
      }
    }
    return true;
  }

  @Override
  public double estimate() {
    return lacking().isEmpty() ? judgedApart.first() - judgedApart.second() : Double.NaN;
  }

  @Override
  public Optional<Interval> interval(Error error, double alpha) {
    return error == Error.SEEDS || !lacking().isEmpty()
        ? Optional.empty()
        : Optional.of(judgedApart.interval(alpha));
  }

  @Override
  public int count(Error error) {
    return error == Error.SEEDS || !lacking().isEmpty() ? 0 : judgedApart.n();
  }

  @Override
  public String lacking() {
    if (missing > 0) {
      return "%d of %d networks lack a value".formatted(missing, missing + close.size());
    }
    return close.size() >= 2 ? "" : "needs at least 2 networks, has " + close.size();
  }

  @Override
  public String note() {
    if (!lacking().isEmpty()) {
      return "";
    }
    Interval c = judgedClose.interval(0.05);
    return String.format(
        Locale.ROOT,
        "on the images it was not chosen on, the pair is %.1f points apart in %s, 95 %% [%.1f,"
            + " %.1f]; of %d pairs that are that close on all images, %d are that far"
            + " apart",
        100 * (judgedClose.first() - judgedClose.second()),
        claim.close(),
        100 * c.low(),
        100 * c.high(),
        alike,
        alikeAndApart);
  }
}
