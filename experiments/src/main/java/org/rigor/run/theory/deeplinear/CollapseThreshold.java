// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.List;
import org.rigor.linalg.Matrix;
import org.rigor.linalg.SpectralNorm;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/** B7: the weight decay beyond which a deep linear network learns nothing. */
@Doc("Singular values at the end of training around the weight decay at which all collapse.")
@TypeName("deep-linear-collapse")
public record CollapseThreshold(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Hidden width.") @Range(min = 1, max = 8192) @Default("90") int width,
    @Doc("Numbers of layers.") @Range(min = 3, max = 20) @Length(min = 1) @Default("[3, 4]")
        List<Integer> layers,
    @Doc("Weight decay over its limit, ascending.")
        @Range(min = 0.01, max = 10)
        @Length(min = 2)
        @Default("[0.2, 0.5, 0.8, 0.95, 0.99, 1.01, 1.05, 1.2]")
        List<Double> fractions,
    @Doc("Gradient steps.") @Range(min = 1, max = 1000000) @Default("2500") int iterations)
    implements Law {
  @Override
  public String id() {
    return "deep-linear/B7";
  }

  @Override
  public String source() {
    return "derived, for the set-up of Laus et al. 2025 with an isometry on the signals: a root"
        + " other than 0 exists up to lambda_eff / sigma^2 = (L / (2L-2)) ((L-2) / (2L-2))^((L-2)/L)";
  }

  @Override
  public String says() {
    return "A deep linear network keeps its singular values up to a sharp limit of the weight decay"
        + " and loses all of them beyond it.";
  }

  @Override
  public void measure(Lab lab) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, 1, true);
    List<Chart.Series> series = new ArrayList<>();
    for (int l : layers) {
      lab.phase(l + " layers");
      collapse(lab, p, l, series);
    }
    lab.chart(
        new Chart(
            "collapse",
            "Singular values after training, and the largest root",
            "lambda_eff over its limit",
            "mean singular value of E on the range",
            false,
            false,
            series));
  }

  private void collapse(Lab lab, InverseProblem p, int l, List<Chart.Series> series) {
    Scale scale = Scale.of(p, Convention.NTK, width, l);
    double limit = Plateau.limit(l);
    double rate = 0.5 * scale.rate();
    List<Descent.Arm> arms = new ArrayList<>();
    for (double f : fractions) {
      arms.add(Descent.Arm.of(p, lab.seed(), rate, scale.decayFor(f * limit)));
    }
    double[] mean = new double[arms.size()];
    try (Descent gd = new Descent(lab.device(), Convention.NTK, scale.net(), arms)) {
      gd.run(lab, iterations);
      List<Matrix> maps = gd.maps();
      for (int i = 0; i < mean.length; i++) {
        Matrix e = maps.get(i);
        double[] values = SpectralNorm.singularValues(e.data(), e.rows(), e.cols());
        for (int k = 0; k < p.s(); k++) {
          mean[i] += values[k] / p.s();
        }
        double f = fractions.get(i);
        double root = Plateau.root(1, f * limit, l);
        lab.compare(
            "L=%d, %s of the limit: mean singular value".formatted(l, f),
            root > 0 ? "(1 - w) w^(1 - 2/L) = lambda_eff" : "no root but 0",
            root,
            mean[i],
            root > 0 ? Tolerance.relative(1e-4, root) : Tolerance.absolute(1e-4));
      }
    }
    double[] x = fractions.stream().mapToDouble(Double::doubleValue).toArray();
    series.add(Chart.Series.measured("L=%d measured".formatted(l), x, mean));
    series.add(curve(l, limit, x[0], Math.max(1, x[x.length - 1])));
  }

  private static Chart.Series curve(int l, double limit, double from, double to) {
    int n = 200;
    double[] x = new double[n];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = from + (to - from) * i / (n - 1);
      y[i] = Plateau.root(1, x[i] * limit, l);
    }
    return Chart.Series.theory("L=%d largest root".formatted(l), x, y);
  }
}
