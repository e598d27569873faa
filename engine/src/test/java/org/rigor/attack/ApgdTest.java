// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * Auto-PGD against the authors' code, auto-attack at its commit a392200: losses and steps that it
 * gave in float64, from the clean point, on {@link GoldenNetwork}.
 */
class ApgdTest {
  private static final int STEPS = 100;

  static Stream<Arguments> golden() {
    return Stream.of(
        Arguments.of(
            Norm.LINF,
            0.06,
            AttackLoss.CROSS_ENTROPY,
            new double[] {.34614446, .15085029, .67549556, .60101171},
            new double[] {1.28435282, .47457795, 2.63020168, 1.98984762},
            new boolean[] {true, true, false, false},
            new int[] {7, 7, 7, 7}),
        Arguments.of(
            Norm.LINF,
            0.06,
            AttackLoss.DLR,
            new double[] {-.52350732, -.66720136, -.55675058, -.50612201},
            new double[] {-.28708291, -.57520016, 2.04139775, -.27097552},
            new boolean[] {true, true, false, true},
            new int[] {7, 7, 7, 7}),
        Arguments.of(
            Norm.LINF,
            0.06,
            AttackLoss.TARGETED_DLR,
            new double[] {-.37121521, -.43812376, -.40318096, -.34270686},
            new double[] {-.23435798, -.39648124, .99826838, -.21099937},
            new boolean[] {true, true, false, true},
            new int[] {7, 7, 6, 7}),
        Arguments.of(
            Norm.L2,
            0.25,
            AttackLoss.CROSS_ENTROPY,
            new double[] {.34614446, .15085029, .67549556, .60101171},
            new double[] {1.56904217, .57794764, 3.05274359, 2.36804512},
            new boolean[] {false, true, false, false},
            new int[] {7, 7, 7, 7}),
        Arguments.of(
            Norm.L2,
            0.25,
            AttackLoss.DLR,
            new double[] {-.52350732, -.66720136, -.55675058, -.50612201},
            new double[] {.17850203, -.56452833, 2.59265754, -.25036549},
            new boolean[] {false, true, false, true},
            new int[] {7, 6, 6, 6}),
        Arguments.of(
            Norm.L2,
            0.25,
            AttackLoss.TARGETED_DLR,
            new double[] {-.37121521, -.43812376, -.40318096, -.34270686},
            new double[] {.15659648, -.39138139, .99828956, -.19754757},
            new boolean[] {false, true, false, true},
            new int[] {7, 6, 6, 6}));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void itIsTheAuthorsCode(
      Norm norm,
      double radius,
      AttackLoss loss,
      double[] initial,
      double[] best,
      boolean[] correct,
      int[] halvings) {
    Apgd attack = new Apgd(STEPS, Apgd.Form.REFERENCE);
    boolean[] stands = {true, true, true, true};
    HostTensor[] last = new HostTensor[2];
    GoldenNetwork.walk(
        attack,
        norm,
        radius,
        loss,
        STEPS + 1,
        (step, i) -> {
          double[] margins = step.output("margin").read().doubles();
          for (int n = 0; n < margins.length; n++) {
            stands[n] &= margins[n] < 0;
          }
          last[0] = step.output("row/kept/best-loss").read();
          last[1] = step.output("row/kept/length").read();
          if (i == 0) {
            near(last[0].doubles(), initial);
          }
        });
    near(last[0].doubles(), best);
    assertThat(stands).isEqualTo(correct);
    for (int n = 0; n < halvings.length; n++) {
      assertThat(last[1].get(n) / radius).isEqualTo(Math.scalb(1.0, -halvings[n]));
    }
  }

  /**
   * In l1, in three balls, entered at the clean point: best losses that the authors' code gave
   * there with 30, 30 and 40 steps in float64.
   */
  static Stream<Arguments> goldenL1() {
    return Stream.of(
        Arguments.of(
            1.0,
            AttackLoss.CROSS_ENTROPY,
            new double[] {1.6723954, 0.78589694, 1.83863336, 3.62962906},
            new boolean[] {false, true, false, false}),
        Arguments.of(
            1.0,
            AttackLoss.DLR,
            new double[] {2.7495235, -0.33777907, -0.21123859, -0.42289573},
            new boolean[] {false, true, true, true}),
        Arguments.of(
            0.5,
            AttackLoss.TARGETED_DLR,
            new double[] {-0.28650715, -0.40226203, -0.19028269, -0.30020859},
            new boolean[] {true, true, true, true}));
  }

  @ParameterizedTest
  @MethodSource("goldenL1")
  void itIsTheAuthorsCodeInL1(double radius, AttackLoss loss, double[] best, boolean[] correct) {
    Attack attack = new Apgd(STEPS + 2, Apgd.Form.REFERENCE).in(Sparse.L1);
    boolean[] stands = {true, true, true, true};
    HostTensor[] last = new HostTensor[1];
    GoldenNetwork.walk(
        attack,
        Sparse.L1,
        radius,
        loss,
        STEPS + 3,
        (step, i) -> {
          double[] margins = step.output("margin/search").read().doubles();
          for (int n = 0; n < margins.length && i >= 62; n++) { // in the last ball
            stands[n] &= margins[n] < 0;
          }
          last[0] = step.output("row/kept/best-loss").read();
        });
    near(last[0].doubles(), best);
    assertThat(stands).isEqualTo(correct);
  }

  private static void near(double[] got, double[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      assertThat(got[i]).isCloseTo(wanted[i], within(1e-8 + 1e-6 * Math.abs(wanted[i])));
    }
  }

  /** Checkpoints of both forms: those of the paper's text, and those that the code prints. */
  @Test
  void theFormsDifferInCheckpoints() {
    List<Integer> hundred = List.of(22, 41, 57, 70, 80, 87, 93, 99);
    assertThat(Apgd.Form.PAPER.checkpoints(100)).isEqualTo(hundred);
    assertThat(Apgd.Form.REFERENCE.checkpoints(100)).isEqualTo(hundred);
    assertThat(Apgd.Form.PAPER.checkpoints(50)).containsExactly(11, 21, 29, 35, 40, 44, 47, 50);
    assertThat(Apgd.Form.REFERENCE.checkpoints(50)).containsExactly(11, 21, 30, 38, 45);
    assertThat(Apgd.Form.PAPER.checkpoints(20)).containsExactly(5, 9, 12, 14, 16, 18, 19, 20);
    assertThat(Apgd.Form.REFERENCE.checkpoints(20)).startsWith(4, 7, 9, 10, 11, 12);
    assertThat(Apgd.Form.PAPER.checkpoints(1)).containsExactly(1);
    for (Apgd.Form form : Apgd.Form.values()) {
      assertThat(form.checkpoints(1_000_000_000))
          .isEqualTo(hundred.stream().map(p -> p * 10_000_000).toList());
    }
  }
}
