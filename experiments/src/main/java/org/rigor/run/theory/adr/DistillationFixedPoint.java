// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.train.Adr;
import org.rigor.train.Averaging;
import org.rigor.train.ModelSetup;
import org.rigor.train.Trainer;

/**
 * The fixed point of ADR on data that a network can fit: a confidence far below one, however well
 * the data separate. The set-up has one sample per class, a linear network on unit vectors (a table
 * of logits), its moving average as the teacher, and constant temperature and interpolation.
 */
@Doc("Where training on ADR's targets comes to rest: a confidence well below one.")
public record DistillationFixedPoint(
    @Doc("Steps of the training.") @Default("1500") @Range(min = 100, max = 100_000) int steps)
    implements Law {
  /** Classes, temperature, lambda. */
  private static final double[][] SETTINGS = {
    {10, 2.5, 0.7},
    {10, 2.0, 0.95},
    {10, 1.5, 0.85},
    {10, 1.2, 0.8},
    {100, 1.5, 0.7},
    {200, 1.5, 0.9}
  };

  private static final int SAMPLES = 4;

  @Override
  public String id() {
    return "adr/B4";
  }

  @Override
  public String source() {
    return "derived from Wu et al. 2024, equations 3-5: q = lambda softmax(log q / tau)"
        + " + (1 - lambda) e_y";
  }

  @Override
  public String says() {
    return "A network that fits its targets ends at the fixed point of distilling itself.";
  }

  @Override
  public void measure(Lab lab) {
    double[] tau = {1.1, 1.25, 1.5, 2, 2.5, 3};
    double[] found = new double[tau.length];
    double[] theory = new double[tau.length];
    for (double[] s : SETTINGS) {
      double wanted = confidence((int) s[0], s[1], s[2]);
      double q = trained(lab, (int) s[0], new double[] {s[1]}, s[2])[0];
      lab.compare(
          "K = %.0f, tau = %s, lambda = %s".formatted(s[0], s[1], s[2]),
          "q = lambda softmax(log q / tau) + (1 - lambda) e_y",
          wanted,
          q,
          Tolerance.absolute(1e-4));
      lab.checkpoint();
    }
    double[] q = trained(lab, 10, tau, 0.8);
    for (int i = 0; i < tau.length; i++) {
      found[i] = q[i];
      theory[i] = confidence(10, tau[i], 0.8);
    }
    lab.chart(
        new Chart(
            "fixed-point",
            "Confidence at which ADR comes to rest, 10 classes, lambda 0.8",
            "temperature",
            "probability of the label",
            false,
            false,
            List.of(
                Chart.Series.theory("fixed point", tau, theory),
                Chart.Series.measured("trained table", tau, found))));
  }

  /** Returns the label's probability at the fixed point; the others are equal. */
  private static double confidence(int k, double tau, double lambda) {
    double q = 1.0 / k;
    for (int i = 0; i < 100_000; i++) {
      double right = Math.pow(q, 1 / tau);
      double other = Math.pow((1 - q) / (k - 1), 1 / tau);
      q = lambda * right / (right + (k - 1) * other) + 1 - lambda;
    }
    return q;
  }

  /** Returns the mean probability of the labels after training, for each temperature. */
  private double[] trained(Lab lab, int k, double[] tau, double lambda) {
    double[] unit = new double[SAMPLES * SAMPLES];
    int[] label = new int[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      unit[i * SAMPLES + i] = 1;
      label[i] = i;
    }
    List<ModelSetup> models = new ArrayList<>();
    for (double t : tau) {
      Map<String, Double> numbers =
          Map.of(
              "temperature-high", t,
              "temperature-low", t,
              "lambda-low", lambda,
              "lambda-high", lambda,
              "ema-decay", 0.9);
      models.add(Runs.model(lab.seed(), steps, 2.0 * SAMPLES, 0, numbers));
    }
    Map<String, HostTensor> params;
    try (Trainer t =
        new Trainer(
            lab.device(),
            Runs.setup(
                Runs.linear(SAMPLES, k),
                SAMPLES,
                new Adr(Norm.LINF, 1, Adr.Base.PGD),
                Averaging.EMA,
                Optional.empty()),
            models,
            HostTensor.of(Shape.of(SAMPLES, SAMPLES), unit),
            HostTensor.of(Shape.of(SAMPLES), label))) {
      for (int s = 0; s < steps; s++) {
        t.epoch();
      }
      params = t.parameters();
    }
    double[] mean = new double[tau.length];
    for (int m = 0; m < tau.length; m++) {
      for (int i = 0; i < SAMPLES; i++) {
        mean[m] += probability(params, m, k, i) / SAMPLES;
      }
    }
    return mean;
  }

  private static double probability(Map<String, HostTensor> params, int m, int k, int sample) {
    double sum = 0;
    double right = 0;
    for (int j = 0; j < k; j++) {
      double z =
          params.get("0.weight").get((m * SAMPLES + sample) * k + j)
              + params.get("0.bias").get(m * k + j);
      sum += Math.exp(z);
      right = j == sample ? Math.exp(z) : right;
    }
    return right / sum;
  }
}
