// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The fitted temperature against its closed form, a fine grid, and cases without an optimum. */
class TemperatureTest {
  /** Two classes, logits (g, 0), a share q right: exp(g / T) = q / (1 - q). */
  @Test
  void twoClassesHaveAClosedForm() {
    int n = 10;
    for (int right = 6; right < 10; right++) {
      for (double gap : new double[] {0.5, 3, 40}) {
        double[] logits = new double[2 * n];
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
          logits[2 * i] = gap;
          labels[i] = i < right ? 0 : 1;
        }
        double q = right / 10.0;
        Temperature t = Temperature.fit(logits, 2, labels);
        assertThat(t.attained()).isTrue();
        assertThat(t.value()).isCloseTo(gap / Math.log(q / (1 - q)), within(1e-9 * t.value()));
        assertThat(t.after())
            .isCloseTo(-q * Math.log(q) - (1 - q) * Math.log(1 - q), within(1e-12));
        assertThat(t.before()).isGreaterThanOrEqualTo(t.after());
      }
    }
  }

  @Test
  void noTemperatureOnAGridIsBetter() {
    Random r = new Random(1);
    double[] logits = new double[5 * 80];
    int[] labels = new int[80];
    for (int n = 0; n < 80; n++) {
      labels[n] = r.nextInt(5);
      for (int k = 0; k < 5; k++) {
        logits[5 * n + k] = 3 * r.nextGaussian() + (k == labels[n] ? 2 : 0);
      }
    }
    Temperature t = Temperature.fit(logits, 5, labels);
    for (double at = 0.2; at < 10; at *= 1.01) {
      assertThat(ProperScores.negativeLogLikelihood(logits, 5, labels, at))
          .isGreaterThanOrEqualTo(t.after() - 1e-12);
    }
    // the same scaling of all logits scales the temperature
    double[] scaled = new double[logits.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = 7 * logits[i];
    }
    assertThat(Temperature.fit(scaled, 5, labels).value())
        .isCloseTo(7 * t.value(), within(1e-7 * t.value()));
  }

  @Test
  void separableSamplesHaveNoOptimumAndSaySo() {
    Temperature all = Temperature.fit(new double[] {2, 0, 0, 3}, 2, new int[] {0, 1});
    assertThat(all.attained()).isFalse();
    assertThat(all.value()).isEqualTo(Temperature.LEAST, within(1e-12));
    Temperature none = Temperature.fit(new double[] {2, 0, 0, 3}, 2, new int[] {1, 0});
    assertThat(none.attained()).isFalse();
    assertThat(none.value()).isEqualTo(Temperature.MOST, within(1e-6));
  }

  @Test
  void hugeLogitsDoNotOverflow() {
    Temperature t = Temperature.fit(new double[] {1e5, 0, 1e5, 0, 1e5, 0}, 2, new int[] {0, 0, 1});
    assertThat(t.attained()).isFalse(); // 1e5 / ln 2 is beyond the range
    assertThat(t.after()).isFinite();
    assertThatThrownBy(() -> Temperature.fit(new double[] {Double.NaN, 0}, 2, new int[] {0}))
        .hasMessageContaining("finite");
  }
}
