// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.rigor.nn.TrialKey;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.uncertainty.Chains;
import org.rigor.uncertainty.Hmc;
import org.rigor.uncertainty.Mixing;
import org.rigor.uncertainty.Sgld;

/**
 * Samplers on a normal posterior, where their bias has a closed form along each eigenvector (l its
 * eigenvalue, c the variance of the batch's gradient there): SGLD with the full gradient {@code 1 /
 * (l (1 - h l / 2))}, with batches {@code (2 + h c) / (2 l - h l^2)}, leapfrog without the
 * Metropolis test {@code 1 / (l (1 - e^2 l / 4))}, HMC {@code 1 / l}. SGLD's path along an
 * eigenvector is an AR(1) with coefficient {@code 1 - h l}, which gives its effective sample size.
 */
@Doc("Stationary variances of SGLD, leapfrog and HMC on a normal posterior, bias included.")
public record GaussianSamplers(
    @Doc("Eigenvalues of the posterior's precision, ascending.")
        @Default("[1, 1.5, 2, 3, 4]")
        @Length(min = 2, max = 500)
        @Range(min = 0, minOpen = true)
        List<Double> eigenvalues,
    @Doc("Chains, rows of the model axis.") @Default("1000") @Range(min = 10) int chains,
    @Doc("States kept of a chain, far apart.") @Default("40") @Range(min = 1) int keep,
    @Doc("Step h of SGLD times the largest eigenvalue, below 2.")
        @Default("0.5")
        @Range(min = 0, max = 2, minOpen = true, maxOpen = true)
        double langevin,
    @Doc("Step e of leapfrog times the root of the largest eigenvalue, below 2.")
        @Default("1")
        @Range(min = 0, max = 2, minOpen = true, maxOpen = true)
        double leapfrog,
    @Doc("Samples of the data.") @Default("50") @Range(min = 2) int samples,
    @Doc("Samples of a batch.") @Default("5") @Range(min = 1) int batch)
    implements Law {

  @Override
  public String id() {
    return "rigorous-understanding/A6";
  }

  @Override
  public String source() {
    return "stationary covariance of discretised Langevin and Hamiltonian dynamics";
  }

  @Override
  public String says() {
    return "On a normal posterior SGLD and unadjusted leapfrog are biased by known amounts, and HMC"
        + " is not; SGLD's effective sample size is that of an AR(1).";
  }

  @Override
  public void measure(Lab lab) {
    double[] l = eigenvalues.stream().mapToDouble(Double::doubleValue).toArray();
    LocationPosterior target = LocationPosterior.random(l, samples, lab.seed());
    double top = l[l.length - 1];
    double h = langevin / top;
    double e = leapfrog / Math.sqrt(top);
    int apart = (int) Math.ceil(4 / (h * l[0])); // correlation of squares below exp(-8)
    List<Chart.Series> series = new ArrayList<>();
    DoubleUnaryOperator langevinLaw = x -> 1 / (x * (1 - h * x / 2));
    DoubleUnaryOperator leapfrogLaw = x -> 1 / (x * (1 - e * e * x / 4));

    lab.phase("SGLD");
    Chains whole = new Sgld(h, 0).run(lab.device(), target, keys(lab), start(), apart, keep, apart);
    compare(lab, target, whole, "SGLD, whole gradient", langevinLaw, series);
    lab.checkpoint();
    Chains parts =
        new Sgld(h, batch).run(lab.device(), target, keys(lab), start(), apart, keep, apart);
    DoubleUnaryOperator noisy =
        x -> {
          int k = eigenvalues.indexOf(x);
          double c = target.gradientVariance(k, batch);
          return (2 + h * c) / (2 * x - h * x * x);
        };
    compare(lab, target, parts, "SGLD, batches of " + batch, noisy, series);
    worth(lab, target, h);

    lab.phase("HMC");
    lab.checkpoint();
    Chains bare =
        new Hmc(4, e, 0, 0, false).run(lab.device(), target, keys(lab), start(), 20, keep, 4);
    compare(lab, target, bare, "leapfrog, no test", leapfrogLaw, series);
    Chains tested =
        new Hmc(4, e, 0, 0, true).run(lab.device(), target, keys(lab), start(), 20, keep, 4);
    compare(lab, target, tested, "HMC", x -> 1 / x, series);
    lab.chart(
        new Chart(
            "sampler-variances",
            "Stationary variances of samplers on a normal posterior, bands 2 s.e.",
            "eigenvalue of the posterior's precision",
            "variance along its eigenvector",
            false,
            false,
            series));
  }

  private List<TrialKey> keys(Lab lab) {
    return IntStream.range(0, chains)
        .mapToObj(i -> TrialKey.of(lab.seed(), id() + " " + i))
        .toList();
  }

  private Map<String, HostTensor> start() {
    int p = eigenvalues.size();
    return Map.of("w", HostTensor.of(Shape.of(chains, 1, p), new double[chains * p]));
  }

  /** Compares variances along the eigenvectors over all kept states, which are independent. */
  private void compare(
      Lab lab,
      LocationPosterior target,
      Chains found,
      String what,
      DoubleUnaryOperator law,
      List<Chart.Series> series) {
    int p = eigenvalues.size();
    double[] measured = new double[p];
    double[] predicted = new double[p];
    double[] twice = new double[p];
    double share = Math.sqrt(2.0 / (chains * found.draws().size()));
    for (int k = 0; k < p; k++) {
      double[][] along = along(target, found, k);
      double sum = 0;
      for (double[] chain : along) {
        for (double v : chain) {
          sum += v * v;
        }
      }
      measured[k] = sum / (chains * along[0].length);
      predicted[k] = law.applyAsDouble(eigenvalues.get(k));
      twice[k] = 2 * share * predicted[k];
      if (k == 0 || k == p - 1) {
        lab.compare(
            what + (k == 0 ? ", smallest eigenvalue" : ", largest eigenvalue"),
            "variance along the eigenvector",
            predicted[k],
            measured[k],
            Tolerance.errors(4, share * predicted[k]));
      }
    }
    double[] x = target.eigenvalues();
    series.add(Chart.Series.theory(what + ": law", x, predicted));
    series.add(Chart.Series.measured(what, x, measured, twice));
  }

  /** Returns the deviations from the posterior's mean along eigenvector k, [chain][t]. */
  private double[][] along(LocationPosterior target, Chains found, int k) {
    int p = eigenvalues.size();
    double[] mean = target.mean();
    double[][] out = new double[found.chains()][found.draws().size()];
    for (int t = 0; t < found.draws().size(); t++) {
      double[] w = found.draws().get(t).get("w").doubles();
      for (int c = 0; c < out.length; c++) {
        for (int i = 0; i < p; i++) {
          out[c][t] += target.q()[i * p + k] * (w[c * p + i] - mean[i]);
        }
      }
    }
    return out;
  }

  /**
   * Compares the effective sample size of SGLD's path along the last eigenvector: (1 - a) / (1 + a)
   * per draw.
   */
  private void worth(Lab lab, LocationPosterior target, double h) {
    Chains path = new Sgld(h, 0).run(lab.device(), target, keys(lab), start(), 100, 1000, 1);
    int last = eigenvalues.size() - 1;
    double a = 1 - h * eigenvalues.get(last);
    double draws = (double) chains * path.draws().size();
    double predicted = (1 - a) / (1 + a);
    // The sum of autocorrelations up to lag W has a relative error of about sqrt(4 W / N).
    double error = predicted * Math.sqrt(4 * 12 / draws);
    lab.compare(
        "draws that one of SGLD is worth, largest eigenvalue",
        "(1 - a) / (1 + a), a = 1 - h l",
        predicted,
        Mixing.ess(along(target, path, last)) / draws,
        Tolerance.errors(4, error));
  }
}
