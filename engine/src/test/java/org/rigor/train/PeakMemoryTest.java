// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.rigor.data.Box;
import org.rigor.exec.RecordingDevice;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.exec.plan.Slot;
import org.rigor.lipschitz.HostNetworks;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.nn.models.ConvNet;
import org.rigor.nn.models.ResNet18;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** The arena of a plan is little more than what its steps need at the same time. */
class PeakMemoryTest {
  private static final double MOST = 1.15;

  /** Offsets are aligned, which small slots feel. */
  private static final int SLACK = 4096;

  private static final int SAMPLES = 32;

  @TestFactory
  Stream<DynamicTest> arenas() {
    Shape image = Shape.of(16, 16, 3);
    Network mlp = Sequential.mlp(Shape.of(64), List.of(128, 128), Activation.RELU, 10);
    Network deep = Sequential.mlp(Shape.of(50), List.of(100, 70, 40, 90, 20), Activation.GELU, 10);
    return Stream.of(
        test("mlp", mlp, 1, new StandardTraining()),
        test("ten mlps", mlp, 10, new StandardTraining()),
        test("mlp under attack", mlp, 3, attack()),
        test("deep mlp", deep, 2, attack()),
        test("LeNet", ConvNet.leNet(image, 10), 2, attack()),
        test("ResNet-18", ResNet18.of(image, 4, 10), 1, new StandardTraining()),
        DynamicTest.dynamicTest("Jacobian norms", () -> jacobians(mlp)));
  }

  private static Method attack() {
    return new PgdTraining(Norm.LINF, 3, true);
  }

  private static DynamicTest test(String name, Network network, int models, Method attack) {
    return DynamicTest.dynamicTest(name, () -> training(network, models, attack));
  }

  @SuppressWarnings("try") // The trainer acts by being compiled.
  private static void training(Network network, int models, Method attack) {
    TrainingSetup setup =
        new TrainingSetup(
            network, DType.F32, SAMPLES, 16, new Optimiser.Adam(false), attack, Box.UNIT);
    List<ModelSetup> rows = new ArrayList<>();
    for (int m = 0; m < models; m++) {
      rows.add(
          new ModelSetup(
              TrialKey.of(m, "train"), 3, 0.01, new Schedule.Constant(), 0.1, 0.5, 0, Map.of()));
    }
    Random random = new Random(1);
    float[] x = new float[Math.toIntExact(SAMPLES * network.input().size())];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat();
    }
    HostTensor inputs = HostTensor.of(network.input().insert(0, SAMPLES), x);
    HostTensor labels = HostTensor.of(Shape.of(SAMPLES), random.ints(SAMPLES, 0, 10).toArray());
    try (RecordingDevice device = new RecordingDevice(new CpuDevice(1, "scalar", "test"), 0);
        Trainer t = new Trainer(device, setup, rows, inputs, labels)) {
      check(device);
    }
  }

  private static void jacobians(Network network) {
    Map<String, HostTensor> params =
        ((Sequential) network).initial(List.of(TrialKey.of(1, "train")));
    HostTensor x = HostTensor.of(Shape.of(20, 64), new Random(1).doubles(20 * 64).toArray());
    try (RecordingDevice device = new RecordingDevice(new CpuDevice(1, "scalar", "test"), 0)) {
      HostNetworks.jacobians(device, network, params, x, Norm.L2);
      check(device);
    }
  }

  private static void check(RecordingDevice device) {
    assertThat(device.compiled()).isNotEmpty();
    for (RecordingDevice.Compiled c : device.compiled()) {
      Plan plan = Plan.of(c.program(), c.options());
      long least = live(plan);
      assertThat((double) plan.arenaBytes())
          .as("%s: %d bytes at once", c.program().name(), least)
          .isLessThanOrEqualTo(MOST * least + SLACK);
    }
  }

  /** The most bytes of arena slots that hold a value at the same step. */
  private static long live(Plan plan) {
    Map<Integer, int[]> span = new HashMap<>();
    List<PlanStep> steps = plan.steps();
    plan.constants().forEach(c -> span.put(c.output().slot(), new int[] {0, steps.size()}));
    for (int s = 0; s < steps.size(); s++) {
      List<Operand> touched = new ArrayList<>(steps.get(s).outputs());
      touched.addAll(steps.get(s).inputs());
      for (Operand o : touched) {
        int at = s;
        int[] found = span.computeIfAbsent(o.slot(), k -> new int[] {at, at});
        found[1] = Math.max(found[1], s);
      }
    }
    long most = 0;
    for (int s = 0; s < steps.size(); s++) {
      long bytes = 0;
      for (Slot slot : plan.slots()) {
        int[] held = span.get(slot.id());
        if (slot.inArena() && held != null && held[0] <= s && s <= held[1]) {
          bytes += slot.perModel() * slot.models() * slot.dtype().bytes();
        }
      }
      most = Math.max(most, bytes);
    }
    return most;
  }
}
