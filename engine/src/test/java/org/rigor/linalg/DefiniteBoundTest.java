// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DefiniteBoundTest {
  private static boolean below(double[] e, int n, double s) {
    double[] strip = new double[DefiniteBound.stripSize(n)];
    return DefiniteBound.below(e, n, s, new double[n * n], strip, ScalarGemm.INSTANCE);
  }

  private static double[] gram(Random r, int n) {
    double[] a = GemmTest.doubles(r, n * n);
    double[] e = new double[n * n];
    ScalarGemm.INSTANCE.run(GemmShape.of(n, n, n).transposed(true, false), a, 0, a, 0, e, 0);
    return e;
  }

  /** Completes above the largest eigenvalue and stops below it, for one block and for several. */
  @Test
  void tellsTheLargestEigenvalue() {
    Random r = new Random(1);
    for (int n : new int[] {1, 2, 7, 8, 9, 63, 64, 65, 130}) {
      double[] e = gram(r, n);
      double largest = SymmetricEigen.of(e, n).values()[n - 1];
      assertThat(below(e, n, largest * (1 + 1e-11))).as("%d", n).isTrue();
      assertThat(below(e, n, largest * (1 - 1e-11))).as("%d", n).isFalse();
      assertThat(below(e, n, largest / 2)).isFalse();
      double[] ritz = DefiniteBound.estimate(e, n, 48);
      assertThat(ritz[0]).isBetween(largest * 0.99, largest * (1 + 1e-12));
      double reached = DefiniteBound.reached(largest, n);
      assertThat(reached)
          .isBetween(largest * (1 + n * 0x1p-53), largest * (1 + 4 * (n + 3) * (n + 3) * 0x1p-53));
    }
  }

  @Test
  void numbersThatAreNoneNeverFactor() {
    double[] e = {1, 0, 0, Double.NaN};
    assertThat(below(e, 2, 5)).isFalse();
    assertThat(below(new double[] {1, Double.NaN, 0, 1}, 2, 5)).isFalse();
  }
}
