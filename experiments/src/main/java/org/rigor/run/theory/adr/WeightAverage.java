// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.train.Averaging;
import org.rigor.train.ModelSetup;
import org.rigor.train.PgdTraining;
import org.rigor.train.Trainer;

/** The moving average kept along an adversarial training, beside its closed-form sum. */
@Doc("The moving average of the weights is its geometric sum.")
public record WeightAverage(
    @Doc("Steps of the training.") @Default("60") @Range(min = 2, max = 10_000) int steps)
    implements Law {
  private static final double[] DECAYS = {0.5, 0.9, 0.995};

  @Override
  public String id() {
    return "adr/B3";
  }

  @Override
  public String source() {
    return "Wu et al. 2024, step 7: theta_t = gamma theta_t + (1 - gamma) theta_s";
  }

  @Override
  public String says() {
    return "The average after S steps is gamma^S w_0 + (1 - gamma) sum_k gamma^k w_(S-k).";
  }

  @Override
  public void measure(Lab lab) {
    Runs.TwoDigits data = Runs.TwoDigits.load();
    List<ModelSetup> models = new ArrayList<>();
    for (double decay : DECAYS) {
      models.add(Runs.model(lab.seed(), steps, 0.5, 0.05, Map.of("ema-decay", decay)));
    }
    List<HostTensor> iterates = new ArrayList<>();
    HostTensor average;
    try (Trainer t =
        new Trainer(
            lab.device(),
            Runs.setup(
                Runs.linear(Runs.TwoDigits.PIXELS, 2),
                data.size(),
                new PgdTraining(Norm.LINF, 3, true),
                Averaging.EMA,
                Optional.empty()),
            models,
            data.x(),
            data.y())) {
      iterates.add(t.parameters().get("0.weight"));
      for (int s = 0; s < steps; s++) {
        t.epoch();
        iterates.add(t.parameters().get("0.weight"));
      }
      average = t.averages().get("0.weight");
    }
    int n = Math.toIntExact(average.shape().size() / DECAYS.length);
    for (int m = 0; m < DECAYS.length; m++) {
      double largest = 0;
      double predicted = 0;
      double measured = 0;
      for (int i = m * n; i < (m + 1) * n; i++) {
        double sum = Math.pow(DECAYS[m], steps) * iterates.get(0).get(i);
        for (int k = 0; k < steps; k++) {
          sum += (1 - DECAYS[m]) * Math.pow(DECAYS[m], k) * iterates.get(steps - k).get(i);
        }
        largest = Math.max(largest, Math.abs(sum - average.get(i)));
        predicted += sum * sum;
        measured += average.get(i) * average.get(i);
      }
      String gamma = "gamma = " + DECAYS[m];
      lab.compare(
          "squared length, " + gamma,
          "closed form",
          predicted,
          measured,
          Tolerance.relative(1e-12, predicted));
      lab.compare("largest difference, " + gamma, "0", 0, largest, Tolerance.absolute(1e-12));
    }
  }
}
