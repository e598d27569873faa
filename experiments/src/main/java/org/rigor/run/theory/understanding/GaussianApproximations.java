// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.List;
import java.util.Map;
import org.rigor.nn.TrialKey;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.uncertainty.Descent;
import org.rigor.uncertainty.Laplace;
import org.rigor.uncertainty.MeanField;

/**
 * Approximations of a normal posterior N(m, Lam^-1): mean field finds the mean and the variances 1
 * / Lam_ii, never above the true ones, at a divergence of {@code 1/2 (sum log Lam_ii - log det
 * Lam)}; Laplace is exact.
 */
@Doc("Mean-field variational inference and Laplace's approximation on a normal posterior.")
public record GaussianApproximations(
    @Doc("Eigenvalues of the posterior's precision, ascending.")
        @Default("[1, 1.5, 2, 3, 4]")
        @Length(min = 2, max = 500)
        @Range(min = 0, minOpen = true)
        List<Double> eigenvalues,
    @Doc("Steps of gradient descent.") @Default("800") @Range(min = 1) int steps)
    implements Law {

  @Override
  public String id() {
    return "rigorous-understanding/A7";
  }

  @Override
  public String source() {
    return "Bishop 2006, section 10.1.2 (mean field); MacKay 1992 (Laplace)";
  }

  @Override
  public String says() {
    return "On a normal posterior mean field has the right mean and variances 1 / Lam_ii, too small"
        + " unless Lam is diagonal; Laplace's approximation is exact.";
  }

  @Override
  public void measure(Lab lab) {
    double[] l = eigenvalues.stream().mapToDouble(Double::doubleValue).toArray();
    int p = l.length;
    LocationPosterior target = LocationPosterior.random(l, 10, lab.seed());
    List<TrialKey> key = List.of(TrialKey.of(lab.seed(), id()));
    Map<String, HostTensor> start = Map.of("w", HostTensor.of(Shape.of(1, 1, p), new double[p]));
    Descent descent =
        new Descent(
            new Optimiser.Sgd(false),
            0.4 / l[p - 1],
            new Schedule.Constant(),
            steps,
            Map.of("momentum", 0.5));
    lab.phase("mean field");
    MeanField.Fit q = new MeanField(0, 0, 0.3, descent).fit(lab.device(), target, key, start);
    double[] mean = q.mean().get("w").doubles();
    double[] log = q.logDeviation().get("w").doubles();
    double off = 0;
    double divergence = 0; // of q from the posterior, from what was found
    double formula = 0;
    int above = 0;
    for (int i = 0; i < p; i++) {
      off = Math.max(off, Math.abs(mean[i] - target.mean()[i]));
      double own = target.entry(i, i, x -> x);
      double found = Math.exp(2 * log[i]);
      lab.compare(
          "mean field, variance " + i,
          "1 / Lam_ii",
          1 / own,
          found,
          Tolerance.relative(1e-8, 1 / own));
      above += found > target.entry(i, i, x -> 1 / x) * (1 + 1e-12) ? 1 : 0;
      divergence += 0.5 * (own * found - 1 - 2 * log[i] - Math.log(l[i]));
      formula += 0.5 * (Math.log(own) - Math.log(l[i]));
    }
    lab.compare("mean field, largest error of the mean", "0", 0, off, Tolerance.absolute(1e-8));
    lab.compare(
        "mean field, divergence from the posterior",
        "(sum log Lam_ii - log det Lam) / 2",
        formula,
        divergence,
        Tolerance.absolute(1e-8));
    lab.compare("mean field, variances above the true ones", "0", 0, above, Tolerance.absolute(0));

    lab.phase("Laplace");
    Map<String, HostTensor> mode = Laplace.mode(lab.device(), target, key, start, descent);
    Laplace.Fit fit = new Laplace(Laplace.Matrix.HESSIAN).fit(lab.device(), target, mode);
    double logDeterminant = eigenvalues.stream().mapToDouble(Math::log).sum();
    lab.compare(
        "Laplace, log determinant",
        "sum log l",
        logDeterminant,
        fit.logDeterminant(0),
        Tolerance.absolute(1e-10));
    double worst = 0;
    double[] factor = fit.factor().doubles();
    for (int i = 0; i < p; i++) {
      worst = Math.max(worst, Math.abs(mode.get("w").get(i) - target.mean()[i]));
      double sum = 0;
      for (int k = 0; k < p; k++) {
        sum += factor[i * p + k] * factor[i * p + k];
      }
      double own = target.entry(i, i, x -> x);
      lab.compare("Laplace, precision " + i, "Lam_ii", own, sum, Tolerance.relative(1e-10, own));
    }
    lab.compare("Laplace, largest error of the mean", "0", 0, worst, Tolerance.absolute(1e-8));
    attained(lab);
  }

  /** Compares both with the posterior of a diagonal precision, where nothing is lost. */
  private void attained(Lab lab) {
    double[] l = eigenvalues.stream().mapToDouble(Double::doubleValue).toArray();
    int p = l.length;
    double[] unit = new double[p * p];
    for (int i = 0; i < p; i++) {
      unit[i * p + i] = 1;
    }
    LocationPosterior target = new LocationPosterior(l, unit, new double[p]);
    Descent descent =
        new Descent(
            new Optimiser.Sgd(false),
            0.4 / l[p - 1],
            new Schedule.Constant(),
            steps,
            Map.of("momentum", 0.5));
    double[] log =
        new MeanField(0, 0, 0.3, descent)
            .fit(
                lab.device(),
                target,
                List.of(TrialKey.of(lab.seed(), id())),
                Map.of("w", HostTensor.of(Shape.of(1, 1, p), new double[p])))
            .logDeviation()
            .get("w")
            .doubles();
    lab.compare(
        "mean field, diagonal precision, first variance",
        "(Lam^-1)_ii, attained",
        1 / l[0],
        Math.exp(2 * log[0]),
        Tolerance.relative(1e-8, 1 / l[0]));
  }
}
