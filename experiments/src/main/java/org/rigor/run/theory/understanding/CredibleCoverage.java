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
 * Bayesian linear regression, w ~ N(0, I), y = X w + s xi: the coverage of the credible interval of
 * x.w. A model that assumes noise s' has a posterior N(m, C) with C = s'^2 (X'X + s'^2 I)^-1; its
 * error x.(w - m) is normal with variance x'[B B' + s^2 K K']x, K = C X' / s'^2, B = I - K X, so
 * coverage has a closed form whether s' is right or not.
 */
@Doc("Coverage of Bayesian credible intervals, with the right and with half the noise.")
public record CredibleCoverage(
    @Doc("Dimension d.") @Default("10") @Range(min = 1, max = 500) int dimension,
    @Doc("Samples n.") @Default("20") @Range(min = 2, max = 5000) int samples,
    @Doc("Standard deviation s of the noise.") @Default("1") @Range(min = 0, minOpen = true)
        double noise,
    @Doc("Levels 1 - alpha, ascending.")
        @Default("[0.6, 0.7, 0.8, 0.9, 0.95]")
        @Length(min = 1, max = 20)
        @Range(min = 0, max = 1, minOpen = true, maxOpen = true)
        List<Double> levels,
    @Doc("Repetitions, a multiple of 500.") @Default("40000") @Range(min = 500) int repetitions)
    implements Law {
  private static final int ROWS = 500;
  private static final double[] SHARES = {1, 0.5};

  @Override
  public String id() {
    return "rigorous-understanding/A9";
  }

  @Override
  public String source() {
    return "Bayesian linear regression; coverage averaged over the prior is exact";
  }

  @Override
  public String says() {
    return "Credible intervals of a well-specified model cover with their level, averaged over the"
        + " prior; a model that believes in half the noise covers less, by a closed form.";
  }

  @Override
  public void measure(Lab lab) {
    lab.phase("posteriors");
    Map<String, double[]> found =
        new Repetitions(lab, id(), repetitions, ROWS).run(this::intervals);
    double[] x = levels.stream().mapToDouble(Double::doubleValue).toArray();
    double[][] theory = new double[2][x.length];
    double[][] mean = new double[2][x.length];
    double[][] error = new double[2][x.length];
    for (int s = 0; s < 2; s++) {
      for (int i = 0; i < x.length; i++) {
        mean[s][i] = Statistics.mean(found.get("hit " + s + " " + i));
        theory[s][i] = s == 0 ? x[i] : Statistics.mean(found.get("predicted " + s + " " + i));
        error[s][i] = NormConcentration.binomialError(theory[s][i], repetitions);
        lab.compare(
            (s == 0 ? "right noise, level " : "half the noise, level ") + levels.get(i),
            s == 0 ? "1 - alpha" : "mean over designs of 2 Phi(z sigma_model / sigma_error) - 1",
            theory[s][i],
            mean[s][i],
            Tolerance.errors(4, error[s][i]));
      }
    }
    lab.chart(
        new Chart(
            "coverage",
            "Coverage of Bayesian credible intervals, d = " + dimension + ", n = " + samples,
            "level 1 - alpha",
            "share that hold the truth",
            false,
            false,
            List.of(
                Chart.Series.theory("right noise: the level", x, theory[0]),
                Chart.Series.measured(
                    "right noise, 2 s.e.", x, mean[0], DoubleDescent.twice(error[0])),
                Chart.Series.theory("half the noise: closed form", x, theory[1]),
                Chart.Series.measured(
                    "half the noise, 2 s.e.", x, mean[1], DoubleDescent.twice(error[1])))));
  }

  private Map<String, Value> intervals(Randoms r) {
    int d = dimension;
    Value x = r.normal("x", DType.F64, Shape.of(samples, d)); // [M, 1, n, d]
    Value w = r.normal("w", DType.F64, Shape.of(d, 1));
    Value xi = r.normal("noise", DType.F64, Shape.of(samples, 1));
    Value at = r.normal("at", DType.F64, Shape.of(d, 1)); // where to predict
    Value y = F.add(F.matmul(x, w), F.mul(xi, noise));
    Value truth = F.matmul(at, w, true, false); // [M, 1, 1, 1]
    Value gram = F.matmul(x, x, true, false);
    Value unit = F.cast(F.eq(F.iota(4, 2, d), F.iota(4, 3, d)), DType.F64);
    Map<String, Value> out = new LinkedHashMap<>();
    for (int s = 0; s < 2; s++) {
      double believed = SHARES[s] * noise;
      Value a = F.add(gram, F.mul(unit, believed * believed)); // C = believed^2 a^-1
      Value mean = Solve.positiveDefinite(a, F.matmul(x, y, true, false));
      Value u = Solve.positiveDefinite(a, at); // [M, 1, d, 1]
      Value spread = F.mul(F.sqrt(F.matmul(at, u, true, false)), believed);
      Value gap = F.abs(F.sub(truth, F.matmul(at, mean, true, false)));
      // B' at = believed^2 u and K' at = X u
      Value own = F.mul(F.sum(F.square(u), 2), Math.pow(believed, 4));
      Value heard = F.mul(F.sum(F.square(F.matmul(x, u)), 2), noise * noise);
      Value ratio = F.div(spread, F.sqrt(F.add(own, heard)));
      for (int i = 0; i < levels.size(); i++) {
        // 2 Phi(z r) - 1 = erf(z r / sqrt 2), and z / sqrt 2 = erfinv(level)
        Value z = F.erfinv(F.constant(gap, levels.get(i)));
        Value edge = F.mul(F.mul(z, spread), Math.sqrt(2));
        out.put("hit " + s + " " + i, F.cast(F.le(gap, edge), DType.F64));
        out.put("predicted " + s + " " + i, F.erf(F.mul(z, ratio)));
      }
    }
    return out;
  }
}
