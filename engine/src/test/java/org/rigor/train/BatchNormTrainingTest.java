// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;
import org.rigor.data.Box;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.TwoMoons;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Dense;
import org.rigor.nn.Pass;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/** Running statistics are state of a training: masked, resumed, and never moved by an attack. */
class BatchNormTrainingTest {
  private static final int N = 120;
  private static final int BATCH = 24;
  private static final Sequential NET =
      new Sequential(
          Shape.of(2),
          List.of(
              new Dense(16),
              new BatchNorm(),
              Activation.RELU,
              new Dense(16),
              new BatchNorm(),
              Activation.RELU,
              new Dense(2)));
  private static final DataSet MOONS = new TwoMoons(N, 0.1, 3).load(DataRoots.standard(null));

  private static TrainingSetup setup(Method attack, Pass.Statistics during) {
    return new TrainingSetup(
        NET,
        DType.F32,
        N,
        BATCH,
        new Optimiser.Adam(false),
        attack,
        Optional.empty(),
        during,
        Box.NONE);
  }

  private static ModelSetup model(long seed, int epochs, double epsilon) {
    return new ModelSetup(
        TrialKey.of(seed, "train"),
        epochs,
        0.02,
        new Schedule.Constant(),
        epsilon,
        0.5,
        0,
        Map.of());
  }

  private static Trainer trainer(Device device, TrainingSetup setup, List<ModelSetup> models) {
    HostTensor labels = HostTensor.of(Shape.of(N), MOONS.labels());
    return new Trainer(device, setup, models, MOONS.inputs().toFloat(), labels);
  }

