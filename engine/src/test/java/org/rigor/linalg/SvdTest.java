// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SvdTest {
  private static Matrix random(int rows, int cols, long seed) {
    SplittableRandom r = new SplittableRandom(seed);
    return new Matrix(rows, cols, r.doubles((long) rows * cols, -1, 1).toArray());
  }

  @Test
  void factorsMultiplyToTheMatrixWhateverItsShape() {
    for (int[] s : new int[][] {{5, 3}, {3, 5}, {4, 4}, {7, 1}}) {
      Matrix a = random(s[0], s[1], 3);
      Svd svd = Svd.of(a);
      int k = Math.min(s[0], s[1]);
      assertThat(svd.values()).hasSize(k).isSortedAccordingTo((x, y) -> Double.compare(y, x));
      assertThat(svd.with(svd.values()).minus(a).norm()).isLessThan(1e-13);
      Matrix eye = Matrix.identity(k);
      assertThat(svd.u().transpose().times(svd.u()).minus(eye).norm()).isLessThan(1e-13);
      assertThat(svd.v().transpose().times(svd.v()).minus(eye).norm()).isLessThan(1e-13);
    }
  }

  @Test
  void rankAndTruncation() {
    Matrix a = random(6, 2, 1).times(random(2, 5, 2));
    Svd svd = Svd.of(a);
    assertThat(svd.rank(1e-10)).isEqualTo(2);
    double[] one = {svd.values()[0]};
    assertThat(svd.with(one).minus(a).norm()).isCloseTo(svd.values()[1], within(1e-13));
    assertThat(a.spectralNorm()).isCloseTo(svd.values()[0], within(1e-13));
  }

  @Test
  void matricesRefuseWhatDoesNotFit() {
    assertThatThrownBy(() -> new Matrix(2, 3, new double[5])).hasMessageContaining("2 x 3");
    Matrix a = random(2, 3, 1);
    assertThatThrownBy(() -> a.times(a)).hasMessage("product of 2 x 3 and 2 x 3");
    assertThatThrownBy(() -> a.plus(1, a.transpose())).hasMessage("sum of 2 x 3 and 3 x 2");
    a.data()[4] = Double.NaN;
    assertThatThrownBy(() -> Svd.of(a)).hasMessageContaining("NaN");
  }
}
