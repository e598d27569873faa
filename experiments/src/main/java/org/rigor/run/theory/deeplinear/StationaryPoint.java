// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

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

/** B5: the limit of gradient descent with weight decay for any A. */
@Doc("End of training beside singular value thresholding (two layers) and stationarity (more).")
@TypeName("deep-linear-stationarity")
public record StationaryPoint(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Hidden width.") @Range(min = 1, max = 8192) @Default("90") int width,
    @Doc("Numbers of layers; 2 has a convex reference.")
        @Range(min = 2, max = 20)
        @Length(min = 1)
        @Default("[2, 3, 5]")
        List<Integer> layers,
    @Doc("Condition number of the signals.") @Range(min = 1, max = 100) @Default("2") double kappa,
    @Doc("Weight decay over smin(X)^2 / m.") @Range(min = 1e-6, max = 1) @Default("0.05")
        double gamma,
    @Doc("Steps, in units of 1 / (eta lambda).") @Range(min = 1, max = 1000) @Default("16")
        double decays)
    implements Law {
  @Override
  public String id() {
    return "deep-linear/B5";
  }

  @Override
  public String source() {
    return "derived, for the set-up of Laus et al. 2025: the least sum |W_l|_F^2 of a map E is"
        + " L c^(-2/L) sum sigma_i(E)^(2/L)";
  }

  @Override
  public String says() {
    return "Training ends at a stationary point of regression plus a Schatten quasi-norm of the"
        + " map; with two layers, at the minimiser with the nuclear norm.";
  }

  @Override
  public void measure(Lab lab) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, kappa, false);
    for (int l : layers) {
      lab.phase(l + " layers");
      end(lab, p, l);
    }
  }

  private void end(Lab lab, InverseProblem p, int l) {
    Scale scale = Scale.of(p, Convention.NTK, width, l);
    double lambda = scale.decay(gamma);
    double effective = scale.effective(gamma);
    long half = (long) Math.ceil(decays / (2 * scale.rate() * lambda));
    try (Descent gd =
        new Descent(
            lab.device(),
            Convention.NTK,
            scale.net(),
            List.of(Descent.Arm.of(p, lab.seed(), scale.rate(), lambda)))) {
      gd.run(lab, half);
      double before = Plateau.kkt(gd.maps().get(0), p.x(), p.y(), p.s(), effective, l);
      gd.run(lab, half);
      Matrix e = gd.maps().get(0);
      double after = Plateau.kkt(e, p.x(), p.y(), p.s(), effective, l);
      String row = "L=%d: ".formatted(l);
      lab.report(row + "stationarity residual at half time", before);
      lab.compare(
          row + "stationarity residual",
          "(E Y - X) Y' + lambda_eff U S^(2/L - 1) V' = 0",
          0,
          after,
          Tolerance.absolute(1e-6));
      lab.compare(
          row + "|E P_perp|_F / |E|_F",
          "E P_perp = 0",
          0,
          e.times(p.offRange()).norm() / e.norm(),
          Tolerance.absolute(1e-4));
      imbalance(lab, gd, row);
      if (l == 2) {
        convex(lab, p, e, effective);
      }
    }
  }

  /** Checks that W_{l+1}' W_{l+1} = W_l W_l' at the end, whatever it was at the start. */
  private static void imbalance(Lab lab, Descent gd, String row) {
    double worst = 0;
    double largest = 0;
    for (int l = 1; l < gd.net().layers(); l++) {
      Matrix low = gd.weights(l).get(0);
      Matrix high = gd.weights(l + 1).get(0);
      Matrix left = high.transpose().times(high);
      worst = Math.max(worst, left.minus(low.times(low.transpose())).norm());
      largest = Math.max(largest, left.norm());
    }
    lab.compare(
        row + "imbalance of neighbouring layers",
        "W_(l+1)' W_(l+1) = W_l W_l'",
        0,
        worst / largest,
        Tolerance.absolute(1e-4));
  }

  private static void convex(Lab lab, InverseProblem p, Matrix e, double effective) {
    Matrix reference = Plateau.nuclear(p.x(), p.y(), p.range(), effective);
    lab.compare(
        "L=2: loss at the end",
        "min |E Y - X|^2 / 2 + lambda_eff |E|_*, by singular value thresholding",
        objective(reference, p, effective),
        objective(e, p, effective),
        Tolerance.relative(1e-6, objective(reference, p, effective)));
    lab.compare(
        "L=2: |E - E*| / |E*|",
        "E* = argmin |E Y - X|^2 / 2 + lambda_eff |E|_*",
        0,
        e.times(p.range()).minus(reference.times(p.range())).norm() / reference.norm(),
        Tolerance.absolute(1e-8));
  }

  private static double objective(Matrix e, InverseProblem p, double effective) {
    double nuclear = 0;
    for (double v : SpectralNorm.singularValues(e.data(), e.rows(), e.cols())) {
      nuclear += v;
    }
    return 0.5 * e.times(p.y()).minus(p.x()).squares() + effective * nuclear;
  }
}