  private static Map<String, HostTensor> train(
      TrainingSetup setup, List<ModelSetup> models, int epochs) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = trainer(device, setup, models)) {
      for (int e = 0; e < epochs; e++) {
        t.epoch();
      }
      return t.state();
    }
  }

  private static HostTensor row(HostTensor t, int m) {
    int n = (int) (t.shape().size() / t.shape().models());
    float[] out = new float[n];
    System.arraycopy(t.floats(), m * n, out, 0, n);
    return HostTensor.of(t.shape().with(0, 1), out);
  }

  @Test
  void aRowEqualsTheModelTrainedAloneAlsoAfterItStopped() {
    TrainingSetup setup = setup(new PgdTraining(Norm.LINF, 2, true), Pass.Statistics.BATCH);
    List<ModelSetup> models = List.of(model(1, 1, 0.1), model(2, 3, 0), model(3, 2, 0.2));
    Map<String, HostTensor> together = train(setup, models, 3);
    for (int m = 0; m < models.size(); m++) {
      Map<String, HostTensor> alone = train(setup, List.of(models.get(m)), models.get(m).epochs());
      for (String name : alone.keySet()) {
        if (name.startsWith("param/")) {
          assertThat(row(together.get(name), m).bitEquals(alone.get(name)))
              .as("%s of model %d", name, m)
              .isTrue();
        }
      }
    }
    assertThat(together).containsKey("param/1.variance").doesNotContainKey("state/mean/1.mean");
  }

  @Test
  void resumesBitForBit() {
    TrainingSetup setup = setup(new StandardTraining(), Pass.Statistics.RUNNING);
    List<ModelSetup> models = List.of(model(1, 4, 0), model(2, 4, 0));
    Map<String, HostTensor> straight = train(setup, models, 4);
    Map<String, HostTensor> half = train(setup, models, 2);
    try (Device device = new CpuDevice(2, "scalar", "test");
        Trainer t = trainer(device, setup, models)) {
      t.restore(half);
      t.epoch();
      t.epoch();
      Map<String, HostTensor> resumed = t.state();
      straight.forEach((name, v) -> assertThat(resumed.get(name).bitEquals(v)).as(name).isTrue());
    }
    Map<String, HostTensor> lacking = new LinkedHashMap<>(half);
    lacking.remove("param/1.mean");
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = trainer(device, setup, models)) {
      assertThatThrownBy(() -> t.restore(lacking)).hasMessageContaining("lacks 'param/1.mean'");
    }
  }

  /** One step a run: the statistics of an unattacked batch and of one attacked with radius 0. */
  @Test
  void attackForwardsDoNotMoveTheStatistics() {
    for (Pass.Statistics during : List.of(Pass.Statistics.BATCH, Pass.Statistics.RUNNING)) {
      Map<String, HostTensor> plain =
          train(setup(new StandardTraining(), during), List.of(model(4, 1, 0)), 1);
      Map<String, HostTensor> attacked =
          train(setup(new PgdTraining(Norm.LINF, 3, false), during), List.of(model(4, 1, 0)), 1);
      plain.forEach((name, v) -> assertThat(attacked.get(name).bitEquals(v)).as(name).isTrue());
    }
  }

  @Test
  void theModeOfTheAttackMatters() {
    Method pgd = new PgdTraining(Norm.LINF, 3, false);
    List<ModelSetup> one = List.of(model(4, 1, 0.3));
    HostTensor batch = train(setup(pgd, Pass.Statistics.BATCH), one, 1).get("param/0.weight");
    HostTensor running = train(setup(pgd, Pass.Statistics.RUNNING), one, 1).get("param/0.weight");
    assertThat(batch.bitEquals(running)).isFalse();
    assertThatThrownBy(() -> setup(pgd, Pass.Statistics.FROZEN))
        .hasMessageContaining("BATCH or RUNNING, got FROZEN");
  }

  @Test
  void learnsTheMoonsWithTheStatisticsItKept() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            trainer(device, setup(new StandardTraining(), Pass.Statistics.RUNNING), models())) {
      for (int e = 0; e < 40; e++) {
        t.epoch();
      }
      assertThat(t.alive()).containsExactly(true, true);
      Program.Builder b = Program.builder("logits");
      Map<String, Value> p = NET.declare(b, "", 2, DType.F32);
      Value x = b.input("x", new TensorType(DType.F32, Shape.of(1, N, 2)));
      b.output("z", NET.apply(p, x));
      try (Executable e = device.compile(b.build())) {
        t.parameters().forEach((name, v) -> e.input(name).write(v));
        e.input("x").write(MOONS.inputs().toFloat().reshape(Shape.of(1, N, 2)));
        e.run();
        HostTensor z = e.output("z").read();
        for (int m = 0; m < 2; m++) {
          int right = 0;
          for (int n = 0; n < N; n++) {
            int at = (m * N + n) * 2;
            right += (z.get(at + 1) > z.get(at) ? 1 : 0) == MOONS.labels()[n] ? 1 : 0;
          }
          assertThat(right).isGreaterThan((int) (0.97 * N));
        }
      }
    }
  }

  /** Three steps: afterwards rounding has had no time to grow. */
  @Test
  void theCudaDeviceKeepsTheSameStatistics() {
    String kind = System.getProperty("rigor.test.cuda", "emulated");
    TrainingSetup few =
        new TrainingSetup(
            NET,
            DType.F32,
            N,
            40,
            new Optimiser.Sgd(false),
            new PgdTraining(Norm.L2, 1, false),
            Optional.empty(),
            Pass.Statistics.BATCH,
            Box.NONE);
    Map<String, HostTensor> expected = train(few, models(), 1);
    Device opened;
    try {
      opened = Device.open(kind);
    } catch (DeviceException e) {
      assertThat("true".equals(System.getenv("CI"))).as(e.firstLine()).isFalse();
      throw new TestAbortedException(e.firstLine());
    }
    try (Device cuda = opened;
        Trainer t = trainer(cuda, few, models())) {
      t.epoch();
      Map<String, HostTensor> found = t.state();
      for (String name : List.of("param/1.mean", "param/1.variance", "param/4.mean")) {
        for (int i = 0; i < expected.get(name).shape().size(); i++) {
          assertThat(found.get(name).get(i))
              .as("%s, element %d", name, i)
              .isCloseTo(expected.get(name).get(i), within(1e-5));
        }
      }
    }
  }

  private static List<ModelSetup> models() {
    return List.of(model(1, 40, 0), model(2, 40, 0));
  }
}
