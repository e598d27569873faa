// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
import org.rigor.threat.Threat;

class TargetedAttackTest {
  private static final Sequential NET = Sequential.mlp(Shape.of(4), List.of(6), Activation.RELU, 5);
  private static final int N = 17;

  private static CurveAttack attack(int slots, DType type) {
    return CurveAttack.of(
            new Pgd(5, 0.5, true), new Threat(Norm.LINF, Box.UNIT), List.of(0.02, 0.08, 0.2))
        .withTargets(9) // of which a network of five classes has four
        .withRestarts(2)
        .withSlots(slots)
        .withType(type);
  }

  private static CurveResult run(CurveAttack attack) {
    List<TrialKey> keys = List.of(TrialKey.of(1, "a"), TrialKey.of(2, "a"));
    Map<String, HostTensor> params = NET.initial(keys);
    float[] x = new float[N * 4];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.5 + 0.4 * Math.sin(3 * i + 1));
    }
    HostTensor points = HostTensor.of(Shape.of(N, 4), x);
    int[] y = new int[N];
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (int k = 0; k < 5; k++) { // the first model's classes as labels
        int[] all = new int[N];
        Arrays.fill(all, k);
        CurveResult r =
            HostAttack.run(
                device, NET, attack, params, keys, points, HostTensor.of(Shape.of(N), all));
        for (int n = 0; n < N; n++) {
          y[n] = r.distance()[0][n] == 0 ? y[n] : k;
        }
      }
      return HostAttack.run(
          device, NET, attack, params, keys, points, HostTensor.of(Shape.of(N), y));
    }
  }

  /** Neither the slots nor the neighbours in them leave a trace, in float or in double. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void resultsDoNotDependOnSlots(DType type) {
    CurveResult one = run(attack(1, type));
    for (int slots : new int[] {3, 50}) {
      CurveResult r = run(attack(slots, type));
      assertThat(r.survived()).isDeepEqualTo(one.survived());
      assertThat(r.start()).isDeepEqualTo(one.start());
      assertThat(r.iterations()).isDeepEqualTo(one.iterations());
      assertThat(r.witness()).isDeepEqualTo(one.witness());
    }
    long fell =
        Arrays.stream(one.iterations()).flatMapToInt(Arrays::stream).filter(i -> i > 0).count();
    assertThat(fell).as("samples that took steps to fall").isPositive();
  }

  /** Starts 0 and 1 go to the likeliest wrong class; what is not a number comes last. */
  @Test
  void theLikeliestClassesComeFirst() {
    double nan = Double.NaN;
    double[] logits = {3, 1, nan, 2, 2, /**/ 0, 5, 4, 3, 9};
    HostTensor t =
        Targets.of(attack(1, DType.F32).fit(5), logits, 1, HostTensor.of(Shape.of(2), 0, 4));
    assertThat(t.ints()).containsExactly(3, 3, 4, 4, 1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 0, 0);
  }

  @Test
  void aTargetedLossWithoutATargetIsRefused() {
    assertThatThrownBy(() -> AttackLoss.TARGETED_MARGIN.of(null, (org.rigor.ir.Value) null))
        .hasMessageContaining("needs a target");
    assertThatThrownBy(
            () -> attack(1, DType.F32).withLoss(AttackLoss.TARGETED_MARGIN).withTargets(0))
        .hasMessageContaining("targets must be >= 1");
  }
}
