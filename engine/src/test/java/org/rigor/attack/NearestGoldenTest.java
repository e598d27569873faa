// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * Attacks that minimise a distance against adversarial-library at its commit 9dec220, in float64 on
 * {@link GoldenNetwork}.
 */
class NearestGoldenTest {
  static Stream<Arguments> golden() {
    return Stream.of(
        Arguments.of(
            new Fmn(100),
            Norm.LINF,
            AttackLoss.MARGIN,
            new double[] {.06869527, .09967463, .0208199, .04100361}),
        Arguments.of(
            new Fmn(100),
            Norm.L2,
            AttackLoss.MARGIN,
            new double[] {.24598367, .36514127, .07628798, .14969828}),
        Arguments.of(new Fmn(100), Sparse.L0, AttackLoss.MARGIN, new double[] {1, 2, 1, 1}),
        Arguments.of(new SigmaZero(100), Sparse.L0, AttackLoss.MARGIN, new double[] {1, 2, 1, 1}),
        Arguments.of(
            new Ddn(100),
            Norm.L2,
            AttackLoss.CROSS_ENTROPY,
            new double[] {.25191034, .36663829, .07656073, .15045096}),
        Arguments.of(
            new CarliniWagner(9 * 100),
            Norm.L2,
            AttackLoss.MARGIN,
            new double[] {.24684713, .36570689, .07635131, .14984346}));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void itReachesTheDistancesOfTheCode(
      Attack attack, Distance norm, AttackLoss loss, double[] wanted) {
    double[] nearest = GoldenNetwork.nearest(attack, norm, loss, Attack.ITERATE);
    assertThat(nearest).containsExactly(wanted, within(1e-6));
  }
}
