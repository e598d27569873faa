// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.data.NormalDistribution;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.run.statistics.Statistics;
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

/**
 * Labels flipped with probability rho: the risk of any rule is affine in rho, so the best rule
 * stays the best. Two classes x | y ~ N(y, 1), rules sign(x - t).
 */
@Doc("Risk under symmetric label noise over its rate.")
public record LabelNoise(
    @Doc("Rates rho, ascending.")
        @Default("[0, 0.1, 0.2, 0.3, 0.4]")
        @Length(min = 2, max = 20)
        @Range(min = 0, max = 0.5, maxOpen = true)
        List<Double> rates,
    @Doc("Thresholds t of the rules; the best is 0.") @Default("[0, 1]") @Length(min = 1, max = 10)
        List<Double> thresholds,
    @Doc("Samples, a multiple of 50000.") @Default("500000") @Range(min = 50_000) int samples)
    implements Law {
  private static final int ROWS = 25;
  private static final int BATCH = 2000;

  @Override
  public String id() {
    return "rigorous-understanding/A11";
  }

  @Override
  public String source() {
    return "Natarajan et al. 2013, lemma for symmetric noise and 0-1 loss";
  }

  @Override
  public String says() {
    return "With labels flipped at rate rho, the risk is rho + (1 - 2 rho) L of every rule.";
  }

  @Override
  public void measure(Lab lab) {
    lab.phase("noisy labels");
    Map<String, double[]> found =
        new Repetitions(lab, id(), samples / BATCH, ROWS).run(this::risks);
    double[] x = rates.stream().mapToDouble(Double::doubleValue).toArray();
    List<Chart.Series> series = new java.util.ArrayList<>();
    for (int t = 0; t < thresholds.size(); t++) {
      double at = thresholds.get(t);
      double clean = 0.5 * (NormalDistribution.cdf(at - 1) + NormalDistribution.cdf(-at - 1));
      double[] theory = new double[x.length];
      double[] mean = new double[x.length];
      double[] error = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        theory[i] = x[i] + (1 - 2 * x[i]) * clean;
        mean[i] = Statistics.mean(found.get("risk " + t + " " + i));
        error[i] = NormConcentration.binomialError(theory[i], samples);
        lab.compare(
            "t = %s, rho = %s".formatted(thresholds.get(t), rates.get(i)),
            "rho + (1 - 2 rho) L, L = (Phi(t - 1) + Phi(-t - 1)) / 2",
            theory[i],
            mean[i],
            Tolerance.errors(4, error[i]));
      }
      series.add(Chart.Series.theory("line, t = " + at, x, theory));
      series.add(
          Chart.Series.measured(
              "measured, t = " + at + ", 2 s.e.", x, mean, DoubleDescent.twice(error)));
    }
    lab.chart(
        new Chart(
            "label-noise",
            "Risk under label noise",
            "rate rho of flipped labels",
            "share of errors",
            false,
            false,
            series));
  }

  private Map<String, Value> risks(Randoms r) {
    Shape batch = Shape.of(BATCH);
    Value y = r.signs("class", DType.F64, batch); // [M, 1, B]
    Value x = F.add(r.normal("x", DType.F64, batch), y);
    Value coin = r.unit("flip", DType.F64, batch);
    Map<String, Value> out = new LinkedHashMap<>();
    for (int i = 0; i < rates.size(); i++) {
      Value flipped = F.lt(coin, F.constant(coin, rates.get(i)));
      Value label = F.select(flipped, F.neg(y), y);
      for (int t = 0; t < thresholds.size(); t++) {
        Value side = F.sign(F.add(x, -thresholds.get(t)));
        Value wrong = F.cast(F.ne(side, label), DType.F64);
        out.put("risk " + t + " " + i, F.mean(wrong, 2));
      }
    }
    return out;
  }
}
