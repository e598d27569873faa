// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import java.util.List;
import java.util.Map;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.threat.Norm;
import org.rigor.train.Adr;

/**
 * Temperature and interpolation at the quarters of the published CIFAR-10 training: half a cosine
 * over all steps, not over epochs.
 */
@Doc("ADR's temperature falls and its interpolation rises along half a cosine.")
public record AnnealingSchedule(
    @Doc("Steps of the training, a multiple of 4; 200 epochs of 390 batches in the paper.")
        @Default("78000")
        @Range(min = 400)
        int steps)
    implements Law {
  /** (1 + cos(pi s / S)) / 2 at the quarters, without the engine's cosine. */
  private static final double[] QUARTERS = {
    1, (2 + Math.sqrt(2)) / 4, 0.5, (2 - Math.sqrt(2)) / 4, 0
  };

  @Override
  public String id() {
    return "adr/B2";
  }

  @Override
  public String source() {
    return "Wu et al. 2024, algorithm 1 and its configuration for CIFAR-10";
  }

  @Override
  public String says() {
    return "tau: 2.5, 2.427, 2.25, 2.073, 2; lambda: 0.7, 0.737, 0.825, 0.913, 0.95.";
  }

  @Override
  public void measure(Lab lab) {
    Adr adr = new Adr(Norm.LINF, 10, Adr.Base.PGD);
    Map<String, Double> usual = adr.numbers();
    double[] at = new double[QUARTERS.length];
    double[] tau = new double[QUARTERS.length];
    double[] lambda = new double[QUARTERS.length];
    for (int q = 0; q < QUARTERS.length; q++) {
      // The end itself comes after the last step.
      int step = q == 4 ? steps - 1 : q * steps / 4;
      at[q] = q / 4.0;
      tau[q] = adr.tables().get("temperature").at(usual, step, steps);
      lambda[q] = adr.tables().get("lambda").at(usual, step, steps);
      double cosine = QUARTERS[q];
      lab.compare(
          "tau at %d/4".formatted(q),
          "2 + (2.5 - 2) cos_s",
          2 + 0.5 * cosine,
          tau[q],
          Tolerance.absolute(1e-4 / (steps / 400)));
      lab.compare(
          "lambda at %d/4".formatted(q),
          "0.95 + (0.7 - 0.95) cos_s",
          0.95 - 0.25 * cosine,
          lambda[q],
          Tolerance.absolute(1e-4 / (steps / 400)));
    }
    double[] x = new double[101];
    double[] y = new double[101];
    for (int i = 0; i < x.length; i++) {
      x[i] = i / 100.0;
      y[i] = 2.25 + 0.25 * Math.cos(Math.PI * x[i]);
    }
    lab.chart(
        new Chart(
            "annealing",
            "Temperature of the teacher along the training",
            "share of the steps",
            "temperature",
            false,
            false,
            List.of(
                Chart.Series.theory("half a cosine", x, y),
                Chart.Series.measured("the engine's table", at, tau))));
  }
}
