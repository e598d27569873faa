// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A reliability diagram: samples in bins by confidence, with the mean confidence and the accuracy
 * of each bin.
 *
 * @param bins non-empty, by ascending confidence
 */
public record Reliability(List<Bin> bins) {
  /**
   * @param low confidence at which the bin begins
   * @param high confidence at which it ends
   * @param count samples in it, at least 1
   * @param confidence mean confidence
   * @param accuracy share of right answers
   */
  public record Bin(double low, double high, int count, double confidence, double accuracy) {}

  /**
   * Bins samples at equal widths, ((m-1)/M, m/M], the first with 0 (Guo et al. 2017, equation 2).
   *
   * @param bins M, at least 1
   */
  public static Reliability equalWidth(Confidences c, int bins) {
    require(bins);
    int[] count = new int[bins];
    double[] sum = new double[bins];
    int[] right = new int[bins];
    for (int n = 0; n < c.size(); n++) {
      int m = bin(c.confidence()[n], bins);
      count[m]++;
      sum[m] += c.confidence()[n];
      right[m] += c.correct()[n] ? 1 : 0;
    }
    List<Bin> filled = new ArrayList<>();
    for (int m = 0; m < bins; m++) {
      if (count[m] > 0) {
        filled.add(
            new Bin(
                (double) m / bins,
                (double) (m + 1) / bins,
                count[m],
                sum[m] / count[m],
                (double) right[m] / count[m]));
      }
    }
    return new Reliability(filled);
  }

  /** Returns the m with confidence in (m / bins, (m + 1) / bins]. */
  private static int bin(double confidence, int bins) {
    int m = Math.max(0, (int) Math.ceil(confidence * bins) - 1);
    // The product may round across a bin's end; the ends are the numbers m / bins themselves.
    if (m > 0 && confidence <= (double) m / bins) {
      m--;
    } else if (confidence > (double) (m + 1) / bins) {
      m++;
    }
    return m;
  }

  /**
   * Bins samples at counts as equal as ties allow (Nixon et al. 2019): bin m ends after the sample
   * of rank N m / M and all its ties, so the order of samples does not matter.
   *
   * @param bins M, at least 1; fewer are filled where ties or too few samples leave none
   */
  public static Reliability equalMass(Confidences c, int bins) {
    require(bins);
    int n = c.size();
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble(i -> c.confidence()[i]));
    List<Bin> filled = new ArrayList<>();
    int from = 0;
    for (int m = 1; m <= bins; m++) {
      int to = Math.max(from, (int) ((long) n * m / bins));
      while (to > from && to < n && sure(c, order, to) == sure(c, order, to - 1)) {
        to++;
      }
      if (to > from) {
        filled.add(bin(c, order, from, to));
      }
      from = to;
    }
    return new Reliability(filled);
  }

  private static double sure(Confidences c, Integer[] order, int rank) {
    return c.confidence()[order[rank]];
  }

  private static Bin bin(Confidences c, Integer[] order, int from, int to) {
    double sum = 0;
    int right = 0;
    for (int i = from; i < to; i++) {
      sum += sure(c, order, i);
      right += c.correct()[order[i]] ? 1 : 0;
    }
    int count = to - from;
    return new Bin(
        sure(c, order, from), sure(c, order, to - 1), count, sum / count, (double) right / count);
  }

  /**
   * Returns the expected calibration error: the gaps between accuracy and mean confidence, weighted
   * by count; in [0, 1]. It is biased upwards, see {@link CalibrationError}.
   */
  public double error() {
    double sum = 0;
    int n = 0;
    for (Bin b : bins) {
      sum += b.count() * Math.abs(b.accuracy() - b.confidence());
      n += b.count();
    }
    return sum / n;
  }

  private static void require(int bins) {
    if (bins < 1) {
      throw new IllegalArgumentException("calibration: bins must be >= 1, got " + bins);
    }
  }
}
