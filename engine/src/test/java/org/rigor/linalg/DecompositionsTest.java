// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DecompositionsTest {

  private static double[] times(double[] a, double[] b, int m, int k, int n) {
    double[] c = new double[m * n];
    ScalarGemm.INSTANCE.run(GemmShape.of(m, n, k), a, 0, b, 0, c, 0);
    return c;
  }

  private static double[] gram(double[] a, int rows, int cols) {
    double[] c = new double[cols * cols];
    ScalarGemm.INSTANCE.run(
        GemmShape.of(cols, cols, rows).transposed(true, false), a, 0, a, 0, c, 0);
    return c;
  }

  @Test
  void eigenvaluesOfASecondDifferenceMatrix() {
    int n = 12;
    double[] a = new double[n * n];
    for (int i = 0; i < n; i++) {
      a[i * n + i] = 2;
      if (i > 0) {
        a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
      }
    }
    SymmetricEigen eigen = SymmetricEigen.of(a, n);
    double[] av = times(a, eigen.vectors(), n, n, n);
    for (int i = 0; i < n; i++) {
      double exact = 2 - 2 * Math.cos((i + 1) * Math.PI / (n + 1));
      assertThat(eigen.values()[i]).isCloseTo(exact, within(1e-13));
      for (int r = 0; r < n; r++) {
        assertThat(av[r * n + i]).isCloseTo(exact * eigen.vectors()[r * n + i], within(1e-12));
      }
    }
    assertThat(gram(eigen.vectors(), n, n)[0]).isCloseTo(1, within(1e-13));
  }

  @Test
  void singularValuesAreRootsOfTheGramMatrix() {
    double[] a = GemmTest.doubles(new Random(1), 9 * 5);
    double[] values = SpectralNorm.singularValues(a, 9, 5);
    double[] squares = SymmetricEigen.of(gram(a, 9, 5), 5).values();
    for (int i = 0; i < 5; i++) {
      assertThat(values[i] * values[i]).isCloseTo(squares[4 - i], within(1e-12));
    }
    assertThat(SpectralNorm.svd(a, 9, 5)).isEqualTo(values[0]);
    a[7] = Double.NaN;
    assertThatThrownBy(() -> SpectralNorm.svd(a, 9, 5)).hasMessageContaining("NaN");
  }

  @Test
  void choleskyFactorsSolvesAndRefuses() {
    int n = 6;
    double[] a = gram(GemmTest.doubles(new Random(2), 9 * n), 9, n);
    Cholesky factor = Cholesky.of(a, n).orElseThrow();
    double[] product = new double[n * n];
    ScalarGemm.INSTANCE.run(
        GemmShape.of(n, n, n).transposed(false, true), factor.l(), 0, factor.l(), 0, product, 0);
    assertThat(product).containsExactly(a, within(1e-12));
    double[] x = GemmTest.doubles(new Random(3), n);
    assertThat(factor.solve(times(a, x, n, n, 1))).containsExactly(x, within(1e-10));
    assertThat(Cholesky.of(new double[] {1, 2, 2, 1}, 2)).isEmpty();
  }

  @Test
  void qrHasOrthonormalColumnsAndAPositiveDiagonal() {
    double[] a = GemmTest.doubles(new Random(4), 8 * 5);
    Qr qr = Qr.of(a, 8, 5);
    assertThat(times(qr.q(), qr.r(), 8, 5, 5)).containsExactly(a, within(1e-13));
    double[] identity = gram(qr.q(), 8, 5);
    for (int i = 0; i < 25; i++) {
      assertThat(identity[i]).isCloseTo(i % 6 == 0 ? 1 : 0, within(1e-13));
    }
    for (int i = 0; i < 5; i++) {
      assertThat(qr.r()[i * 6]).isPositive();
    }
    assertThatThrownBy(() -> Qr.of(a, 5, 8)).hasMessageContaining("got 5 x 8");
  }
}
