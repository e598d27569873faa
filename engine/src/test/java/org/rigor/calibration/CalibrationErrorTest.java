// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Binned errors against brute force over bins and against closed forms of the binomial. */
class CalibrationErrorTest {
  private static Confidences random(int n, long seed) {
    Random r = new Random(seed);
    double[] c = new double[n];
    boolean[] correct = new boolean[n];
    for (int i = 0; i < n; i++) {
      c[i] = r.nextInt(21) / 20.0; // on the ends of bins too
      correct[i] = r.nextDouble() < c[i] * c[i];
    }
    return new Confidences(c, correct);
  }

  /** Equation 2 of Guo et al. with each bin searched through all samples. */
  private static double brute(Confidences c, int bins) {
    double sum = 0;
    for (int m = 0; m < bins; m++) {
      double gap = 0;
      for (int i = 0; i < c.size(); i++) {
        double p = c.confidence()[i];
        boolean in = p > (double) m / bins && p <= (double) (m + 1) / bins || m == 0 && p == 0;
        gap += in ? (c.correct()[i] ? 1 : 0) - p : 0;
      }
      sum += Math.abs(gap);
    }
    return sum / c.size();
  }

  @Test
  void equalWidthBinsAreThoseOfTheDefinition() {
    for (int bins : new int[] {1, 3, 10, 15, 20, 49}) {
      Confidences c = random(500, bins);
      assertThat(Reliability.equalWidth(c, bins).error()).isCloseTo(brute(c, bins), within(1e-14));
    }
  }

  /** 0.07 * 100 is rounded to above 7, yet 0.07 is the end of a bin and belongs to it. */
  @Test
  void endsOfBinsBelongToTheBinBelow() {
    for (int m = 1; m <= 100; m++) {
      Confidences c = new Confidences(new double[] {m / 100.0}, new boolean[1]);
      assertThat(Reliability.equalWidth(c, 100).bins().get(0).high()).isEqualTo(m / 100.0);
    }
  }

  @Test
  void aHandWorkedCase() {
    Confidences c =
        new Confidences(
            new double[] {0.55, 0.6, 0.9, 0.95, 1}, new boolean[] {true, false, true, true, false});
    // bins (0.4, 0.6]: 0.575 against 1/2; (0.8, 1]: 0.95 against 2/3
    Reliability r = Reliability.equalWidth(c, 5);
    assertThat(r.bins()).hasSize(2);
    assertThat(r.error()).isCloseTo(0.4 * 0.075 + 0.6 * (0.95 - 2 / 3.0), within(1e-15));
    // of equal mass, three bins: {0.55}, {0.6, 0.9}, {0.95, 1}
    Reliability mass = Reliability.equalMass(c, 3);
    assertThat(mass.bins().stream().map(Reliability.Bin::count)).containsExactly(1, 2, 2);
    assertThat(mass.error()).isCloseTo(0.2 * 0.45 + 0.4 * 0.25 + 0.4 * 0.475, within(1e-15));
  }

  @Test
  void binsOfEqualMassKeepTiesTogetherInAnyOrder() {
    Confidences c = random(300, 5);
    double[] back = new double[c.size()];
    boolean[] correct = new boolean[c.size()];
    for (int i = 0; i < back.length; i++) {
      back[i] = c.confidence()[back.length - 1 - i];
      correct[i] = c.correct()[back.length - 1 - i];
    }
    Reliability one = Reliability.equalMass(c, 7);
    assertThat(Reliability.equalMass(new Confidences(back, correct), 7).error())
        .isCloseTo(one.error(), within(1e-14));
    assertThat(one.bins().stream().mapToInt(Reliability.Bin::count).sum()).isEqualTo(300);
    for (int i = 1; i < one.bins().size(); i++) {
      assertThat(one.bins().get(i).low()).isGreaterThan(one.bins().get(i - 1).high());
    }
  }

  /** One bin, all of confidence p: the error of a calibrated predictor is E |B(n, p) / n - p|. */
  @Test
  void theBiasIsThatOfTheBinomial() {
    int n = 50;
    double p = 0.8;
    double[] same = new double[n];
    Arrays.fill(same, p);
    boolean[] correct = new boolean[n];
    Arrays.fill(correct, 0, 40, true);
    CalibrationError e =
        CalibrationError.equalWidth(new Confidences(same, correct), 10, 4000, 0.05, 7);
    double expected = 0;
    double square = 0;
    double mass = Math.pow(1 - p, n);
    for (int k = 0; k <= n; k++) {
      expected += mass * Math.abs((double) k / n - p);
      square += mass * Math.pow((double) k / n - p, 2);
      mass *= (double) (n - k) / (k + 1) * p / (1 - p);
    }
    double se = Math.sqrt((square - expected * expected) / 4000);
    assertThat(e.value()).isCloseTo(0, within(1e-15));
    assertThat(e.bias()).isCloseTo(expected, within(4 * se));
    assertThat(e.nullHigh()).isBetween(0.09, 0.13); // |B / 50 - 0.8| passes 0.10 in 5 % of cases
    assertThat(e.low()).isLessThan(0.01);
  }

  @Test
  void theIntervalHoldsTheTruthOfAnOverconfidentPredictor() {
    Random r = new Random(3);
    int hits = 0;
    for (int t = 0; t < 60; t++) {
      double[] c = new double[400];
      boolean[] correct = new boolean[400];
      for (int i = 0; i < 400; i++) {
        c[i] = 0.95;
        correct[i] = r.nextDouble() < 0.75;
      }
      CalibrationError e =
          CalibrationError.equalMass(new Confidences(c, correct), 15, 200, 0.05, t);
      hits += e.low() <= 0.2 && 0.2 <= e.high() ? 1 : 0;
    }
    assertThat(hits).isBetween(51, 60); // 95 % of 60 is 57, standard deviation 1.7
  }

  @Test
  void equalSeedsGiveEqualNumbersAndOthersOthers() {
    Confidences c = random(200, 1);
    CalibrationError a = CalibrationError.equalWidth(c, 15, 50, 0.05, 11);
    assertThat(CalibrationError.equalWidth(c, 15, 50, 0.05, 11)).isEqualTo(a);
    assertThat(CalibrationError.equalWidth(c, 15, 50, 0.05, 12).bias()).isNotEqualTo(a.bias());
  }

  @Test
  void refusesWhatIsNoConfidence() {
    assertThatThrownBy(() -> new Confidences(new double[] {1.01}, new boolean[1]))
        .hasMessageContaining("[0, 1]");
    assertThatThrownBy(() -> new Confidences(new double[] {Double.NaN}, new boolean[1]))
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> new Confidences(new double[2], new boolean[1]))
        .hasMessageContaining("1 and 2");
  }
}
