// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** A compiled attack leaves nothing behind from one run to the next. */
@Timeout(60)
class PreparedAttackTest {
  private static final int N = 23;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(5), List.of(9, 8), Activation.RELU, 3);
  private static final HostTensor LABELS =
      HostTensor.of(Shape.of(N), IntStream.range(0, N).map(i -> i % 3).toArray());

  private static HostTensor samples(long seed) {
    return HostTensor.of(Shape.of(N, 5), new SplittableRandom(seed).doubles(5 * N, 0, 1).toArray())
        .toFloat();
  }

  private static List<TrialKey> keys(long seed) {
    return List.of(TrialKey.of(seed, "train"), TrialKey.of(seed + 1, "train"));
  }

  /** Fewer slots than samples, and more: a slot must not keep what it held last. */
  @ParameterizedTest
  @ValueSource(ints = {7, 40})
  void runsAreIndependent(int slots) {
    CurveAttack attack =
        CurveAttack.of(
                new Pgd(9, 0.3, true), new Threat(Norm.LINF, Box.UNIT), List.of(0.0, 0.05, 0.2))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withRestarts(2)
            .withSlots(slots);
    try (Device device = Device.open("cpu");
        PreparedAttack prepared = new CurveAttacker(device, NET, attack).prepare(2, N)) {
      for (long seed : new long[] {1, 2, 1}) {
        Map<String, HostTensor> params = NET.initial(keys(seed));
        HostTensor x = samples(seed);
        CurveResult again;
        CurveResult wide;
        try (Models networks = Models.of(device, NET, params)) {
          again = prepared.run(networks, keys(seed), x, LABELS);
          // Doubles of the same value are another program for the check, and the same samples.
          wide = prepared.run(networks, keys(seed), x.toDouble(), LABELS);
        }
        CurveResult alone = HostAttack.run(device, NET, attack, params, keys(seed), x, LABELS);
        assertThat(again.survived()).isDeepEqualTo(alone.survived());
        assertThat((Object) again.witness()).isEqualTo(alone.witness());
        assertThat((Object) again.distance()).isEqualTo(alone.distance());
        assertThat(again.iterations()).isDeepEqualTo(alone.iterations());
        assertThat(again.ambiguous()).isEqualTo(alone.ambiguous());
        assertThat(again.survived()[0]).contains(0, 3);
        assertThat(wide.survived()).isDeepEqualTo(alone.survived());
        assertThat((Object) wide.witness()).isEqualTo(alone.witness());
      }
      try (Models networks = Models.of(device, NET, NET.initial(keys(1)))) {
        assertThatThrownBy(() -> prepared.run(networks, keys(1).subList(0, 1), samples(1), LABELS))
            .hasMessageContaining("compiled for 2 models and 23 samples, got 1 and 23");
      }
    }
  }
}
