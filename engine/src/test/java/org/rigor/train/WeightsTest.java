// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.nn.Pass;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** What is done with weights beside descending: averages, perturbations, snapshots. */
class WeightsTest {
  private static final HostTensor X = MethodSamples.inputs();
  private static final HostTensor Y = MethodSamples.labels();

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
    return new Trainer(device, setup, List.of(models), X, Y);
  }

  /** One step an epoch, so that every iterate is seen; the second model is done after two. */
  @Test
  void theMovingAverageIsItsClosedForm() {
    double[] decay = {0.9, 0.5};
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            trainer(
                device,
                setup(MethodSamples.N, Optional.empty(), Averaging.EMA),
                model(1, 6, 0.3, Map.of("ema-decay", decay[0])),
                model(2, 2, 0.3, Map.of("ema-decay", decay[1])))) {
      List<Map<String, HostTensor>> iterates = new ArrayList<>(List.of(t.parameters()));
      for (int e = 0; e < 6; e++) {
        t.epoch();
        iterates.add(t.parameters());
      }
      t.averages()
          .forEach(
              (name, a) -> {
                for (int i = 0; i < a.shape().size(); i++) {
                  int m = (int) (i / (a.shape().size() / 2));
                  int steps = m == 0 ? 6 : 2;
                  double sum = Math.pow(decay[m], steps) * iterates.get(0).get(name).get(i);
                  for (int k = 0; k < steps; k++) {
                    double w = iterates.get(steps - k).get(name).get(i);
                    sum += (1 - decay[m]) * Math.pow(decay[m], k) * w;
                  }
                  assertThat(a.get(i)).isCloseTo(sum, within(1e-12));
                }
              });
    }
  }

  /** Ends of the epochs from the start on, equally; batches that end no epoch do not count. */
  @Test
  void stochasticWeightAveragingIsTheMeanOfLateEpochs() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            trainer(
                device,
                setup(5, Optional.empty(), Averaging.SWA),
                model(1, 5, 0.3, Map.of("swa-start", 0.4)),
                model(2, 2, 0.3, Map.of("swa-start", 0.0)))) {
      List<Map<String, HostTensor>> ends = new ArrayList<>();
      for (int e = 0; e < 5; e++) {
        t.epoch();
        ends.add(t.parameters());
      }
      t.averages()
          .forEach(
              (name, a) -> {
                for (int i = 0; i < a.shape().size(); i++) {
                  boolean first = i < a.shape().size() / 2;
                  double sum = 0;
                  for (int e = first ? 2 : 0; e < (first ? 5 : 2); e++) {
                    sum += ends.get(e).get(name).get(i) / (first ? 3 : 2);
                  }
                  assertThat(a.get(i)).isCloseTo(sum, within(1e-12));
                }
              });
    }
  }

  @ParameterizedTest
  @EnumSource(Awp.class)
  void weightsArePerturbedByTheirNormTimesTheRadius(Awp awp) {
    TrainingSetup setup = setup(MethodSamples.N, Optional.of(awp), Averaging.NONE);
    double[] radius = {0.05, 0};
    Map<String, HostTensor> at = new LinkedHashMap<>();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            trainer(
                device,
                setup,
                model(1, 3, 0.2, Map.of("awp-radius", radius[0])),
                model(2, 3, 0.2, Map.of("awp-radius", radius[1])))) {
      Map<String, HostTensor> before = t.parameters();
      t.epoch();
      Map<String, HostTensor> after = t.parameters();
      Program plain =
          UpdateProgram.trace(
              new Rows(setup(MethodSamples.N, Optional.empty(), Averaging.NONE), 2, 3), 0);
      for (String name : plain.inputs().keySet()) {
        at.put(name, t.read(name));
      }
      before.forEach(
          (name, w) -> {
            boolean moves = awp == Awp.DIRECT || name.endsWith("weight");
            HostTensor perturbed = moves ? t.read("awp/" + name) : w;
            at.put("param/" + name, perturbed);
            for (int m = 0; moves && m < 2; m++) {
              double ratio = norm(perturbed, w, m) / norm(w, null, m);
              assertThat(ratio).as(name).isCloseTo(radius[m], within(1e-6 * radius[m]));
            }
            if (moves) { // up, where the weights then go down
              double up = 0;
              for (int i = 0; i < w.shape().size() / 2; i++) {
                double descent = after.get(name).get(i) - w.get(i);
                up -= (perturbed.get(i) - w.get(i)) * descent;
              }
              assertThat(up).as(name).isPositive();
            }
          });
      // The weights themselves move by the gradient at the perturbed ones.
      at.put("count/step", HostTensor.of(Shape.of(2, 1), new int[2]));
      at.put("count/position", HostTensor.of(Shape.of(2, 1), new int[2]));
      at.put("count/epoch", HostTensor.of(Shape.of(2, 1), new int[2]));
      try (Executable e = device.compile(plain)) {
        at.forEach((name, v) -> e.input(name).write(v));
        e.run();
        before.forEach(
            (name, w) -> {
              HostTensor moved = e.output("param/" + name).read();
              HostTensor from = at.get("param/" + name);
              for (int i = 0; i < w.shape().size(); i++) {
                double step = moved.get(i) - from.get(i);
                assertThat(after.get(name).get(i)).isCloseTo(w.get(i) + step, within(1e-14));
              }
            });
      }
    }
  }

  private static double norm(HostTensor a, HostTensor minus, int m) {
    int n = (int) (a.shape().size() / 2);
    double sum = 0;
    for (int i = m * n; i < (m + 1) * n; i++) {
      double d = a.get(i) - (minus == null ? 0 : minus.get(i));
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  /** A step too small to change a weight leaves every bit. */
  @ParameterizedTest
  @EnumSource(Awp.class)
  void perturbingLeavesTheWeightsThemselvesAlone(Awp awp) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            trainer(
                device,
                setup(5, Optional.of(awp), Averaging.NONE),
                model(1, 2, 1e-300, Map.of("awp-radius", 0.1)))) {
      Map<String, HostTensor> before = t.parameters();
      t.epoch();
      t.parameters().forEach((name, w) -> assertThat(w.bitEquals(before.get(name))).isTrue());
    }
  }

  /** Without a radius, or before the warm-up ends, it is training without perturbation. */
  @ParameterizedTest
  @EnumSource(Awp.class)
  void aRadiusOfZeroIsTrainingAsUsual(Awp awp) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer plain =
            trainer(
                device,
                setup(5, Optional.empty(), Averaging.NONE),
                model(1, 2, 0.1, Map.of()),
                model(1, 2, 0.1, Map.of()));
        Trainer t =
            trainer(
                device,
                setup(5, Optional.of(awp), Averaging.NONE),
                model(1, 2, 0.1, Map.of("awp-radius", 0.0)),
                model(1, 2, 0.1, Map.of("awp-radius", 0.1, "awp-warm-up", 1.0)))) {
      t.epoch();
      plain.epoch();
      t.parameters()
          .forEach((name, w) -> assertThat(w.bitEquals(plain.parameters().get(name))).isTrue());
      t.epoch();
      plain.epoch();
      HostTensor w = t.parameters().get("0.weight");
      HostTensor usual = plain.parameters().get("0.weight");
      assertThat(MethodSamples.row(w, 0).bitEquals(MethodSamples.row(usual, 0))).isTrue();
      assertThat(MethodSamples.row(w, 1).bitEquals(MethodSamples.row(usual, 1))).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Awp.class)
  void aPerturbedRowEqualsTheModelTrainedAlone(Awp awp) {
    TrainingSetup setup =
        MethodSamples.named("pgd").setup(DType.F32, new Optimiser.Adam(false), Optional.of(awp));
    ModelSetup[] models = {
      model(1, 2, 0.05, Map.of("awp-radius", 0.1)), model(2, 3, 0.02, Map.of("awp-warm-up", 1.0))
    };
    try (Device device = new CpuDevice(2, "scalar", "test");
        Trainer together = trainer(device, setup, models)) {
      for (int e = 0; e < 3; e++) {
        together.epoch();
      }
      for (int m = 0; m < 2; m++) {
        try (Trainer alone = trainer(device, setup, models[m])) {
          for (int e = 0; e < 3; e++) {
            alone.epoch();
          }
          HostTensor own = MethodSamples.row(together.parameters().get("0.weight"), m);
          assertThat(own.bitEquals(alone.parameters().get("0.weight"))).isTrue();
        }
      }
    }
  }

  @Test
  void snapshotsKeepTheBestEpochOfEachModel() {
    double[][] scores = {{0.2, 0.5}, {0.7, 0.5}, {Double.NaN, 0.4}, {0.7, 0.6}};
    int[] best = {1, 3};
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            trainer(
                device,
                setup(5, Optional.empty(), Averaging.NONE),
                model(1, 4, 0.1, Map.of()),
                model(2, 4, 0.1, Map.of()))) {
      Snapshots kept = t.snapshots("held-out", false);
      List<Map<String, HostTensor>> ends = new ArrayList<>();
      Map<String, HostTensor> half = Map.of();
      for (int e = 0; e < 4; e++) {
        t.epoch();
        kept.offer(scores[e]);
        ends.add(t.parameters());
        half = e == 1 ? t.state() : half;
      }
      assertThat(kept.scores()).containsExactly(0.7, 0.6);
      assertThat(kept.epochs()).containsExactly(2, 4);
      kept.parameters()
          .forEach(
              (name, w) -> {
                for (int m = 0; m < 2; m++) {
                  HostTensor then = ends.get(best[m]).get(name);
                  assertThat(MethodSamples.row(w, m).bitEquals(MethodSamples.row(then, m)))
                      .isTrue();
                }
              });
      t.restore(half);
      assertThat(kept.scores()).containsExactly(0.7, 0.5);
      assertThat(kept.epochs()).containsExactly(2, 1);
    }
  }
}
