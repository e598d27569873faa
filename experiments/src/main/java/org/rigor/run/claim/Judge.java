// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import org.rigor.run.ByType;
import org.rigor.run.statistics.Sample;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.study.ClaimSpec.Error;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Study;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/**
 * Judges claims by the interval rule: a claim holds if its whole interval lies in the claimed
 * region, is violated if it lies wholly outside, and is undecided otherwise. The claims of a study
 * share alpha by Holm. Seed error is Student's interval on the seeds' values, see {@link Sample};
 * image error is Wilson's, or Newcombe's for differences, at the mean over the seeds' models. A
 * value missing from a finished trial leaves the claim undecided.
 */
public final class Judge {
  /** Shared by all claims of a study. */
  public static final double ALPHA = 0.01;

  /** Finds the cases of a claim among the arms. */
  private interface Cases {
    List<Case> of(Arms arms, Quantities known);
  }

  private static final ByType<ClaimSpec, Cases> CASES =
      ByType.<ClaimSpec, Cases>of(ClaimSpec.class)
          .put(ClaimSpec.Difference.class, d -> (arms, known) -> Evidence.of(d, arms, known))
          .put(ClaimSpec.Level.class, l -> (arms, known) -> Evidence.of(l, arms, known))
          .put(ClaimSpec.Trend.class, t -> (arms, known) -> TrendCase.of(t, arms))
          .put(ClaimSpec.InteriorPeak.class, p -> (arms, known) -> PeakCase.of(p, arms, known))
          .put(ClaimSpec.Coexistence.class, c -> (arms, known) -> CoexistenceCase.of(c, arms))
          .complete();

  private Judge() {}

  /** Returns a judgement for every claim at every grid point at which it is made. */
  public static List<Judgement> judge(
      Study study, List<Trial> trials, Map<String, TrialResult> results) {
    Arms arms = new Arms(trials, results);
    Quantities known = study.quantities();
    List<Case> cases = new ArrayList<>();
    study.claims().forEach(claim -> cases.addAll(CASES.apply(claim).of(arms, known)));
    List<DoubleFunction<Verdict>> verdicts = new ArrayList<>();
    cases.forEach(c -> verdicts.add(c::verdict));
    double[] levels = Holm.levels(verdicts, ALPHA);
    List<Judgement> out = new ArrayList<>();
    for (int i = 0; i < levels.length; i++) {
      Case c = cases.get(i);
      Error own = c.claim().error();
      Error other = own == Error.SEEDS ? Error.IMAGES : Error.SEEDS;
      out.add(
          new Judgement(
              c.claim(),
              c.settings(),
              c.verdict(levels[i]),
              c.estimate(),
              c.interval(own, levels[i]),
              1 - levels[i],
              c.count(own),
              c.interval(other, levels[i]),
              c.lacking().isEmpty() ? c.note() : c.lacking()));
    }
    return out;
  }
}
