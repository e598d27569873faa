// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.List;
import org.rigor.linalg.Matrix;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/**
 * B6: robustness to measurement noise with and without weight decay, as in the paper's Figure 1a.
 */
@Doc("Test error against measurement noise, with and without weight decay, beside its prediction.")
@TypeName("deep-linear-noise")
public record NoiseRobustness(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Hidden width.") @Range(min = 2, max = 8192) @Default("90") int width,
    @Doc("Layers.") @Range(min = 2, max = 20) @Default("3") int layers,
    @Doc("Condition number of the signals.") @Range(min = 1, max = 100) @Default("1") double kappa,
    @Doc("Weight decay over smin(X)^2 / m.") @Range(min = 1e-6, max = 1) @Default("0.02")
        double gamma,
    @Doc("Steps, in units of 2 L kappa^2 log(width) / gamma.")
        @Range(min = 0.1, max = 100)
        @Default("1.2")
        double horizon,
    @Doc("Networks with and without weight decay, each with its own initial weights.")
        @Range(min = 5, max = 1000)
        @Default("6")
        int seeds,
    @Doc("Deviations of the measurement noise, ascending.")
        @Range(min = 0, max = 100)
        @Length(min = 2)
        @Default("[0, 0.01, 0.03, 0.1, 0.3, 1]")
        List<Double> noises,
    @Doc("Test signals.") @Range(min = 100, max = 10000000) @Default("20000") int tests)
    implements Law {
  @Override
  public String id() {
    return "deep-linear/B6";
  }

  @Override
  public String source() {
    return "Laus et al. 2025, Figure 1a, in kind (sizes from its caption, the rest is ours);"
        + " E|E(Ax+e)-x|^2 = |EAR-R|_F^2 + sigma^2 |E|_F^2";
  }

  @Override
  public String says() {
    return "Weight decay makes the learned inverse as robust to noise as one that knows the"
        + " subspace; without it the noise outside of the subspace passes through.";
  }

  @Override
  public void measure(Lab lab) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, kappa, false);
    Scale scale = Scale.of(p, Convention.NTK, width, layers);
    double lambda = scale.decay(gamma);
    List<Descent.Arm> arms = new ArrayList<>();
    for (double decay : new double[] {lambda, 0}) {
      for (int i = 0; i < seeds; i++) {
        arms.add(Descent.Arm.of(p, lab.seed() + i, scale.rate(), decay));
      }
    }
    lab.phase("training");
    List<Matrix> maps;
    try (Descent gd = new Descent(lab.device(), Convention.NTK, scale.net(), arms)) {
      double steps = horizon * 2 * layers * kappa * kappa * Math.log(width) / gamma;
      gd.run(lab, (long) Math.ceil(steps));
      maps = new ArrayList<>(gd.maps());
      lab.report("gradient steps", gd.trainer().iterations());
    }
    maps.add(p.oracle());
    norms(lab, p, maps);
    lab.phase("testing");
    tests(lab, p, maps);
  }

  private void norms(Lab lab, InverseProblem p, List<Matrix> maps) {
    double[] gain = new double[seeds];
    double[] kept = new double[seeds];
    Matrix off = p.offRange();
    for (int i = 0; i < seeds; i++) {
      Matrix with = maps.get(i);
      Matrix without = maps.get(seeds + i);
      gain[i] = Math.sqrt(without.squares() / with.squares());
      kept[i] = without.times(off).squares() / Convention.NTK.offRange(p.d(), p.m(), p.s(), width);
    }
    lab.report("|E|_F^2 with decay, first network", maps.get(0).squares());
    lab.report("|E|_F^2 without decay, first network", maps.get(seeds).squares());
    lab.report("|E|_F^2 of the oracle", p.oracle().squares());
    lab.report("sqrt((s + d (m - s) / m) / s)", predictedGain(p));
    lab.claim(
        "gain",
        "Weight decay lowers the root mean square of passed noise at least twofold.",
        gain,
        Lab.Relation.AT_LEAST,
        2);
    lab.claim(
        "kept",
        "Without weight decay at least half of the expected initial |E P_perp|_F^2 is left.",
        kept,
        Lab.Relation.AT_LEAST,
        0.5);
  }

  private static double predictedGain(InverseProblem p) {
    double off = Convention.NTK.offRange(p.d(), p.m(), p.s(), 0);
    return Math.sqrt((p.s() + off) / p.s());
  }

  private void tests(Lab lab, InverseProblem p, List<Matrix> maps) {
    int n = noises.size();
    String[] names = {"with decay", "without decay", "oracle"};
    int[] rows = {0, seeds, 2 * seeds};
    double[][] measured = new double[3][n];
    double[][] error = new double[3][n];
    for (int k = 0; k < n; k++) {
      lab.checkpoint();
      double sigma = noises.get(k);
      List<Matrix> three = List.of(maps.get(rows[0]), maps.get(rows[1]), maps.get(rows[2]));
      Mean[] found = NoiseTest.sampled(lab.device(), p, three, sigma, tests, lab.seed() + 1000 * k);
      for (int a = 0; a < 3; a++) {
        measured[a][k] = found[a].mean();
        error[a][k] = 4 * found[a].error();
        double predicted = NoiseTest.expected(p, three.get(a), sigma);
        if (predicted > 1e-12) {
          lab.compare(
              "%s, sigma=%s: test error".formatted(names[a], sigma),
              "|E A R - R|_F^2 + sigma^2 |E|_F^2",
              predicted,
              measured[a][k],
              Tolerance.errors(4, found[a].error()));
        } else {
          lab.compare(
              "%s, sigma=%s: test error".formatted(names[a], sigma),
              "E A R = R",
              0,
              measured[a][k],
              Tolerance.absolute(1e-9));
        }
      }
    }
    lab.chart(chart(p, maps, rows, names, measured, error));
  }

  private Chart chart(
      InverseProblem p,
      List<Matrix> maps,
      int[] rows,
      String[] names,
      double[][] measured,
      double[][] error) {
    List<Chart.Series> series = new ArrayList<>();
    int first = noises.get(0) > 0 ? 0 : 1;
    int n = noises.size() - first;
    double[] x = new double[n];
    for (int k = 0; k < n; k++) {
      x[k] = noises.get(first + k);
    }
    double low = Math.log(x[0]);
    double high = Math.log(x[n - 1]);
    for (int a = 0; a < 3; a++) {
      double[] y = new double[n];
      double[] bars = new double[n];
      System.arraycopy(measured[a], first, y, 0, n);
      System.arraycopy(error[a], first, bars, 0, n);
      series.add(Chart.Series.measured(names[a], x, y, bars));
      double[] fine = new double[100];
      double[] line = new double[100];
      for (int i = 0; i < fine.length; i++) {
        fine[i] = Math.exp(low + (high - low) * i / (fine.length - 1));
        line[i] = NoiseTest.expected(p, maps.get(rows[a]), fine[i]);
      }
      series.add(Chart.Series.theory(names[a] + ", predicted", fine, line));
    }
    return new Chart(
        "noise",
        "Robustness to measurement noise (as Figure 1a, in kind)",
        "deviation sigma of the measurement noise",
        "mean square error on test signals",
        true,
        true,
        series);
  }
}
