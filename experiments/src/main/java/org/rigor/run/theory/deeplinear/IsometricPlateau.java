// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.List;
import org.rigor.linalg.Matrix;
import org.rigor.linalg.SpectralNorm;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/** B4: the limit of gradient descent with weight decay when A preserves lengths, a closed form. */
@Doc("Regression error and singular values at the end of training beside their closed form.")
@TypeName("deep-linear-plateau")
public record IsometricPlateau(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Hidden width.") @Range(min = 1, max = 8192) @Default("90") int width,
    @Doc("Numbers of layers.") @Range(min = 2, max = 20) @Length(min = 1) @Default("[2, 3, 4, 5]")
        List<Integer> layers,
    @Doc("Condition numbers of the signals.")
        @Range(min = 1, max = 100)
        @Length(min = 1)
        @Default("[1, 2, 3]")
        List<Double> kappas,
    @Doc("Weight decay over smin(X)^2 / m.") @Range(min = 1e-6, max = 1) @Default("0.03")
        double gamma,
    @Doc("Steps, in units of 1 / (eta lambda).") @Range(min = 1, max = 1000) @Default("11")
        double decays)
    implements Law {
  @Override
  public String id() {
    return "deep-linear/B4";
  }

  @Override
  public String source() {
    return "derived, for the set-up of Laus et al. 2025 with an isometry on the signals:"
        + " sigma_i^2 (1 - w) w^(1 - 2/L) = lambda_eff";
  }

  @Override
  public String says() {
    return "Where the forward map keeps lengths, training with weight decay ends at a regression"
        + " error and at singular values known in closed form.";
  }

  @Override
  public void measure(Lab lab) {
    for (int l : layers) {
      for (double kappa : kappas) {
        lab.phase("L=%d, kappa=%s".formatted(l, kappa));
        plateau(lab, l, kappa);
      }
    }
  }

  private void plateau(Lab lab, int l, double kappa) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, kappa, true);
    Scale scale = Scale.of(p, Convention.NTK, width, l);
    double lambda = scale.decay(gamma);
    double effective = scale.effective(gamma);
    long steps = (long) Math.ceil(decays / (scale.rate() * lambda));
    try (Descent gd =
        new Descent(
            lab.device(),
            Convention.NTK,
            scale.net(),
            List.of(Descent.Arm.of(p, lab.seed(), scale.rate(), lambda)))) {
      gd.run(lab, steps);
      Matrix e = gd.maps().get(0);
      double[] spectrum = p.signalSpectrum();
      List<Double> roots = new ArrayList<>();
      double error = 0;
      for (double sigma : spectrum) {
        double w = Plateau.root(sigma * sigma, effective, l);
        roots.add(w);
        error += sigma * sigma * (1 - w) * (1 - w);
      }
      String row = "L=%d, kappa=%s".formatted(l, kappa);
      lab.report(
          row + ": stationarity residual", Plateau.kkt(e, p.x(), p.y(), p.s(), effective, l));
      lab.compare(
          row + ": |E Y - X|_F^2",
          "sum sigma_i^2 (1 - w_i)^2",
          error,
          e.times(p.y()).minus(p.x()).squares(),
          Tolerance.relative(1e-8, error));
      double[] found = SpectralNorm.singularValues(e.data(), e.rows(), e.cols());
      double worst = 0;
      for (int i = 0; i < spectrum.length; i++) {
        worst = Math.max(worst, Math.abs(found[i] - roots.get(i)));
      }
      lab.compare(
          row + ": largest error of a singular value",
          "w_i, the largest root",
          0,
          worst,
          Tolerance.absolute(1e-8));
    }
  }
}
