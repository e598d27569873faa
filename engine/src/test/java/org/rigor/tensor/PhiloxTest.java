// SPDX-License-Identifier: Apache-2.0
package org.rigor.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 10 rounds). */
class PhiloxTest {
  private static int[] block(int c0, int c1, int c2, int c3, int k0, int k1) {
    int[] out = new int[6];
    Philox.block(c0, c1, c2, c3, k0, k1, out, 1);
    assertThat(out[0]).isZero();
    assertThat(out[5]).isZero();
    return new int[] {out[1], out[2], out[3], out[4]};
  }

  @Test
  void zeroCounterAndKey() {
    assertThat(block(0, 0, 0, 0, 0, 0))
        .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
  }

  @Test
  void allOnes() {
    assertThat(block(-1, -1, -1, -1, -1, -1))
        .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
  }

  @Test
  void digitsOfPi() {
    assertThat(block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0))
        .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  @Test
  void conversionsCoverTheHalfOpenUnitInterval() {
    assertThat(Philox.toFloat(0)).isZero();
    assertThat(Philox.toFloat(-1)).isEqualTo(1f - 0x1p-24f);
    assertThat(Philox.toFloat(0x80000000)).isEqualTo(0.5f);
    assertThat(Philox.toDouble(0, 0)).isZero();
    assertThat(Philox.toDouble(-1, -1)).isEqualTo(1 - 0x1p-53);
    assertThat(Philox.toDouble(0x80000000, 0)).isEqualTo(0.5);
    assertThat(Philox.toDouble(0, 1 << 6)).isEqualTo(0x1p-53);
  }

  @Test
  void momentsOfUniformsAreThoseOfTheUnitInterval() {
    int n = 1 << 15;
    int[] out = new int[4];
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      Philox.block(i, 7, 0, 0, 42, 0, out, 0);
      double u = Philox.toDouble(out[0], out[3]);
      sum += u;
      squares += u * u;
    }
    // Five standard errors of the mean and of the second moment.
    assertThat(sum / n).isCloseTo(0.5, within(5 * Math.sqrt(1.0 / 12 / n)));
    assertThat(squares / n).isCloseTo(1.0 / 3, within(5 * Math.sqrt(4.0 / 45 / n)));
  }
}
