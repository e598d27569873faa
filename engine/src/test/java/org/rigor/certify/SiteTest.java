// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;

class SiteTest {
  /** Sides of a ball, which rounding must not move inward, against exact sums. */
  @Test
  void sidesEncloseTheBall() {
    Random r = new Random(1);
    for (int n = 0; n < 1000; n++) {
      double[] x = {r.nextGaussian(), (float) r.nextDouble(), 1e-300 * r.nextDouble()};
      double epsilon = Math.pow(10, -8 * r.nextDouble());
      Site s = Site.of(x, epsilon, 0, Box.NONE);
      BigDecimal radius = new BigDecimal(epsilon);
      for (int i = 0; i < x.length; i++) {
        BigDecimal centre = new BigDecimal(x[i]);
        assertThat(new BigDecimal(s.low[i])).isLessThanOrEqualTo(centre.subtract(radius));
        assertThat(new BigDecimal(s.high[i])).isGreaterThanOrEqualTo(centre.add(radius));
        assertThat(s.high[i] - s.low[i]).isLessThan(2 * epsilon + 1e-14);
      }
    }
  }
}
