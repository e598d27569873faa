// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.op.Solve;
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
 * Least-norm fits on the first p of D Gaussian coordinates: y = x beta + sigma xi with beta = 1 /
 * sqrt(D), n samples. The population risk of a fit is its squared distance from beta plus sigma^2,
 * so no test set is needed.
 */
@Doc("Risk of least-norm fits over the number of features, exact at finite n: double descent.")
public record DoubleDescent(
    @Doc("Samples n.") @Default("40") @Range(min = 8, max = 2000) int samples,
    @Doc("Coordinates D of the truth.") @Default("200") @Range(min = 8, max = 20_000) int dimension,
    @Doc("Standard deviation of the noise.") @Default("0.3") @Range(min = 0) double noise,
    @Doc("Numbers of features p, ascending, that are compared with the formula.")
        @Default("[5, 10, 20, 26, 60, 80, 120, 200]")
        @Length(min = 1, max = 60)
        List<Integer> features,
    @Doc("Numbers of features nearer to n that are drawn only: their risk has heavy tails.")
        @Default("[32, 34, 46, 50]")
        @Length(max = 20)
        List<Integer> drawn,
    @Doc("Repetitions, a multiple of 100.") @Default("2000") @Range(min = 100) int repetitions)
    implements Law {
  private static final int ROWS = 100;

  public DoubleDescent {
    for (int p : features) {
      if (Math.abs(p - samples) < 8 || p > dimension || p < 1) {
        throw new IllegalArgumentException(
            "features: p must be in 1..%d and 8 away from n = %d at least, got %d"
                .formatted(dimension, samples, p));
      }
    }
    for (int p : drawn) {
      if (Math.abs(p - samples) < 4 || p > dimension || p < 1) {
        throw new IllegalArgumentException(
            "drawn: p must be in 1..%d and 4 away from n = %d at least, got %d"
                .formatted(dimension, samples, p));
      }
    }
  }

  @Override
  public String id() {
    return "rigorous-understanding/A1";
  }

  @Override
  public String source() {
    return "Belkin, Hsu & Xu 2020, theorem 1 (Gaussian features, finite n)";
  }

  @Override
  public String says() {
    return "The risk of least-norm fits rises to its peak where features equal samples and falls"
        + " again beyond, as the formula says.";
  }

  @Override
  public void measure(Lab lab) {
    List<Integer> all = new ArrayList<>(features);
    all.addAll(drawn);
    all.sort(null);
    lab.phase("least-norm fits");
    Map<String, double[]> risk =
        new Repetitions(lab, id(), repetitions, ROWS).run(r -> fits(r, all));
    double[] x = new double[all.size()];
    double[] mean = new double[x.length];
    double[] error = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double[] values = risk.get("p" + all.get(i));
      x[i] = all.get(i);
      mean[i] = Statistics.mean(values);
      error[i] = Statistics.standardError(values);
      if (features.contains(all.get(i))) {
        String form =
            all.get(i) < samples
                ? "(|b_Tc|^2 + s^2)(1 + p/(n-p-1))"
                : "|b_T|^2 (1 - n/p) + (|b_Tc|^2 + s^2)(1 + n/(p-n-1))";
        lab.compare("p = " + all.get(i), form, risk(x[i]), mean[i], Tolerance.errors(4, error[i]));
      }
    }
    chart(lab, x, mean, error);
  }

  /** Returns the formula's risk; infinite for |n - p| at most 1. */
  private double risk(double p) {
    double tail = (dimension - p) / dimension + noise * noise;
    if (p <= samples - 2) {
      return tail * (1 + p / (samples - p - 1));
    }
    return p >= samples + 2
        ? p / dimension * (1 - samples / p) + tail * (1 + samples / (p - samples - 1))
        : Double.NaN;
  }

  /** Returns the risks [rows, 1, 1, 1] by name. */
  private Map<String, Value> fits(Randoms r, List<Integer> counts) {
    Value x = r.normal("x", DType.F64, Shape.of(samples, dimension)); // [M, 1, n, D]
    Value xi = r.normal("noise", DType.F64, Shape.of(samples, 1));
    double each = 1 / Math.sqrt(dimension);
    Value beta = F.broadcast(F.constant(x, each), Shape.of(1, 1, dimension, 1));
    Value y = F.add(F.matmul(x, beta), F.mul(xi, noise)); // [M, 1, n, 1]
    Map<String, Value> out = new LinkedHashMap<>();
    for (int p : counts) {
      Value t = F.slice(x, 3, 0, p); // [M, 1, n, p]
      Value fit =
          p < samples
              ? Solve.positiveDefinite(F.matmul(t, t, true, false), F.matmul(t, y, true, false))
              : F.matmul(t, Solve.positiveDefinite(F.matmul(t, t, false, true), y), true, false);
      double rest = (double) (dimension - p) / dimension + noise * noise;
      out.put("p" + p, F.add(F.sum(F.square(F.add(fit, -each)), 2), rest));
    }
    return out;
  }

  private void chart(Lab lab, double[] x, double[] mean, double[] error) {
    double[] fine = new double[dimension];
    double[] theory = new double[dimension];
    for (int p = 1; p <= dimension; p++) {
      fine[p - 1] = p;
      theory[p - 1] = Math.abs(p - samples) < 3 ? Double.NaN : risk(p);
    }
    lab.chart(
        new Chart(
            "double-descent",
            "Risk of least-norm fits, n = " + samples + ", D = " + dimension,
            "features p",
            "risk, squared error",
            false,
            true,
            List.of(
                Chart.Series.theory("formula", fine, theory),
                Chart.Series.measured("measured, 2 s.e.", x, mean, twice(error)))));
  }

  static double[] twice(double[] error) {
    double[] d = new double[error.length];
    for (int i = 0; i < d.length; i++) {
      d[i] = 2 * error[i];
    }
    return d;
  }
}
