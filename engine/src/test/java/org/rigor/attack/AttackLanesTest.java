// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.data.Box;
import org.rigor.exec.RecordingDevice;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.MatMul;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/** Threads share the slots of one network, and nothing but time depends on how many they are. */
@Timeout(60)
class AttackLanesTest {
  private static final int N = 50;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(5), List.of(9, 8), Activation.RELU, 3);
  private static final List<TrialKey> KEY = List.of(TrialKey.of(4, "train"));
  private static final HostTensor LABELS =
      HostTensor.of(Shape.of(N), IntStream.range(0, N).map(i -> i % 3).toArray());
  private static final HostTensor X =
      HostTensor.of(Shape.of(N, 5), new SplittableRandom(1).doubles(5 * N, 0, 1).toArray())
          .toFloat();

  private static CurveAttack attack(Attack attack) {
    return CurveAttack.of(attack, new Threat(Norm.LINF, Box.UNIT), List.of(0.0, 0.05, 0.2))
        .withRestarts(attack.randomStart() ? 2 : 1)
        .withSlots(9);
  }

  private static CurveResult run(RecordingDevice device, CurveAttack attack) {
    return HostAttack.run(device, NET, attack, NET.initial(KEY), KEY, X, LABELS);
  }

  private static RecordingDevice device(int threads) {
    return new RecordingDevice(new CpuDevice(threads, "scalar", "test"));
  }

  private static Program program(RecordingDevice device, String name) {
    return device.compiled().stream()
        .map(RecordingDevice.Compiled::program)
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static long products(Program p) {
    return p.nodes().stream().filter(v -> v.op() instanceof MatMul).count();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void threadsChangeNoResult(int threads) {
    Pgd pgd = new Pgd(9, 0.3, true);
    for (CurveAttack attack :
        List.of(
            attack(pgd).withLoss(AttackLoss.CROSS_ENTROPY),
            attack(pgd).withTargets(2),
            attack(new Jittering(6, 0.3)))) {
      try (RecordingDevice one = device(1);
          RecordingDevice several = device(threads)) {
        CurveResult expected = run(one, attack);
        CurveResult found = run(several, attack);
        assertThat(found.survived()).isDeepEqualTo(expected.survived());
        assertThat((Object) found.witness()).isEqualTo(expected.witness());
        assertThat(found.iterations()).isDeepEqualTo(expected.iterations());
        assertThat(found.start()).isDeepEqualTo(expected.start());
        assertThat(expected.survived()[0]).contains(0, 3);
        assertThat(program(one, "attack-step").inputs().get("slot/x").shape())
            .isEqualTo(Shape.of(1, 9, 5));
        assertThat(program(several, "attack-step").inputs().get("lane/slot/x").shape())
            .isEqualTo(Shape.of(threads, 9, 5));
      }
    }
  }

  /** With fewer than eight samples a thread, all threads share each product instead. */
  @Test
  void fewSamplesStayTogether() {
    try (RecordingDevice device = device(8)) {
      run(device, attack(new Pgd(2, 1, true)));
      assertThat(program(device, "attack-step").inputs()).containsKey("slot/x");
    }
  }

  /** Of 65,536 numbers a point, 16 points at once, as one thread would have, are enough. */
  @Test
  void largePointsShareTheSlotsOfOneThread() {
    int features = 1 << 16;
    Sequential net = Sequential.mlp(Shape.of(features), List.of(2), Activation.RELU, 3);
    HostTensor x = HostTensor.zeros(new TensorType(DType.F32, Shape.of(20, features)));
    HostTensor labels = HostTensor.of(Shape.of(20), new int[20]);
    CurveAttack attack = attack(new Pgd(1, 1, false)).withSlots(16);
    try (RecordingDevice device = device(2)) {
      HostAttack.run(device, net, attack, net.initial(KEY), KEY, x, labels);
      assertThat(program(device, "attack-step").inputs().get("lane/slot/x").shape())
          .isEqualTo(Shape.of(2, 8, features));
    }
  }

  /** Three layers: the last point of a start needs their products, but not those of a gradient. */
  @Test
  void theLastPointIsCheckedWithoutAGradient() {
    try (RecordingDevice device = device(2)) {
      run(device, attack(new Pgd(2, 1, true)).withLoss(AttackLoss.CROSS_ENTROPY));
      assertThat(products(program(device, "attack-check"))).isEqualTo(3);
      assertThat(products(program(device, "attack-step"))).isEqualTo(6);
    }
  }

  @Test
  void movesBetweenTurnsLeaveLittleOfAStartOver() {
    int[] steps = {1, 2, 10, 40, 41, 100};
    int[] moves = {1, 1, 2, 10, 14, 25};
    for (int i = 0; i < steps.length; i++) {
      assertThat(attack(new Pgd(steps[i], 1, true)).moves())
          .as("%d steps", steps[i])
          .isEqualTo(moves[i]);
    }
  }
}
