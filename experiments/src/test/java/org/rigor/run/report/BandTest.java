// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BandTest {
  private static Band.Known known(double... pairs) {
    double[] x = new double[pairs.length / 2];
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = pairs[2 * i];
      y[i] = pairs[2 * i + 1];
    }
    return new Band.Known(x, y);
  }

  @Test
  void aFinerCertificateKeepsItsOwnStairs() {
    List<Band> band =
        Band.between(List.of(known(0, 0.9, 0.05, 0.8, 0.2, 0.1)), List.of(known(0, 0.9, 0.2, 0.3)));
    assertThat(band).hasSize(1);
    assertThat(band.get(0).x()).containsExactly(0, 0.05, 0.05, 0.2);
    assertThat(band.get(0).low()).containsExactly(0.8, 0.8, 0.1, 0.1);
    assertThat(band.get(0).high()).containsExactly(0.9, 0.9, 0.9, 0.9);
  }

  /**
   * One radius in common, or none: between the first attack and the last certificate it is known.
   */
  @Test
  void gridsApartHaveABandWhereBothSidesAreKnown() {
    List<Band> band = Band.between(List.of(known(0.1, 0.6)), List.of(known(0.05, 0.8, 0.3, 0.2)));
    assertThat(band).hasSize(1);
    assertThat(band.get(0).x()).containsExactly(0.05, 0.1);
    assertThat(band.get(0).low()).containsExactly(0.6, 0.6);
    assertThat(Band.between(List.of(known(0.1, 0.6)), List.of(known(0.2, 0.8)))).isEmpty();
    assertThat(Band.between(List.of(), List.of(known(0.2, 0.8)))).isEmpty();
  }

  /** For any two falling curves known at some radii, the band holds the truth and nothing else. */
  @Test
  void nothingProvedOrFoundIsShadedAndTheTruthIs() {
    SplittableRandom random = new SplittableRandom(5);
    for (int run = 0; run < 300; run++) {
      double gap = random.nextDouble();
      Band.Known certified = sampled(random, 0);
      Band.Known attacked = sampled(random, 0.3 * gap);
      for (Band b : Band.between(List.of(certified), List.of(attacked))) {
        for (int i = 0; i < b.x().length; i++) {
          int other = i % 2 == 0 ? i + 1 : i - 1;
          double inside = (b.x()[i] + b.x()[other]) / 2;
          for (int k = 0; k < certified.radii().length; k++) {
            if (certified.radii()[k] >= inside) {
              assertThat(b.low()[i]).isGreaterThanOrEqualTo(certified.values()[k]);
            }
          }
          for (int k = 0; k < attacked.radii().length; k++) {
            if (attacked.radii()[k] <= inside) {
              assertThat(b.high()[i]).isLessThanOrEqualTo(attacked.values()[k]);
            }
          }
          assertThat(b.low()[i]).isLessThanOrEqualTo(truth(inside));
          assertThat(b.high()[i]).isGreaterThanOrEqualTo(truth(inside));
        }
      }
    }
  }

  private static double truth(double radius) {
    return Math.exp(-3 * radius);
  }

  /** A side of the truth at a few random radii: below it if {@code above} is 0. */
  private static Band.Known sampled(SplittableRandom random, double above) {
    double[] x = random.doubles(1 + random.nextInt(6)).sorted().toArray();
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = above > 0 ? Math.min(1, truth(x[i]) + above) : 0.8 * truth(x[i]);
    }
    return new Band.Known(x, y);
  }
}
