// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** What a row may have of its own: the scale of its start, and the epoch at which it ends. */
class RowsOfTheirOwnTest {
  private static final int N = MethodSamples.N;

  private static ModelSetup model(long seed, double scale) {
    return new ModelSetup(
        TrialKey.of(seed, "train"),
        5,
        0.1,
        new Schedule.Constant(),
        0,
        0,
        0,
        Map.of(),
        Map.of(TrainingSetup.INITIAL_SCALE, scale));
  }

  private static Trainer trainer(Device device, Method method, List<ModelSetup> models) {
    TrainingSetup setup =
        new TrainingSetup(
            MethodSamples.NET,
            DType.F64,
            N,
            N,
            new Optimiser.Sgd(false),
            method,
            Optional.empty(),
            Averaging.NONE,
            Optional.empty(),
            org.rigor.nn.Pass.Statistics.RUNNING,
            Box.NONE);
    double[] x = new double[N * 4];
    int[] y = new int[N];
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.sin(1.3 * i);
      y[i / 4] = i / 4 % 3;
    }
    return new Trainer(
        device, setup, models, HostTensor.of(Shape.of(N, 4), x), HostTensor.of(Shape.of(N), y));
  }

  private static double[] row(HostTensor t, int m) {
    int n = (int) (t.shape().size() / t.shape().models());
    return java.util.Arrays.copyOfRange(t.toDouble().doubles(), m * n, (m + 1) * n);
  }

  @Test
  void aScaleMultipliesTheDrawnStartOfItsRowAlone() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            trainer(
                device, new StandardTraining(), List.of(model(1, 1), model(1, 1.1), model(2, 1)))) {
      t.parameters()
          .forEach(
              (name, v) -> {
                double[] plain = row(v, 0);
                double[] scaled = row(v, 1);
                for (int i = 0; i < plain.length; i++) {
                  assertThat(scaled[i]).isCloseTo(1.1 * plain[i], within(1e-15));
                }
                HostTensor other =
                    MethodSamples.NET.initial(List.of(TrialKey.of(2, "train"))).get(name);
                assertThat(row(v, 2)).isEqualTo(row(other, 0));
              });
    }
  }

  @Test
  void aStoppedRowKeepsEverythingAlsoThroughAResume() {
    List<ModelSetup> models = List.of(model(1, 1), model(2, 1));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = trainer(device, new StandardTraining(), models);
        Trainer whole = trainer(device, new StandardTraining(), models);
        Trainer resumed = trainer(device, new StandardTraining(), models)) {
      t.epoch();
      whole.epoch();
      t.stop(0);
      Map<String, HostTensor> then = t.state();
      resumed.restore(then);
      for (int e = 0; e < 3; e++) {
        t.epoch();
        resumed.epoch();
        whole.epoch();
      }
      for (Trainer stopped : List.of(t, resumed)) {
        stopped
            .parameters()
            .forEach(
                (name, v) -> {
                  assertThat(row(v, 0)).isEqualTo(row(then.get("param/" + name), 0));
                  assertThat(row(v, 1)).isEqualTo(row(whole.parameters().get(name), 1));
                });
        assertThat(stopped.state().get("count/epoch").ints()).containsExactly(1, 4);
      }
    }
  }

  /** One full step on a linear end: the loss is the mean over samples and outputs of (z - t)^2. */
  @Test
  void theSquaredErrorIsThatOfOneHotLabels() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = trainer(device, new SquaredErrorTraining(), List.of(model(1, 0)))) {
      t.epoch(); // a start of 0 gives outputs of 0: one of three labels is missed by 1
      assertThat(t.loss()[0]).isCloseTo(1.0 / 3, within(1e-15));
      // gradient by the last bias: mean of 2 (0 - t) / 3 = -2/3 share of the class
      double[] bias =
          t.parameters()
              .get(t.parameters().keySet().stream().reduce((a, b) -> b).orElseThrow())
              .doubles();
      assertThat(bias[0]).isCloseTo(0.1 * 2.0 / 3 * 8 / 22, within(1e-15));
    }
  }
}
