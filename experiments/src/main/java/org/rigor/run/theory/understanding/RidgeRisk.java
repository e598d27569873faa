// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

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
 * Ridge regression, |y - X b|^2 + lambda |b|^2, on Gaussian rows with covariance diag(j^-1/2), beta
 * = 1 / sqrt(p). The formula is a limit, not exact at finite n, hence a relative tolerance.
 */
@Doc("Test error of ridge regression with unequal variances beside its deterministic equivalent.")
public record RidgeRisk(
    @Doc("Samples n.") @Default("60") @Range(min = 8, max = 5000) int samples,
    @Doc("Features p.") @Default("150") @Range(min = 8, max = 20_000) int features,
    @Doc("Standard deviation of the noise.") @Default("0.3") @Range(min = 0) double noise,
    @Doc("Penalties lambda, ascending.")
        @Default("[1e-3, 0.1, 1, 5, 25]")
        @Length(min = 1, max = 40)
        @Range(min = 0, minOpen = true)
        List<Double> penalties,
    @Doc("Repetitions, a multiple of 50.") @Default("500") @Range(min = 50) int repetitions)
    implements Law {
  private static final int ROWS = 50;

  @Override
  public String id() {
    return "rigorous-understanding/A2";
  }

  @Override
  public String source() {
    return "deterministic equivalent of ridge regression (Dobriban & Wager 2018; Hastie et al."
        + " 2022)";
  }

  @Override
  public String says() {
    return "Test error = (kappa^2 b'S(S + kappa)^-2 b + s^2) / (1 - tr S^2 (S + kappa)^-2 / n),"
        + " where n - lambda / kappa = tr S (S + kappa)^-1.";
  }

  @Override
  public void measure(Lab lab) {
    lab.phase("ridge fits");
    Map<String, double[]> risk = new Repetitions(lab, id(), repetitions, ROWS).run(this::fits);
    double[] x = new double[penalties.size()];
    double[] mean = new double[x.length];
    double[] error = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = penalties.get(i);
      double[] values = risk.get("lambda" + i);
      mean[i] = Statistics.mean(values);
      error[i] = Statistics.standardError(values);
      double predicted = risk(x[i]);
      lab.compare(
          "lambda = " + penalties.get(i),
          "deterministic equivalent",
          predicted,
          mean[i],
          Tolerance.relative(0.025, predicted));
    }
    chart(lab, x, mean, error);
  }

  private double variance(int j) {
    return 1 / Math.sqrt(j + 1);
  }

  private double risk(double lambda) {
    double low = 0;
    double high = 1;
    while (excess(high, lambda) < 0) {
      high *= 2;
    }
    for (int i = 0; i < 200; i++) {
      double middle = 0.5 * (low + high);
      if (excess(middle, lambda) < 0) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double kappa = 0.5 * (low + high);
    double bias = 0;
    double degrees = 0;
    for (int j = 0; j < features; j++) {
      double s = variance(j);
      bias += kappa * kappa * s / ((s + kappa) * (s + kappa)) / features;
      degrees += s * s / ((s + kappa) * (s + kappa));
    }
    return (bias + noise * noise) / (1 - degrees / samples);
  }

  /** Returns n - lambda / kappa - tr S (S + kappa)^-1, which rises with kappa. */
  private double excess(double kappa, double lambda) {
    double trace = 0;
    for (int j = 0; j < features; j++) {
      trace += variance(j) / (variance(j) + kappa);
    }
    return samples - lambda / kappa - trace;
  }

  private Map<String, Value> fits(Randoms r) {
    Value z = r.normal("x", DType.F64, Shape.of(samples, features)); // [M, 1, n, p]
    Value place = F.cast(F.iota(4, 3, features), DType.F64);
    Value variance = F.rsqrt(F.add(place, 1)); // [1, 1, 1, p]
    Value x = F.mul(z, F.sqrt(variance));
    Value xi = r.normal("noise", DType.F64, Shape.of(samples, 1));
    double each = 1 / Math.sqrt(features);
    Value beta = F.broadcast(F.constant(x, each), Shape.of(1, 1, features, 1));
    Value y = F.add(F.matmul(x, beta), F.mul(xi, noise));
    Value gram = F.matmul(x, x, false, true); // [M, 1, n, n]
    Value one = F.eq(F.iota(4, 2, samples), F.iota(4, 3, samples));
    Map<String, Value> out = new LinkedHashMap<>();
    for (int i = 0; i < penalties.size(); i++) {
      Value diagonal = F.mul(F.cast(one, DType.F64), penalties.get(i));
      Value dual = Solve.positiveDefinite(F.add(gram, diagonal), y);
      Value gap = F.add(F.matmul(dual, x, true, false), -each); // [M, 1, 1, p]
      Value risk = F.add(F.sum(F.mul(F.square(gap), variance), 3), noise * noise);
      out.put("lambda" + i, risk);
    }
    return out;
  }

  private void chart(Lab lab, double[] x, double[] mean, double[] error) {
    double from = x[0] / 3;
    double to = x[x.length - 1] * 3;
    double[] fine = new double[120];
    double[] theory = new double[fine.length];
    for (int i = 0; i < fine.length; i++) {
      fine[i] = from * Math.pow(to / from, i / (fine.length - 1.0));
      theory[i] = risk(fine[i]);
    }
    lab.chart(
        new Chart(
            "ridge-risk",
            "Test error of ridge regression, n = " + samples + ", p = " + features,
            "penalty lambda",
            "test error, squared",
            true,
            false,
            List.of(
                Chart.Series.theory("deterministic equivalent", fine, theory),
                Chart.Series.measured("measured, 2 s.e.", x, mean, DoubleDescent.twice(error)))));
  }
}
