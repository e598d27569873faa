// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.data.Box;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;

/** FAB-T against the authors' code: distances that it reached on {@link GoldenNetwork}. */
class FabTest {
  private static final int STEPS = 100;

  static Stream<Arguments> golden() {
    return Stream.of(
        Arguments.of(Norm.LINF, new double[] {.06858973, .13326678, .02092162, .08618549}),
        Arguments.of(Norm.L2, new double[] {.24597021, .46961703, .07666224, .31767687}),
        Arguments.of(Sparse.L1, new double[] {.70522036, 1.35796822, .22542479, .945222}));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void itReachesTheDistancesOfTheCode(Distance norm, double[] wanted) {
    double[] nearest =
        GoldenNetwork.nearest(new Fab(STEPS), norm, AttackLoss.TARGETED_MARGIN, Attack.ITERATE);
    assertThat(nearest).containsExactly(wanted, within(1e-6));
  }

  @Test
  void aLossThatIsNoMarginIsRefused() {
    CurveAttack fab = CurveAttack.of(new Fab(3), new Threat(Norm.LINF, Box.UNIT), List.of(0.1));
    assertThatThrownBy(() -> fab.withLoss(AttackLoss.CROSS_ENTROPY))
        .hasMessage("attack: needs a margin as its loss, got CROSS_ENTROPY");
    assertThat(Attacks.namesForAnyLoss()).contains("apgd").doesNotContain("fab");
  }
}
