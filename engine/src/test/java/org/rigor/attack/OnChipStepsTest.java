// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/** Steps of slots as one kernel on the chip against the composed program, from the same state. */
class OnChipStepsTest {
  private static final int SHARED = 232_448;
  private static final int MODELS = 2;
  private static final int SLOTS = 11;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(3, 3, 1), List.of(13, 8), Activation.RELU, 4);

  @TestFactory
  Stream<DynamicTest> moveLikeTheComposedProgram() {
    return Stream.of(Norm.values())
        .flatMap(
            norm ->
                Stream.of(AttackLoss.values())
                    .filter(AttackWork.ON_CHIP::contains)
                    .flatMap(
                        loss ->
                            Stream.of(3, 20)
                                .map(
                                    steps ->
                                        DynamicTest.dynamicTest(
                                            norm + " " + loss + " of " + steps,
                                            () -> compare(norm, loss, steps)))));
  }

  /** Of 3 steps one lies between two refills, of 20 six. */
  private static void compare(Norm norm, AttackLoss loss, int steps) {
    Pgd pgd = new Pgd(steps, 0.1, false);
    CurveAttack attack =
        CurveAttack.of(pgd, new Threat(norm, new Box(0.05, 0.95)), List.of(0.02, 0.05))
            .withLoss(loss)
            .withSlots(SLOTS);
    AttackWork programs = new AttackWork(attack, NET, DType.F32, MODELS, 30);
    Program onChip = programs.stepsOnChip(SHARED).orElseThrow();
    Map<String, HostTensor> state = state(onChip);
    Map<String, HostTensor> actual = run(onChip, state, 1);
    Map<String, HostTensor> expected = run(programs.step(), state, attack.stride());
    for (String name : List.of("slot/stage", "slot/iteration")) {
      assertThat(actual.get(name).ints()).as(name).isEqualTo(expected.get(name).ints());
    }
    assertThat(expected.get("slot/stage").ints()).contains(1, 2);
    HostTensor x = expected.get("slot/x");
    for (int i = 0; i < x.shape().size(); i++) {
      assertThat(actual.get("slot/x").get(i)).as("x %d", i).isCloseTo(x.get(i), within(2e-6));
    }
  }

  /** A weight of infinity makes logits and gradients that are not numbers. */
  @TestFactory
  Stream<DynamicTest> numbersThatAreNoneAreTreatedLikeTheComposedProgramDoes() {
    return Stream.of(Norm.values())
        .flatMap(
            norm ->
                Stream.of(AttackLoss.values())
                    .filter(AttackWork.ON_CHIP::contains)
                    .map(
                        loss ->
                            DynamicTest.dynamicTest(
                                norm + " " + loss, () -> noNumbers(norm, loss))));
  }

  private static void noNumbers(Norm norm, AttackLoss loss) {
    CurveAttack attack =
        CurveAttack.of(new Pgd(3, 0.1, false), new Threat(norm, Box.UNIT), List.of(0.02, 0.05))
            .withLoss(loss)
            .withSlots(SLOTS);
    AttackWork programs = new AttackWork(attack, NET, DType.F32, MODELS, 30);
    Program onChip = programs.stepsOnChip(SHARED).orElseThrow();
    Map<String, HostTensor> state = state(onChip);
    for (String w : List.of("param/1.weight", "param/3.weight", "param/5.weight")) {
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -3e38f}) {
        float old = state.get(w).floats()[7];
        state.get(w).floats()[7] = bad;
        Map<String, HostTensor> actual = run(onChip, state, 1);
        Map<String, HostTensor> expected = run(programs.step(), state, attack.stride());
        state.get(w).floats()[7] = old;
        for (String name : List.of("slot/stage", "slot/iteration")) {
          assertThat(actual.get(name).ints())
              .as("%s with %s in %s", name, bad, w)
              .isEqualTo(expected.get(name).ints());
        }
        for (int i = 0; i < expected.get("slot/x").shape().size(); i++) {
          assertThat(actual.get("slot/x").get(i))
              .as("x %d with %s in %s", i, bad, w)
              .isCloseTo(expected.get("slot/x").get(i), within(2e-6));
        }
      }
    }
  }

  private static Map<String, HostTensor> state(Program p) {
    SplittableRandom r = new SplittableRandom(9);
    Map<String, HostTensor> state = new HashMap<>();
    p.inputs()
        .forEach(
            (name, v) -> {
              HostTensor t = HostTensor.zeros(v.type());
              for (int i = 0; i < v.shape().size(); i++) {
                if (v.dtype() == DType.I32) {
                  boolean small = name.endsWith("level") || name.endsWith("stage");
                  t.ints()[i] = r.nextInt(small ? 2 : 4);
                } else if (name.startsWith("slot/")) {
                  t.floats()[i] = (float) (0.2 + 0.6 * r.nextDouble());
                } else {
                  t.floats()[i] = (float) (1.2 * r.nextDouble() - 0.6);
                }
              }
              state.put(name, t);
            });
    // The iterate starts near the clean point.
    float[] x = state.get("slot/x").floats();
    for (int i = 0; i < x.length; i++) {
      x[i] = state.get("slot/x0").floats()[i] + (float) (0.01 * r.nextDouble());
    }
    state.put("epsilons", HostTensor.of(Shape.of(1, 2), 0.02f, 0.05f));
    return state;
  }

  private static Map<String, HostTensor> run(Program p, Map<String, HostTensor> state, int times) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(p)) {
      state.forEach(
          (name, t) -> {
            if (p.inputs().containsKey(name)) {
              e.input(name).write(t);
            }
          });
      for (int i = 0; i < times; i++) {
        e.run();
      }
      Map<String, HostTensor> out = new HashMap<>();
      p.state().forEach((name, old) -> out.put(old, e.output(name).read()));
      return out;
    }
  }

  @Test
  void otherNetworksKeepTheComposedProgram() {
    CurveAttack attack =
        CurveAttack.of(Pgd.fgsm(), new Threat(Norm.LINF, Box.UNIT), List.of(0.1))
            .withLoss(AttackLoss.MARGIN)
            .withSlots(SLOTS);
    Sequential tanh = Sequential.mlp(Shape.of(4), List.of(5), Activation.TANH, 3);
    assertThat(new AttackWork(attack, tanh, DType.F32, 1, 5).stepsOnChip(SHARED)).isEmpty();
    Sequential large = Sequential.mlp(Shape.of(784), List.of(256, 256), Activation.RELU, 10);
    assertThat(new AttackWork(attack, large, DType.F32, 1, 5).stepsOnChip(SHARED)).isEmpty();
    assertThat(new AttackWork(attack, NET, DType.F32, 1, 5).stepsOnChip(0)).isEmpty();
  }
}
