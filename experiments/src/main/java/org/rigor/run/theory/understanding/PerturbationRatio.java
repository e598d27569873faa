// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.statistics.distribution.BetaDistribution;
import org.rigor.diff.Diff;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/**
 * The distance to a linear rule's boundary along a random direction over the shortest distance: |w|
 * / |w.u| for a random unit vector u.
 */
@Doc("Distance to a linear rule's boundary in random directions over the shortest one.")
public record PerturbationRatio(
    @Doc("Dimensions d, ascending.")
        @Default("[16, 64, 256, 1024]")
        @Length(min = 2, max = 20)
        @Range(min = 2, max = 100_000)
        List<Integer> dimensions,
    @Doc("Random directions, a multiple of 2000.") @Default("30000") @Range(min = 2000) int draws)
    implements Law {
  private static final int ROWS = 2000;

  /** Median of |Z| for a standard normal Z. */
  private static final double MEDIAN = 0.6744897501960817;

  @Override
  public String id() {
    return "rigorous-understanding/4";
  }

  @Override
  public String source() {
    return "u_1^2 ~ Beta(1/2, (d-1)/2) on the unit sphere; median ~ 0.6745 / sqrt(d)";
  }

  @Override
  public String says() {
    return "Random perturbations must be sqrt(d) / 0.6745 times as long as adversarial ones, in the"
        + " median, to change a linear rule.";
  }

  @Override
  public void measure(Lab lab) {
    double[] x = new double[dimensions.size()];
    double[] theory = new double[x.length];
    double[] found = new double[x.length];
    double[] error = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int d = dimensions.get(i);
      lab.phase("d = " + d);
      double[] ratio =
          new Repetitions(lab, id() + " " + d, draws, ROWS).run(r -> ratio(r, d)).get("ratio");
      Arrays.sort(ratio);
      x[i] = d;
      double square = BetaDistribution.of(0.5, (d - 1) / 2.0).inverseCumulativeProbability(0.5);
      theory[i] = 1 / Math.sqrt(square);
      found[i] = 0.5 * (ratio[draws / 2 - 1] + ratio[draws / 2]);
      // Use the binomial interval of order statistics, one standard deviation to each side.
      int step = (int) Math.round(Math.sqrt(draws) / 2);
      error[i] = 0.5 * (ratio[draws / 2 + step] - ratio[draws / 2 - step]);
      lab.compare(
          "median ratio, d = " + d,
          "1 / sqrt(median of Beta(1/2, (d-1)/2))",
          theory[i],
          found[i],
          Tolerance.errors(4, error[i]));
    }
    int last = x.length - 1;
    double span = Math.log(x[last] / x[0]);
    lab.compare(
        "growth from d = " + dimensions.get(0) + " to " + dimensions.get(last),
        "log ratio of exact medians over log ratio of dimensions, 1/2 as d grows",
        Math.log(theory[last] / theory[0]) / span,
        Math.log(found[last] / found[0]) / span,
        Tolerance.errors(4, Math.hypot(error[0] / found[0], error[last] / found[last]) / span));
    lab.report(
        "median ratio over sqrt(d) / 0.6745, largest d", found[last] * MEDIAN / Math.sqrt(x[last]));
    double[] root = Arrays.stream(x).map(d -> Math.sqrt(d) / MEDIAN).toArray();
    lab.chart(
        new Chart(
            "perturbation-ratio",
            "Random over adversarial distance of a linear rule",
            "dimension d",
            "median ratio of distances",
            true,
            true,
            List.of(
                Chart.Series.theory("sqrt(d) / 0.6745", x, root),
                Chart.Series.theory("exact median", x, theory),
                Chart.Series.measured("measured, 2 s.e.", x, found, DoubleDescent.twice(error)))));
  }

  /** Returns the ratio, with the attack's own adversarial direction: that of the gradient. */
  private static Map<String, Value> ratio(Randoms r, int d) {
    Value w = r.normal("w", DType.F64, Shape.of(d)); // [M, 1, d]
    Value x = r.normal("x", DType.F64, Shape.of(d));
    Value f = F.sum(F.mul(w, x), 2); // [M, 1, 1]
    Value adversarial = Norm.L2.direction(Diff.grad(f, x));
    Value random = Norm.L2.direction(r.normal("u", DType.F64, Shape.of(d)));
    Value fast = F.abs(F.sum(F.mul(w, adversarial), 2));
    Value slow = F.abs(F.sum(F.mul(w, random), 2));
    return Map.of("ratio", F.div(fast, slow));
  }
}
