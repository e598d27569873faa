// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

class TrainerTest {
  private static final int N = 23;
  private static final Sequential NET = Sequential.mlp(Shape.of(4), List.of(7), Activation.RELU, 3);

  private static HostTensor inputs() {
    float[] x = new float[N * 4];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.5 + 0.5 * Math.sin(1.3 * i));
    }
    return HostTensor.of(Shape.of(N, 4), x);
  }

  private static HostTensor labels() {
    int[] y = new int[N];
    for (int i = 0; i < N; i++) {
      y[i] = inputs().get(4 * i) > 0.6 ? 2 : inputs().get(4 * i + 1) > 0.5 ? 1 : 0;
    }
    return HostTensor.of(Shape.of(N), y);
  }

  private static TrainingSetup setup(Optimiser o, Method attack) {
    return new TrainingSetup(NET, DType.F32, N, 5, o, attack, Box.UNIT);
  }

  private static ModelSetup model(long seed, int epochs, double rate, double epsilon) {
    return new ModelSetup(
        TrialKey.of(seed, "train"),
        epochs,
        rate,
        new Schedule.Cosine(0.1, 0),
        epsilon,
        0.4,
        0,
        Map.of());
  }

  private static Map<String, HostTensor> train(
      TrainingSetup setup, List<ModelSetup> models, int threads, int epochs) {
    try (Device device = new CpuDevice(threads, "scalar", "test");
        Trainer t = new Trainer(device, setup, models, inputs(), labels())) {
      for (int e = 0; e < epochs; e++) {
        t.epoch();
      }
      return t.state();
    }
  }

  @Test
  void aRowEqualsTheModelTrainedAlone() {
    TrainingSetup setup = setup(new Optimiser.Adam(false), new PgdTraining(Norm.LINF, 3, true));
    List<ModelSetup> models =
        List.of(
            model(1, 2, 0.05, 0.1),
            model(2, 3, 0.01, 0),
            model(3, 1, 0.1, 0.2),
            model(1, 3, 0.05, 0));
    Map<String, HostTensor> together = train(setup, models, 2, 3);
    for (int m = 0; m < models.size(); m++) {
      Map<String, HostTensor> alone = train(setup, List.of(models.get(m)), 1, 3);
      for (String name : alone.keySet()) {
        if (name.startsWith("param/")) {
          assertThat(row(together.get(name), m).bitEquals(alone.get(name)))
              .as("%s of model %d", name, m)
              .isTrue();
        }
      }
      assertThat(together.get("count/step").get(m)).isEqualTo(models.get(m).epochs() * 4);
    }
  }

  /** Four steps an epoch: slabs that divide it, that do not, and one for all. */
  @Test
  void streamedSamplesGiveTheSameBits() {
    TrainingSetup setup = setup(new Optimiser.Sgd(false), new PgdTraining(Norm.LINF, 2, true));
    List<ModelSetup> models = List.of(model(1, 1, 0.05, 0.1), model(2, 3, 0.1, 0.2));
    Map<String, HostTensor> resident = train(setup, models, 1, 3);
    for (int steps : new int[] {1, 2, 3, 9}) {
      try (Device device = new CpuDevice(1, "scalar", "test");
          Trainer t = new Trainer(device, setup, models, inputs(), labels(), steps)) {
        t.epoch();
        Map<String, HostTensor> saved = t.state();
        t.epoch();
        t.restore(saved);
        t.epoch();
        t.epoch();
        t.state()
            .forEach(
                (name, v) ->
                    assertThat(v.bitEquals(resident.get(name)))
                        .as("%s with slabs of %d steps", name, steps)
                        .isTrue());
      }
    }
  }

  private static HostTensor row(HostTensor t, int m) {
    int n = (int) (t.shape().size() / t.shape().models());
    float[] out = new float[n];
    System.arraycopy(t.floats(), m * n, out, 0, n);
    return HostTensor.of(t.shape().with(0, 1), out);
  }

  @Test
  void theTrainingAttackMovesTheWeights() {
    Optimiser adam = new Optimiser.Adam(false);
    TrainingSetup setup = setup(adam, new PgdTraining(Norm.LINF, 2, false));
    Map<String, HostTensor> clean = train(setup, List.of(model(5, 1, 0.1, 0)), 1, 1);
    Map<String, HostTensor> attacked = train(setup, List.of(model(5, 1, 0.1, 0.2)), 1, 1);
    assertThat(attacked.get("param/0.weight").bitEquals(clean.get("param/0.weight"))).isFalse();
    assertThat(attacked.get("loss/epoch-sum").get(0))
        .isGreaterThan(clean.get("loss/epoch-sum").get(0));
  }

  @Test
  void epsilonZeroIsStandardTraining() {
    List<ModelSetup> one = List.of(model(5, 2, 0.1, 0));
    Optimiser sgd = new Optimiser.Sgd(false);
    Map<String, HostTensor> plain = train(setup(sgd, new StandardTraining()), one, 1, 2);
    Map<String, HostTensor> zero =
        train(setup(sgd, new PgdTraining(Norm.LINF, 2, true)), one, 1, 2);
    plain.forEach((name, v) -> assertThat(zero.get(name).bitEquals(v)).as(name).isTrue());
  }

  @Test
  void lossFallsAndSeedsDiffer() {
    try (Device device = new CpuDevice(2, "scalar", "test");
        Trainer t =
            new Trainer(
                device,
                setup(new Optimiser.Sgd(true), new StandardTraining()),
                List.of(model(1, 30, 0.3, 0), model(2, 30, 0.3, 0)),
                inputs(),
                labels())) {
      t.epoch();
      double[] before = t.loss();
      for (int e = 1; e < 30; e++) {
        t.epoch();
      }
      double[] after = t.loss();
      assertThat(after[0]).isLessThan(0.6 * before[0]);
      assertThat(after[1]).isLessThan(0.6 * before[1]);
      assertThat(after[0]).isNotEqualTo(after[1]);
      assertThat(t.alive()).containsExactly(true, true);
    }
  }

  @Test
  void aDivergedRowIsNamedAndLeavesTheOthersAlone() {
    Optimiser sgd = new Optimiser.Sgd(false);
    ModelSetup wild = model(1, 3, 1e30, 0);
    ModelSetup calm = model(2, 3, 0.1, 0);
    try (Device device = new CpuDevice(2, "scalar", "test");
        Trainer t =
            new Trainer(
                device,
                setup(sgd, new StandardTraining()),
                List.of(wild, calm),
                inputs(),
                labels())) {
      for (int e = 0; e < 3; e++) {
        t.epoch();
      }
      assertThat(t.alive()).containsExactly(false, true);
      Map<String, HostTensor> alone =
          train(setup(sgd, new StandardTraining()), List.of(calm), 1, 3);
      assertThat(row(t.parameters().get("0.weight"), 1).bitEquals(alone.get("param/0.weight")))
          .isTrue();
    }
  }

  /** No loss sees the last update, and a row that is done does not change while others go on. */
  @Test
  void theLastUpdateMayDivergeToo() {
    TrainingSetup whole =
        new TrainingSetup(
            NET, DType.F32, N, N, new Optimiser.Sgd(false), new StandardTraining(), Box.UNIT);
    ModelSetup wild =
        new ModelSetup(
            TrialKey.of(1, "train"),
            1,
            1e38,
            new Schedule.Constant(),
            0,
            0,
            0,
            Map.of("weight-decay", 1e10));
    ModelSetup longer = model(2, 3, 0.1, 0);
    Map<String, HostTensor> alone = train(whole, List.of(wild), 1, 1);
    Map<String, HostTensor> together = train(whole, List.of(wild, longer), 1, 3);
    assertThat(together.get("alive").get(0)).isEqualTo(alone.get("alive").get(0));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = new Trainer(device, whole, List.of(wild, longer), inputs(), labels())) {
      t.epoch();
      assertThat(t.parameters().get("0.weight").get(0)).matches(w -> !Double.isFinite(w));
      assertThat(t.alive()).containsExactly(false, true);
    }
  }

  @Test
  void resumesBitForBit() {
    TrainingSetup setup = setup(new Optimiser.Adam(true), new PgdTraining(Norm.L2, 2, true));
    List<ModelSetup> models = List.of(model(1, 4, 0.05, 0.1), model(2, 4, 0.05, 0.3));
    Map<String, HostTensor> straight = train(setup, models, 1, 4);
    Map<String, HostTensor> half = train(setup, models, 1, 2);
    try (Device device = new CpuDevice(2, "scalar", "test");
        Trainer t = new Trainer(device, setup, models, inputs(), labels())) {
      t.restore(half);
      t.epoch();
      t.epoch();
      Map<String, HostTensor> resumed = t.state();
      straight.forEach((name, v) -> assertThat(resumed.get(name).bitEquals(v)).as(name).isTrue());
    }
  }

  /** Two optimiser steps on one weight, against the published formulas in double. */
  @Test
  void optimisersFollowTheirFormulas() {
    double w = 0.3;
    double[] g = {0.5, -0.25};
    double rate = 0.1;
    double momentum = 0.9;
    double decay = 0.01;
    double v = 0;
    double plain = w;
    double nesterov = w;
    double vn = 0;
    for (double gi : g) {
      double d = gi + decay * plain;
      v = momentum * v + d;
      plain -= rate * v;
      double dn = gi + decay * nesterov;
      vn = momentum * vn + dn;
      nesterov -= rate * (dn + momentum * vn);
    }
    Map<String, Double> sgd =
        Map.of("learning-rate", rate, "momentum", momentum, "weight-decay", decay);
    assertThat(OptimiserRun.of(new Optimiser.Sgd(false), w, g, sgd)).isCloseTo(plain, near());
    assertThat(OptimiserRun.of(new Optimiser.Sgd(true), w, g, sgd)).isCloseTo(nesterov, near());

    for (boolean decoupled : List.of(false, true)) {
      double x = w;
      double mean = 0;
      double square = 0;
      for (int t = 1; t <= 2; t++) {
        double gt = g[t - 1] + (decoupled ? 0 : decay * x);
        mean = 0.9 * mean + 0.1 * gt;
        square = 0.999 * square + 0.001 * gt * gt;
        double step =
            mean / (1 - Math.pow(0.9, t)) / (Math.sqrt(square / (1 - Math.pow(0.999, t))) + 1e-8);
        x -= rate * (step + (decoupled ? decay * x : 0));
      }
      Map<String, Double> adam =
          Map.of(
              "learning-rate",
              rate,
              "beta1",
              0.9,
              "beta2",
              0.999,
              "epsilon",
              1e-8,
              "weight-decay",
              decay);
      assertThat(OptimiserRun.of(new Optimiser.Adam(decoupled), w, g, adam)).isCloseTo(x, near());
    }
  }

  private static Offset<Double> near() {
    return Offset.offset(1e-13);
  }

  @Test
  void refusesBadNumbers() {
    assertThatThrownBy(() -> model(1, 1, 0.1, -1)).hasMessageContaining("epsilon must be >= 0");
    assertThatThrownBy(() -> model(1, 1, 0.1, Double.NaN)).hasMessageContaining("got NaN");
    assertThatThrownBy(() -> model(1, 1, 0, 0)).hasMessageContaining("learning rate must be > 0");
    assertThatThrownBy(
            () ->
                new TrainingSetup(
                    NET,
                    DType.F32,
                    N,
                    N + 1,
                    new Optimiser.Sgd(false),
                    new StandardTraining(),
                    Box.UNIT))
        .hasMessageContaining("batch size must lie in [1, 23]");
    List<ModelSetup> odd = new ArrayList<>();
    odd.add(
        new ModelSetup(
            TrialKey.of(1, "train"),
            1,
            0.1,
            new Schedule.Constant(),
            0,
            0,
            0,
            Map.of("beta3", 1.0)));
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      assertThatThrownBy(
              () ->
                  new Trainer(
                      device,
                      setup(new Optimiser.Sgd(false), new StandardTraining()),
                      odd,
                      inputs(),
                      labels()))
          .hasMessageContaining("no 'beta3'");
    }
  }

  @Test
  void dropsComeAtTheirShares() {
    Schedule s = new Schedule.Drops(List.of(0.5, 0.75), 0.1);
    assertThat(s.factor(99, 200)).isEqualTo(1);
    assertThat(s.factor(100, 200)).isEqualTo(0.1);
    assertThat(s.factor(149, 200)).isEqualTo(0.1);
    assertThat(s.factor(150, 200)).isCloseTo(0.01, within(1e-15));
    assertThat(s.factor(199, 200)).isCloseTo(0.01, within(1e-15));
    assertThatThrownBy(() -> new Schedule.Drops(List.of(0.7, 0.5), 0.1))
        .hasMessageContaining("drops must ascend within (0, 1), got [0.7, 0.5]");
  }
}
