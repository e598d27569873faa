// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Sample;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.study.ClaimSpec.Relation;
import org.rigor.run.theory.SeedClaim;

/**
 * A law's claim and its verdict over seeds.
 *
 * @param law label of the law
 * @param claim with its seeds
 * @param estimate mean over seeds
 * @param interval Student's, at {@code level}; empty if the seeds decide nothing, see {@link
 *     Sample}
 * @param level one minus alpha as Holm shares it
 */
public record LawJudgement(
    String law,
    SeedClaim claim,
    Verdict verdict,
    double estimate,
    Optional<Interval> interval,
    double level) {

  /** A claim and the law that makes it. */
  public record Made(String law, SeedClaim claim) {}

  /** Judges the claims of a study, which share {@link Judge#ALPHA} by Holm. */
  public static List<LawJudgement> judge(List<Made> claims) {
    List<DoubleFunction<Verdict>> cases = new ArrayList<>();
    for (Made m : claims) {
      cases.add(alpha -> verdict(m.claim(), alpha));
    }
    double[] levels = Holm.levels(cases, Judge.ALPHA);
    List<LawJudgement> out = new ArrayList<>();
    for (int i = 0; i < levels.length; i++) {
      SeedClaim c = claims.get(i).claim();
      out.add(
          new LawJudgement(
              claims.get(i).law(),
              c,
              verdict(c, levels[i]),
              Statistics.mean(c.seeds()),
              new Sample(c.seeds()).interval(levels[i]),
              1 - levels[i]));
    }
    return out;
  }

  private static Verdict verdict(SeedClaim c, double alpha) {
    Relation relation = Relation.valueOf(c.relation().name());
    return new Sample(c.seeds())
        .interval(alpha)
        .map(i -> Holm.verdict(relation, c.value(), i))
        .orElse(Verdict.UNDECIDED);
  }
}
