// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rigor.linalg.GramNorm;

class CertifiedRadiusTest {
  private static final Offset<Double> CLOSE = within(1e-12);

  /** Logits (2 x1, x2) at (1, 0.5): margin 1.5, exact distance 1.5 / sqrt(5). */
  @Test
  void twoLogits() {
    double[][] w = {{2, 0}, {0, 1}};
    double norm = GramNorm.upper(new double[] {2, 0, 0, 1}, 2, 2);
    assertThat(CertifiedRadius.l2(1.5, norm)).isCloseTo(0.5303300858899106, CLOSE);
    double[] pairs = CertifiedRadius.differences(w, 0, 1);
    double exact = 1.5 / Math.sqrt(5);
    assertThat(CertifiedRadius.pairwise(new double[] {0, 1.5}, pairs, 0))
        .isCloseTo(0.6708203932499369, CLOSE)
        .isLessThanOrEqualTo(exact);
    // Each logit alone has constant 2 and 1; in the maximum norm the rows sum to 2 and 1.
    assertThat(CertifiedRadius.separate(1.5, 2)).isCloseTo(0.375, CLOSE);
    assertThat(CertifiedRadius.local(0.7, 0.5)).isEqualTo(0.5);
    assertThat(CertifiedRadius.local(0.3, 0.5)).isEqualTo(0.3);
  }

  @Test
  void noMarginNoRadiusAndNoSlopeNoLimit() {
    assertThat(CertifiedRadius.l2(0, 3)).isZero();
    assertThat(CertifiedRadius.l2(-1, 0)).isZero();
    assertThat(CertifiedRadius.l2(1, 0)).isInfinite();
    assertThat(CertifiedRadius.l2(1, Double.POSITIVE_INFINITY)).isZero();
    assertThatThrownBy(() -> CertifiedRadius.l2(1, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> CertifiedRadius.pairwise(new double[2], new double[3], 0))
        .hasMessageContaining("got 3 for 2");
  }

  /** On linear classifiers no radius exceeds the distance to the nearest decision boundary. */
  @Test
  void neverAboveTheDistanceOfLinearClassifiers() {
    Random r = new Random(5);
    for (int trial = 0; trial < 200; trial++) {
      double[][] w = JacobianNormsTest.gaussian(r, 4, 3);
      double[] x = r.doubles(3, -1, 1).toArray();
      double[] z = new double[4];
      int y = 0;
      for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 3; i++) {
          z[k] += w[k][i] * x[i];
        }
        y = z[k] > z[y] ? k : y;
      }
      double exact = Double.POSITIVE_INFINITY;
      double[] margins = new double[4];
      double least = Double.POSITIVE_INFINITY;
      for (int k = 0; k < 4; k++) {
        double length = 0;
        for (int i = 0; i < 3; i++) {
          length += Math.pow(w[y][i] - w[k][i], 2);
        }
        margins[k] = z[y] - z[k];
        exact = k == y ? exact : Math.min(exact, margins[k] / Math.sqrt(length));
        least = k == y ? least : Math.min(least, margins[k]);
      }
      double pairwise = CertifiedRadius.pairwise(margins, CertifiedRadius.differences(w, y, 1), y);
      double joint = CertifiedRadius.l2(least, GramNorm.upper(Traced.flat(w), 4, 3));
      assertThat(pairwise).isCloseTo(exact, within(1e-12 * exact)).isLessThanOrEqualTo(exact);
      assertThat(joint).isLessThanOrEqualTo(exact);
    }
  }
}
