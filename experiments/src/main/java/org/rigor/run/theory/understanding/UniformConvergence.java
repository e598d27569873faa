// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.statistics.distribution.BinomialDistribution;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Order;
import org.rigor.op.Randoms;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * The deviation of empirical from true risks, uniformly over a class. For half-lines the risks are
 * distribution functions, whose largest deviation has a bound (DKW) and, one-sided, an exact law
 * (Birnbaum and Tingey); k independent rules of error 1/2 have Hoeffding's bound and an exact
 * binomial law.
 */
@Doc("Uniform deviations of empirical from true risk beside bounds and exact probabilities.")
public record UniformConvergence(
    @Doc("Samples N of a trial.") @Default("200") @Range(min = 10, max = 100_000) int samples,
    @Doc("Trials, a multiple of 500.") @Default("30000") @Range(min = 500) int trials,
    @Doc("Rules of the finite class.") @Default("4") @Range(min = 1, max = 100) int rules)
    implements Law {
  private static final int ROWS = 500;

  @Override
  public String id() {
    return "rigorous-understanding/A4";
  }

  @Override
  public String source() {
    return "Massart 1990 (DKW); Birnbaum & Tingey 1951 (one-sided, exact); Hoeffding 1963";
  }

  @Override
  public String says() {
    return "P(sup |F_N - F| > e) is at most 2 exp(-2 N e^2), for a finite class at most |F| times"
        + " that, and both are as frequent as exact laws say.";
  }

  @Override
  public void measure(Lab lab) {
    lab.phase("half-lines");
    Map<String, double[]> lines =
        new Repetitions(lab, id() + " lines", trials, ROWS).run(this::halfLines);
    double[] radii = new double[20];
    int above = 0;
    double[] measured = new double[radii.length];
    double[] bound = new double[radii.length];
    double[] error = new double[radii.length];
    for (int i = 0; i < radii.length; i++) {
      radii[i] = 0.01 * (i + 1) * Math.sqrt(200.0 / samples);
      bound[i] = 2 * Math.exp(-2 * samples * radii[i] * radii[i]);
      measured[i] = share(lines.get("both"), radii[i]);
      above += above(measured[i], bound[i]) + above(share(lines.get("up"), radii[i]), bound[i] / 2);
      error[i] = 2 * NormConcentration.binomialError(measured[i], trials);
      bound[i] = Math.min(1, bound[i]);
    }
    lab.compare(
        "half-lines: radii at which the frequency is above the bound by 3 s.e.",
        "DKW with Massart's constant, two-sided and one-sided",
        0,
        above,
        Tolerance.absolute(0));
    for (double e : new double[] {radii[1], radii[2], radii[4]}) {
      double exact = oneSided(e);
      lab.compare(
          "half-lines: P(sup F_N - F > %.3g)".formatted(e),
          "e sum_j C(N,j) (e + j/N)^(j-1) (1 - e - j/N)^(N-j)",
          exact,
          share(lines.get("up"), e),
          Tolerance.errors(4, NormConcentration.binomialError(exact, trials)));
    }
    lab.report(
        "half-lines: exact one-sided probability over its bound, e = %.3g".formatted(radii[4]),
        oneSided(radii[4]) / Math.exp(-2 * samples * radii[4] * radii[4]));
    finiteClass(lab);
    chart(lab, radii, bound, measured, error);
  }

  private void finiteClass(Lab lab) {
    lab.phase("finite class");
    double[] worst =
        new Repetitions(lab, id() + " rules", trials, ROWS).run(this::finite).get("worst");
    BinomialDistribution errors = BinomialDistribution.of(samples, 0.5);
    int above = 0;
    for (int k = 1; k < samples / 4; k++) {
      double e = (k + 0.5) / samples;
      double one = 2 * errors.survivalProbability((int) Math.floor(samples * (0.5 + e)));
      double exact = 1 - Math.pow(1 - one, rules);
      double frequency = share(worst, e);
      above += above(frequency, 2 * rules * Math.exp(-2 * samples * e * e));
      if (exact > 0.35 && exact < 0.9 && k % 3 == 0) {
        lab.compare(
            "%d rules: P(max |L_N - L| > %.4g)".formatted(rules, e),
            "1 - (1 - P(|Bin(N, 1/2) / N - 1/2| > e))^k",
            exact,
            frequency,
            Tolerance.errors(4, NormConcentration.binomialError(exact, trials)));
      }
    }
    lab.compare(
        "finite class: radii at which the frequency is above the bound by 3 s.e.",
        "2 |F| exp(-2 N e^2)",
        0,
        above,
        Tolerance.absolute(0));
  }

  private int above(double frequency, double bound) {
    double b = Math.min(1, bound);
    return frequency > b + 3 * NormConcentration.binomialError(b, trials) ? 1 : 0;
  }

  private static double share(double[] values, double over) {
    int n = 0;
    for (double v : values) {
      n += v > over ? 1 : 0;
    }
    return (double) n / values.length;
  }

  private double oneSided(double e) {
    double sum = 0;
    double logChoose = 0;
    for (int j = 0; j <= (int) Math.floor(samples * (1 - e)); j++) {
      double a = e + (double) j / samples;
      double rest = 1 - a;
      if (rest > 0) {
        sum += Math.exp(logChoose + (j - 1) * Math.log(a) + (samples - j) * Math.log(rest));
      }
      logChoose += Math.log((double) (samples - j) / (j + 1));
    }
    return e * sum;
  }

  private Map<String, Value> halfLines(Randoms r) {
    Value u = Order.sort(r.unit("x", DType.F64, Shape.of(samples)), 2).values(); // [M, 1, N]
    Value rank = F.cast(F.iota(3, 2, samples), DType.F64);
    Value up = F.max(F.sub(F.mul(F.add(rank, 1), 1.0 / samples), u), 2);
    Value down = F.max(F.sub(u, F.mul(rank, 1.0 / samples)), 2);
    Map<String, Value> out = new LinkedHashMap<>();
    out.put("up", up);
    out.put("both", F.maximum(up, down));
    return out;
  }

  /**
   * Simulates fair-coin labels, independent between rules, so every rule errs with probability 1/2.
   */
  private Map<String, Value> finite(Randoms r) {
    Value signs = r.signs("errors", DType.F64, Shape.of(rules, samples)); // [M, 1, k, N]
    Value gap = F.mul(F.abs(F.sum(signs, 3)), 0.5 / samples);
    return Map.of("worst", F.max(gap, 2));
  }

  private void chart(Lab lab, double[] x, double[] bound, double[] measured, double[] error) {
    double[] shown = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      shown[i] = measured[i] > 0 ? measured[i] : Double.NaN;
    }
    lab.chart(
        new Chart(
            "uniform-convergence",
            "Largest deviation of empirical distribution functions, N = " + samples,
            "deviation e",
            "probability of a larger one",
            false,
            true,
            List.of(
                Chart.Series.theory("DKW bound 2 exp(-2 N e^2)", x, bound),
                Chart.Series.measured("measured, 2 s.e.", x, shown, error))));
  }
}
