// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Dense;
import org.rigor.nn.Pass;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** What running statistics learn from under the methods that pass a batch more than once. */
class MethodStatisticsTest {
  private static final double MOMENTUM = 0.1;
  private static final Sequential NET =
      new Sequential(
          Shape.of(4),
          List.of(new Dense(6), new BatchNorm(1e-5, MOMENTUM), Activation.TANH, new Dense(3)));

  private static Map<String, HostTensor> step(
      Method method, Optional<Awp> awp, Averaging keeps, double epsilon, boolean averages) {
    TrainingSetup setup =
        new TrainingSetup(
            NET,
            DType.F64,
            MethodSamples.N,
            MethodSamples.N,
            new Optimiser.Sgd(false),
            method,
            awp,
            keeps,
            Optional.empty(),
            Pass.Statistics.RUNNING,
            Box.UNIT);
    ModelSetup model =
        new ModelSetup(
            TrialKey.of(4, "train"),
            1,
            0.3,
            new Schedule.Constant(),
            epsilon,
            0.5,
            0,
            Map.of(),
            awp.isPresent() ? Map.of("awp-radius", 0.1) : Map.of());
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(
                device, setup, List.of(model), MethodSamples.inputs(), MethodSamples.labels())) {
      t.epoch();
      return averages ? t.averages() : t.parameters();
    }
  }

  /** Without a radius both passes see the clean batch. */
  @Test
  void tradesLearnsFromBothPassesInTurn() {
    Map<String, HostTensor> once =
        step(new StandardTraining(), Optional.empty(), Averaging.NONE, 0, false);
    Map<String, HostTensor> twice =
        step(new Trades(Norm.LINF, 2), Optional.empty(), Averaging.NONE, 0, false);
    for (String name : List.of("1.mean", "1.variance")) {
      double start = name.endsWith("mean") ? 0 : 1;
      for (int i = 0; i < 6; i++) {
        double first = once.get(name).get(i);
        double batch = (first - (1 - MOMENTUM) * start) / MOMENTUM;
        double second = (1 - MOMENTUM) * first + MOMENTUM * batch;
        assertThat(twice.get(name).get(i)).as(name).isCloseTo(second, within(1e-12));
      }
    }
  }

  /** DIRECT learns from the pass at the weights themselves, PROXY from the perturbed one. */
  @ParameterizedTest
  @EnumSource(Awp.class)
  void weightPerturbationLearnsFromOnePass(Awp awp) {
    Method pgd = new PgdTraining(Norm.LINF, 2, true);
    Map<String, HostTensor> plain = step(pgd, Optional.empty(), Averaging.NONE, 0.1, false);
    Map<String, HostTensor> perturbed = step(pgd, Optional.of(awp), Averaging.NONE, 0.1, false);
    boolean same = perturbed.get("1.mean").bitEquals(plain.get("1.mean"));
    assertThat(same).isEqualTo(awp == Awp.DIRECT);
    assertThat(perturbed.get("0.weight").bitEquals(plain.get("0.weight"))).isFalse();
  }

  @Test
  void theAverageTakesRunningStatisticsToo() {
    Method pgd = new PgdTraining(Norm.LINF, 2, true);
    HostTensor now = step(pgd, Optional.empty(), Averaging.EMA, 0.1, false).get("1.variance");
    HostTensor mean = step(pgd, Optional.empty(), Averaging.EMA, 0.1, true).get("1.variance");
    for (int i = 0; i < 6; i++) {
      assertThat(mean.get(i)).isCloseTo(0.995 * 1 + 0.005 * now.get(i), within(1e-12));
    }
  }
}
