// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

/** The concentration of high-dimensional Gaussian vectors near a sphere. */
@Doc("Length of standard normal vectors: its mean, and how seldom it is far from it.")
public record NormConcentration(
    @Doc("Dimensions d, ascending.")
        @Default("[2, 10, 100, 400]")
        @Length(min = 1, max = 20)
        @Range(min = 1, max = 100_000)
        List<Integer> dimensions,
    @Doc("Vectors, a multiple of 2000.") @Default("10000") @Range(min = 2000) int draws)
    implements Law {
  private static final int ROWS = 2000;

  @Override
  public String id() {
    return "rigorous-understanding/5";
  }

  @Override
  public String source() {
    return "chi distribution; Gaussian concentration of a 1-Lipschitz function";
  }

  @Override
  public String says() {
    return "E|X| = sqrt(2) Gamma((d+1)/2) / Gamma(d/2), and P(||X| - E|X|| > t sqrt(d)) is at most"
        + " 2 exp(-d t^2 / 2).";
  }

  @Override
  public void measure(Lab lab) {
    int violations = 0;
    List<Chart.Series> series = new ArrayList<>();
    for (int d : dimensions) {
      lab.phase("d = " + d);
      double[] length =
          new Repetitions(lab, id() + " " + d, draws, ROWS).run(r -> length(r, d)).get("length");
      double mean = meanLength(d);
      lab.compare(
          "mean length, d = " + d,
          "sqrt(2) Gamma((d+1)/2) / Gamma(d/2)",
          mean,
          Statistics.mean(length),
          Tolerance.errors(4, Statistics.standardError(length)));
      double[] far = new double[30]; // s = t sqrt(d), the scale on which all d look alike
      double[] frequency = new double[far.length];
      for (int i = 0; i < far.length; i++) {
        far[i] = 0.1 * (i + 1);
        for (double l : length) {
          frequency[i] += Math.abs(l - mean) > far[i] ? 1.0 / draws : 0;
        }
        double bound = Math.min(1, 2 * Math.exp(-far[i] * far[i] / 2));
        violations += frequency[i] > bound + 3 * binomialError(bound, draws) ? 1 : 0;
        frequency[i] = frequency[i] > 0 ? frequency[i] : Double.NaN;
      }
      series.add(Chart.Series.measured("d = " + d, far, frequency));
    }
    lab.compare(
        "distances at which the frequency is above the bound by 3 s.e.",
        "2 exp(-d t^2 / 2)",
        0,
        violations,
        Tolerance.absolute(0));
    double[] x = new double[30];
    double[] bound = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = 0.1 * (i + 1);
      bound[i] = Math.min(1, 2 * Math.exp(-x[i] * x[i] / 2));
    }
    series.add(0, Chart.Series.theory("bound 2 exp(-d t^2 / 2)", x, bound));
    lab.chart(
        new Chart(
            "norm-concentration",
            "How often the length of a normal vector is far from its mean",
            "distance t sqrt(d)",
            "frequency",
            false,
            true,
            series));
  }

  static double binomialError(double p, int n) {
    return Math.sqrt(p * (1 - p) / n);
  }

  /**
   * Returns the mean length by Gamma((d+1)/2) / Gamma(d/2) = r_d, r_1 = 1 / sqrt(pi), r_d r_(d+1) =
   * d / 2.
   */
  private static double meanLength(int d) {
    double r = 1 / Math.sqrt(Math.PI);
    for (int k = 1; k < d; k++) {
      r = k / 2.0 / r;
    }
    return Math.sqrt(2) * r;
  }

  private static Map<String, Value> length(Randoms r, int d) {
    return Map.of("length", F.l2Norm(r.normal("x", DType.F64, Shape.of(d)), 2));
  }
}
