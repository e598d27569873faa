// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleFunction;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.study.ClaimSpec.Error;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/**
 * Judges claims by the interval rule: a claim holds if its whole interval lies in the claimed
 * region, is violated if it lies wholly outside, and is undecided otherwise. The claims of a study
 * share alpha by Holm. Seed error is Student's interval on the seeds' values; image error is
 * Wilson's, or Newcombe's for differences, at the mean over the seeds' models.
 */
public final class Judge {
  /** Shared by all claims of a study. */
  public static final double ALPHA = 0.01;

  /** Fewest seeds a claim about seeds may rest on. */
  public static final int MIN_SEEDS = 5;

  private Judge() {}

  /** Returns a judgement for every claim at every grid point. */
  public static List<Judgement> judge(
      List<ClaimSpec> claims, List<Trial> trials, Map<String, TrialResult> results) {
    Set<Map<String, String>> points = new LinkedHashSet<>();
    trials.forEach(t -> points.add(t.arm().settings()));
    List<Evidence> cases = new ArrayList<>();
    for (ClaimSpec claim : claims) {
      for (Map<String, String> point : points) {
        cases.add(Evidence.collect(claim, point, trials, results));
      }
    }
    List<DoubleFunction<Verdict>> verdicts = new ArrayList<>();
    cases.forEach(e -> verdicts.add(alpha -> verdict(e, alpha)));
    double[] levels = Holm.levels(verdicts, ALPHA);
    List<Judgement> out = new ArrayList<>();
    for (int i = 0; i < levels.length; i++) {
      Evidence e = cases.get(i);
      Error own = e.claim().error();
      Error other = own == Error.SEEDS ? Error.IMAGES : Error.SEEDS;
      out.add(
          new Judgement(
              e.claim(),
              e.settings(),
              verdict(e, levels[i]),
              e.estimate(),
              e.interval(own, levels[i]),
              1 - levels[i],
              e.count(own),
              e.interval(other, levels[i]),
              tooFew(e)));
    }
    return out;
  }

  private static String tooFew(Evidence e) {
    boolean seeds = e.claim().error() == Error.SEEDS;
    int need = seeds ? MIN_SEEDS : 1;
    int has = e.count(e.claim().error());
    return has >= need
        ? ""
        : "needs at least %d %s, has %d".formatted(need, seeds ? "seeds" : "image", has);
  }

  private static Verdict verdict(Evidence e, double alpha) {
    if (!tooFew(e).isEmpty()) {
      return Verdict.UNDECIDED;
    }
    return verdict(e.claim(), e.interval(e.claim().error(), alpha).orElseThrow());
  }

  /** The interval rule. */
  static Verdict verdict(ClaimSpec claim, Interval i) {
    return Holm.verdict(claim.relation(), claim.value(), i);
  }
}
