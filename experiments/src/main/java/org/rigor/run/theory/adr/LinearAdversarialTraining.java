// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

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
import org.rigor.threat.Norm;
import org.rigor.train.Averaging;
import org.rigor.train.PgdTraining;
import org.rigor.train.Trainer;

/**
 * Adversarial training of a linear classifier of two digits is training on margins less epsilon
 * times the 1-norm of the weights: the training loss follows the closed form.
 */
@Doc("Adversarial training of a linear classifier is training with an L1 penalty inside the loss.")
public record LinearAdversarialTraining(
    @Doc("Radius of the ball.") @Default("0.1") @Range(min = 0, max = 1) double epsilon,
    @Doc("Steps of the training.") @Default("100") @Range(min = 10, max = 10_000) int steps)
    implements Law {
  @Override
  public String id() {
    return "adr/B6";
  }

  @Override
  public String source() {
    return "elementary; Madry et al. 2018 with a linear model";
  }

  @Override
  public String says() {
    return "The loss is E log(1 + exp(-(y (w x + b) - epsilon ||w||_1))) at every step.";
  }

  @Override
  public void measure(Lab lab) {
    Runs.TwoDigits data = Runs.TwoDigits.load();
    double[] at = new double[steps];
    double[] loss = new double[steps];
    double[] wanted = new double[steps];
    double largest = 0;
    try (Trainer t =
        new Trainer(
            lab.device(),
            Runs.setup(
                Runs.linear(Runs.TwoDigits.PIXELS, 2),
                data.size(),
                new PgdTraining(Norm.LINF, 5, true),
                Averaging.NONE,
                Optional.empty()),
            List.of(Runs.model(lab.seed(), steps, 0.3, epsilon, Map.of())),
            data.x(),
            data.y())) {
      for (int s = 0; s < steps; s++) {
        Map<String, HostTensor> before = t.parameters();
        t.epoch();
        at[s] = s;
        loss[s] = t.loss()[0];
        for (int i = 0; i < data.size(); i++) {
          wanted[s] += Math.log1p(Math.exp(-data.margin(before, i, epsilon))) / data.size();
        }
        largest = Math.max(largest, Math.abs(loss[s] - wanted[s]));
      }
    }
    for (int s : new int[] {0, 9, steps - 1}) {
      lab.compare(
          "loss at step " + (s + 1),
          "E log(1 + exp(-(margin - epsilon ||w||_1)))",
          wanted[s],
          loss[s],
          Tolerance.relative(1e-8, wanted[s]));
    }
    lab.compare("largest difference", "0", 0, largest, Tolerance.absolute(1e-8));
    lab.chart(
        new Chart(
            "linear-training",
            "Adversarial training of a linear classifier of two digits",
            "step",
            "training loss (nats)",
            false,
            false,
            List.of(
                Chart.Series.theory("margin less epsilon ||w||_1", at, wanted),
                Chart.Series.measured("adversarial training", at, loss))));
  }
}
