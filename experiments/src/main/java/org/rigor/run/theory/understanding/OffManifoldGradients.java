// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.nn.Dense;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.uncertainty.Laplace;
import org.rigor.uncertainty.Likelihood;
import org.rigor.uncertainty.NetworkPosterior;

/**
 * Data in a subspace S, isotropic prior of the first layer. Reflecting the part of the first-layer
 * weights orthogonal to S leaves prior and likelihood as they are, so the posterior mean has no
 * gradient off S, at any width and any amount of data; single draws have one. The mean of M draws
 * keeps 1 / sqrt(M) of it: for a linear model exactly {@code tau sqrt((d - s) / M)}, and for a ReLU
 * network the squared gradient of a draw off S has the mean {@code (d - s) tau^2 sum_h a_h^2 1{h
 * active}}. S is spanned by the first s axes.
 */
@Doc("A Bayesian network's mean has no gradient off the data's subspace; each draw has one.")
public record OffManifoldGradients(
    @Doc("Inputs d of the linear model.") @Default("100") @Range(min = 3, max = 5000) int inputs,
    @Doc("Dimension s of its data's subspace.") @Default("5") @Range(min = 1) int subspace,
    @Doc("Draws of the linear model's posterior, a multiple of 256.")
        @Default("25600")
        @Range(min = 256)
        int draws,
    @Doc("Hidden units of the ReLU network of 4 inputs, 2 of them in S.")
        @Default("8")
        @Range(min = 1, max = 5000)
        int width,
    @Doc("Its training samples.") @Default("12") @Range(min = 1) int samples,
    @Doc("Its HMC chains.") @Default("700") @Range(min = 4) int chains,
    @Doc("States kept of a chain, at least 4.") @Default("60") @Range(min = 4) int keep)
    implements Law {
  @Override
  public String id() {
    return "rigorous-understanding/A8";
  }

  @Override
  public String source() {
    return "reflection symmetry of the posterior; for the limit of many data Carbone et al. 2020";
  }

  @Override
  public String says() {
    return "Where data lie in a subspace, the gradient of a Bayesian network's mean vanishes off it,"
        + " and the mean of M draws keeps 1 / sqrt(M) of a draw's gradient.";
  }

  @Override
  public void measure(Lab lab) {
    lab.phase("linear model");
    linear(lab);
    lab.checkpoint();
    lab.phase("ReLU network, HMC");
    new OffManifoldNetwork(width, samples, chains, keep).measure(lab, id());
  }

  /** y = x.w + noise 0.1, w ~ N(0, tau^2 I), tau = 1. Its posterior is Laplace's approximation. */
  private void linear(Lab lab) {
    int n = 2 * subspace;
    Sequential net = new Sequential(Shape.of(inputs), List.of(new Dense(1)));
    NetworkPosterior target =
        posterior(net, n, subspace, lab.seed(), Map.of("0.weight", 1.0, "0.bias", 1.0), 0.1);
    List<TrialKey> key = List.of(TrialKey.of(lab.seed(), id()));
    Map<String, HostTensor> start = new LinkedHashMap<>();
    target.parameters().forEach((k, s) -> start.put(k, zeros(s.insert(0, 1))));
    // A normal posterior: its precision does not depend on the point, and one Newton step is exact.
    Laplace.Fit fit = new Laplace(Laplace.Matrix.HESSIAN).fit(lab.device(), target, start);
    double[] w = fit.draws(lab.device(), key, 0, draws).get("0.weight").doubles();
    int[] counts = {1, 4, 16, 64, 256};
    double[] x = new double[counts.length];
    double[] law = new double[counts.length];
    double[] found = new double[counts.length];
    double[] twice = new double[counts.length];
    for (int i = 0; i < counts.length; i++) {
      int m = counts[i];
      int groups = draws / m;
      double square = 0;
      for (int g = 0; g < groups; g++) {
        for (int k = subspace; k < inputs; k++) {
          double sum = 0;
          for (int j = g * m; j < (g + 1) * m; j++) {
            sum += w[j * inputs + k];
          }
          square += sum / m * (sum / m);
        }
      }
      double error = 1 / Math.sqrt(2.0 * groups * (inputs - subspace));
      x[i] = m;
      law[i] = Math.sqrt((double) (inputs - subspace) / m);
      found[i] = Math.sqrt(square / groups);
      twice[i] = 2 * error * law[i];
      lab.compare(
          "linear, gradient off S of the mean of " + m + " draws, root mean square",
          "tau sqrt((d - s) / M)",
          law[i],
          found[i],
          Tolerance.errors(4, error * law[i]));
    }
    lab.chart(
        new Chart(
            "off-manifold",
            "Gradient off the data's subspace, linear model, d = " + inputs + ", s = " + subspace,
            "draws M in the mean",
            "root mean square of the gradient",
            true,
            true,
            List.of(
                Chart.Series.theory("tau sqrt((d - s) / M)", x, law),
                Chart.Series.measured("mean of M posterior draws, 2 s.e.", x, found, twice))));
  }

  static HostTensor zeros(Shape shape) {
    return HostTensor.zeros(new TensorType(DType.F64, shape));
  }

  /** Normal inputs in the first {@code within} axes, normal targets. */
  static NetworkPosterior posterior(
      Network net, int n, int within, long seed, Map<String, Double> priors, double noise) {
    int d = (int) net.input().size();
    Draws draw = new Draws(seed, 0x4F4646, 0);
    double[] x = new double[n * d];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < within; k++) {
        x[i * d + k] = draw.normal();
      }
      y[i] = draw.normal();
    }
    return new NetworkPosterior(
        net,
        HostTensor.of(Shape.of(n, d), x),
        HostTensor.of(Shape.of(n, 1), y),
        new Likelihood.Normal(noise),
        priors,
        1);
  }
}
