// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;

class BallTest {
  private static BigDecimal distance(double p, double c) {
    return new BigDecimal(p).subtract(new BigDecimal(c)).abs();
  }

  /** A centre of 1e-30 vanishes beside epsilon in double, but not in real arithmetic. */
  @Test
  void staysInsideTheRealCube() {
    double[] centres = {1e-30, -1e-30, 0, 0x1p-1074, 0.3, 1e20, -7};
    for (double far : new double[] {-1e30, 1e30}) {
      for (double epsilon : new double[] {0, 0.1, 1.0 / 3, 8.0 / 255, 1e-300}) {
        double[] point = new double[centres.length];
        java.util.Arrays.fill(point, far);
        Ball.project(Norm.LINF, point, 0, centres, 0, centres.length, epsilon, Box.NONE);
        for (int i = 0; i < point.length; i++) {
          assertThat(distance(point[i], centres[i]))
              .as("centre %s, epsilon %s", centres[i], epsilon)
              .isLessThanOrEqualTo(new BigDecimal(epsilon));
        }
      }
    }
  }

  @Test
  void staysInsideTheRealDiamond() {
    Random random = new Random(4);
    int n = 9;
    for (int trial = 0; trial < 2000; trial++) {
      double[] c = new double[n];
      double[] point = new double[n];
      for (int i = 0; i < n; i++) {
        c[i] = random.nextDouble();
        point[i] = random.nextDouble();
      }
      double epsilon = 0.1 + random.nextDouble();
      double far = Ball.project(Sparse.L1, point, 0, c, 0, n, epsilon, Box.UNIT);
      BigDecimal sum = BigDecimal.ZERO;
      for (int i = 0; i < n; i++) {
        sum = sum.add(distance(point[i], c[i]));
      }
      assertThat(sum).isLessThanOrEqualTo(new BigDecimal(epsilon));
      assertThat(sum).isLessThanOrEqualTo(new BigDecimal(far));
    }
  }

  @Test
  void keepsTheLargestChanges() {
    double[] c = {0.5, 0.5, 0.5, 0.5, 0.5};
    double[] point = {0.6, 0.5, 0.2, 7, 0.4};
    assertThat(Ball.project(Sparse.L0, point, 0, c, 0, 5, 2.9, Box.UNIT)).isEqualTo(2);
    assertThat(point).containsExactly(0.5, 0.5, 0.2, 1, 0.5);
    point[0] = Double.NaN;
    assertThat(Ball.project(Sparse.L0, point, 0, c, 0, 5, 2, Box.UNIT)).isNaN();
  }

  @Test
  void staysInsideTheRealBall() {
    Random random = new Random(3);
    int n = 9;
    for (int trial = 0; trial < 2000; trial++) {
      double[] c = new double[n];
      double[] point = new double[n];
      for (int i = 0; i < n; i++) {
        c[i] = random.nextDouble();
        point[i] = random.nextDouble();
      }
      double epsilon = 0.1 + 0.2 * random.nextDouble();
      Ball.project(Norm.L2, point, 0, c, 0, n, epsilon, Box.UNIT);
      BigDecimal squares = BigDecimal.ZERO;
      for (int i = 0; i < n; i++) {
        squares = squares.add(distance(point[i], c[i]).pow(2));
      }
      assertThat(squares).isLessThanOrEqualTo(new BigDecimal(epsilon).pow(2));
    }
  }
}
