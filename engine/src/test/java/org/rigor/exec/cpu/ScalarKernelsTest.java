// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.Pgd;
import org.rigor.attack.PreparedAttack;
import org.rigor.certify.Certifier;
import org.rigor.certify.Crown;
import org.rigor.certify.Ibp;
import org.rigor.data.Box;
import org.rigor.exec.RecordingDevice;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Lowering;
import org.rigor.lipschitz.JacobianMeter;
import org.rigor.lipschitz.Nearby;
import org.rigor.nn.Activation;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.train.Method;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.PgdTraining;
import org.rigor.train.Schedule;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;
import org.rigor.workspace.Models;

/**
 * Which kernels of large programs handle their elements one by one: maps and reductions without
 * vector code, and gathers, scatters and copies of runs too short for a loop over each to pay.
 * Works are those of {@code rigor bench}, the certificates on a smaller network.
 */
class ScalarKernelsTest {
  /** Elements of a model below which a scalar loop costs little beside the products around it. */
  private static final long LARGE = 1024;

  private static final Sequential NET =
      Sequential.mlp(Shape.of(784), List.of(256, 256), Activation.RELU, 10);

  /** Elements of a run from which on a loop over each run, or a block copy, pays. */
  private static final int RUN = 14;

  /**
   * Elements that kernels of their own handle in one inner loop, from their parameters. A kernel
   * that is not here handles one at a time.
   */
  private static final Map<String, ToIntFunction<List<Integer>>> RUNS =
      Map.of(
          "gather", p -> p.get(1),
          "put", p -> p.get(1),
          "scatter_add", p -> p.get(1),
          "confine_linf", p -> p.get(0),
          "unfold", p -> Math.max(p.get(7) * p.get(2), p.get(4)),
          "fold", p -> Math.max(p.get(7) * p.get(2), p.get(4)));

  /** A block of Philox is one element of ten dependent rounds; an attack draws once a start. */
  private static final Set<String> BLOCKS = Set.of("random_bits");

  /**
   * Checks that no kernel of at least {@link #LARGE} elements handles them one by one, and that
   * there are such kernels.
   */
  private static void check(RecordingDevice device) {
    Set<String> scalar = new TreeSet<>();
    int large = 0;
    for (RecordingDevice.Compiled c : device.compiled()) {
      for (PlanStep step : Plan.of(c.program(), c.options()).single()) {
        long elements = elements(step);
        large += elements >= LARGE ? 1 : 0;
        if (elements >= LARGE && oneByOne(step)) {
          scalar.add("%s: %d elements, %s".formatted(c.program().name(), elements, step.origin()));
        }
      }
    }
    assertThat(scalar).isEmpty();
    assertThat(large).isGreaterThan(3);
  }

  private static long elements(PlanStep step) {
    if (step instanceof PlanStep.Map m) {
      return m.nest().size();
    }
    if (step instanceof PlanStep.Reduce r) {
      return r.outer().size() * r.inner().size();
    }
    Shape out = step.output().view().shape();
    return step instanceof PlanStep.Launch ? out.size() / out.models() : 0;
  }

  private static boolean oneByOne(PlanStep step) {
    if (step instanceof PlanStep.Map m) {
      return new MapKernel(m).scalarOnly();
    }
    if (step instanceof PlanStep.Reduce r) {
      return new ReduceKernel(r).scalarOnly();
    }
    Lowering.Launch l = ((PlanStep.Launch) step).launch();
    int run = RUNS.getOrDefault(l.entry(), p -> 1).applyAsInt(l.params());
    return run < RUN && !BLOCKS.contains(l.entry());
  }

  private static RecordingDevice device() {
    return new RecordingDevice(new CpuDevice(2, "scalar", "test"));
  }

  private static HostTensor inputs(int n, Shape features) {
    float[] x = new float[n * (int) features.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 97 / 97f;
    }
    return HostTensor.of(Shape.of(n, (int) features.size()), x).reshape(features.insert(0, n));
  }

  private static HostTensor labels(int n) {
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      y[i] = i % 10;
    }
    return HostTensor.of(Shape.of(n), y);
  }

  private static void training(Network net, int batch, Method method) {
    TrainingSetup setup =
        new TrainingSetup(
            net, DType.F32, 2 * batch, batch, new Optimiser.Sgd(false), method, Box.UNIT);
    List<ModelSetup> models = new ArrayList<>();
    for (int m = 0; m < 2; m++) {
      models.add(
          new ModelSetup(
              TrialKey.of(m, "train"), 1, 0.05, new Schedule.Constant(), 0.1, 0.25, 0, Map.of()));
    }
    try (RecordingDevice device = device();
        Trainer t =
            new Trainer(device, setup, models, inputs(2 * batch, net.input()), labels(2 * batch))) {
      assertThat(t.epochs()).isEqualTo(1);
      check(device);
    }
  }

  @Test
  void attackSteps() {
    CurveAttack attack =
        CurveAttack.of(new Pgd(40, 0.0625, true), new Threat(Norm.LINF, Box.UNIT), List.of(0.03))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withSlots(64);
    try (RecordingDevice device = device();
        PreparedAttack prepared = new CurveAttacker(device, NET, attack).prepare(1, 1000)) {
      assertThat(prepared).isNotNull();
      check(device);
    }
  }

  @Test
  void adversarialTrainingSteps() {
    Sequential net = Sequential.mlp(Shape.of(64), List.of(128, 128), Activation.RELU, 10);
    training(net, 64, new PgdTraining(Norm.LINF, 10, false));
  }

  @Test
  void trainingSteps() {
    Sequential net = Sequential.mlp(Shape.of(784), List.of(512, 512), Activation.RELU, 10);
    training(net, 256, new StandardTraining());
  }

  @Test
  void convolutionalTrainingSteps() {
    Windows w3 = Windows.of(3).stride(2).padding(1);
    Sequential net =
        new Sequential(
            Shape.of(28, 28, 1),
            List.of(
                new Conv2d(16, w3),
                Activation.RELU,
                new Conv2d(32, w3),
                Activation.RELU,
                new Flatten(),
                new Dense(10)));
    training(net, 256, new StandardTraining());
  }

  @Test
  void jacobians() {
    HostTensor x = inputs(8, Shape.of(784));
    try (RecordingDevice device = device();
        Models networks = Models.of(device, NET, NET.initial(List.of(TrialKey.of(0, "train"))));
        JacobianMeter meter = new JacobianMeter(networks, x, Norm.L2, Nearby.in(Box.NONE))) {
      meter.measure(x);
      check(device);
    }
  }

  @Test
  void certificates() {
    Sequential net = Sequential.mlp(Shape.of(144), List.of(48, 48), Activation.RELU, 10);
    try (RecordingDevice device = device();
        Models networks = Models.of(device, net, net.initial(List.of(TrialKey.of(0, "train"))));
        Certifier certifier =
            new Certifier(networks, List.of(new Ibp(), new Crown()), Box.UNIT, Norm.LINF)) {
      certifier.run(inputs(8, Shape.of(144)), labels(8), List.of(0.001));
      check(device);
    }
  }
}
