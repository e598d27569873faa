// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Optimality where curves are known: samples of a linear rule at distances 1/N, 2/N, ..., 1. */
class AreasTest {
  private static final int N = 1000;

  private static double[] line(double factor, double shift) {
    double[] d = new double[N];
    Arrays.setAll(d, n -> factor * (n + 1) / N + shift);
    return d;
  }

  /** The true area is the mean of 1 - d, a half; an attack that goes 1 + f too far has less. */
  @Test
  void anAttackThatGoesTooFarByAFactor() {
    double f = 0.25;
    Areas a = Areas.of(line(1, 0), line(1, 0), line(1 + f, 0));
    // the integral of 1 - (1 + f) d up to d = 1 / (1 + f), over that of 1 - d
    assertThat(a.cut()).isEqualTo(1);
    assertThat(a.lower()).isCloseTo(1 / (1 + f), within(2.0 / N)).isEqualTo(a.upper());
  }

  @Test
  void theTruthHasOneAndNothingHasNone() {
    double[] none = new double[N];
    Arrays.fill(none, Double.POSITIVE_INFINITY);
    assertThat(Areas.of(line(1, 0), line(1, 0), line(1, 0)).lower()).isEqualTo(1);
    assertThat(Areas.of(line(1, 0), line(1, 0), none).upper()).isZero();
  }

  /** Lower sides that lie a share below make the true area larger by the mean of what they miss. */
  @Test
  void bracketsAreCarriedOver() {
    double g = 0.1;
    Areas a = Areas.of(line(1 - g, 0), line(1, 0), line(1, 0));
    double area = 0.5 - 0.5 / N;
    assertThat(a.upper()).isEqualTo(1);
    assertThat(a.lower()).isCloseTo(area / (area + g * (0.5 + 0.5 / N)), within(1e-12));
  }

  @Test
  void misclassifiedSamplesHaveNoArea() {
    double[] high = {0, 0.5, 1};
    double[] found = {0, 0.75, 1};
    Areas a = Areas.of(high, high, found);
    assertThat(a.upper()).isEqualTo(0.5);
    assertThat(Areas.of(new double[1], new double[1], new double[1]).upper()).isNaN();
  }
}
