// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rigor.attack.FixedAttack;
import org.rigor.attack.Pgd;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Pass;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** Accuracy on other samples while networks train. */
class ValidationTest {
  private static final HostTensor X = MethodSamples.inputs();

  private static TrainingSetup setup(int batch, Optional<Awp> awp, Averaging keeps) {
    return new TrainingSetup(
        MethodSamples.NET,
        DType.F64,
        MethodSamples.N,
        batch,
        new Optimiser.Sgd(false),
        new PgdTraining(Norm.LINF, 2, true),
        awp,
        keeps,
        Optional.empty(),
        Pass.Statistics.RUNNING,
        Box.UNIT);
  }

  private static ModelSetup model(long seed, int epochs, double rate, Map<String, Double> numbers) {
    TrialKey key = TrialKey.of(seed, "train");
    return new ModelSetup(
        key, epochs, rate, new Schedule.Constant(), 0.1, 0.5, 0, Map.of(), numbers);
  }

  private static Trainer trainer(Device device, TrainingSetup setup, ModelSetup... models) {
    return new Trainer(device, setup, List.of(models), X, MethodSamples.labels());
  }

  /** Chunks that do not divide the samples; a radius that fools everyone; averages. */
  @Test
  void validationCountsWhatIsRight() {
    HostTensor y = halves();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(
                device,
                setup(5, Optional.empty(), Averaging.EMA),
                List.of(model(1, 80, 1, Map.of()), model(2, 80, 1, Map.of())),
                X,
                y)) {
      Validation clean = t.validation(false, X, y, 7, Optional.empty());
      Validation whole = t.validation(false, X, y, 100, Optional.empty());
      Validation averaged = t.validation(true, X, y, 7, Optional.empty());
      FixedAttack pgd =
          new FixedAttack(new Pgd(20, 0.2, true), new Threat(Norm.LINF, Box.UNIT), 0.3);
      Validation attacked = t.validation(false, X, y, 7, Optional.of(pgd));
      double[] untrained = averaged.accuracy();
      for (int e = 0; e < 80; e++) {
        t.epoch();
      }
      double[] accuracy = clean.accuracy();
      assertThat(accuracy).isEqualTo(whole.accuracy()).isEqualTo(clean.accuracy());
      assertThat(averaged.accuracy()).isNotEqualTo(untrained);
      double[][] z;
      try (Models networks = t.models()) {
        z =
            AttackedOutputs.of(
                    networks,
                    List.of(TrialKey.of(1, "train"), TrialKey.of(2, "train")),
                    X.toDouble(),
                    y,
                    7,
                    Optional.of(pgd))
                .logits();
      }
      double[] robust = attacked.accuracy();
      assertThat(robust).isEqualTo(attacked.accuracy());
      for (int m = 0; m < 2; m++) {
        assertThat(accuracy[m]).isEqualTo(right(t.parameters(), y, m));
        assertThat(robust[m]).isLessThan(accuracy[m]);
        double right = 0;
        for (int i = 0; i < MethodSamples.N; i++) {
          right += best(java.util.Arrays.copyOfRange(z[m], 3 * i, 3 * i + 3)) == y.get(i) ? 1 : 0;
        }
        assertThat(right / MethodSamples.N).isEqualTo(robust[m]);
      }
    }
  }

  @Test
  void aNetworkWithoutNumbersIsNeverRight() {
    HostTensor zeros = HostTensor.of(Shape.of(MethodSamples.N), new int[MethodSamples.N]);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            trainer(
                device,
                setup(5, Optional.empty(), Averaging.NONE),
                model(1, 1, 0.1, Map.of()),
                model(2, 1, 0.1, Map.of()))) {
      Validation v = t.validation(false, X, zeros, 7, Optional.empty());
      Map<String, HostTensor> state = new LinkedHashMap<>(t.state());
      for (String name : List.of("param/0.weight", "param/2.weight", "param/2.bias")) {
        double[] w = new double[Math.toIntExact(state.get(name).shape().size())];
        // The second model says class 0.
        java.util.Arrays.fill(w, 0, w.length / 2, Double.NaN);
        w[w.length / 2] = name.endsWith("bias") ? 1 : 0;
        state.put(name, HostTensor.of(state.get(name).shape(), w));
      }
      t.restore(state);
      assertThat(v.accuracy()).containsExactly(0, 1);
    }
  }

  /** Labels by the first feature. */
  private static HostTensor halves() {
    int[] y = new int[MethodSamples.N];
    for (int i = 0; i < y.length; i++) {
      y[i] = X.get(4 * i) > 0.5 ? 1 : 0;
    }
    return HostTensor.of(Shape.of(y.length), y);
  }

  private static double right(Map<String, HostTensor> w, HostTensor y, int m) {
    double right = 0;
    for (int i = 0; i < MethodSamples.N; i++) {
      Map<String, HostTensor> own = new LinkedHashMap<>();
      w.forEach((name, v) -> own.put(name, MethodSamples.row(v, m)));
      right += best(ObjectivesTest.logits(own, X.toDouble(), i)) == y.get(i) ? 1 : 0;
    }
    return right / MethodSamples.N;
  }

  private static int best(double[] z) {
    int best = 0;
    for (int k = 1; k < z.length; k++) {
      best = z[k] > z[best] ? k : best;
    }
    return best;
  }
}
