// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.rigor.data.NormalDistribution;

/**
 * Convergence diagnostics of chains of one quantity, [chain][t]: Vehtari, Gelman, Simpson,
 * Carpenter and Buerkner 2021, "Rank-normalization, folding, and localization". Each chain is split
 * into two halves (of an odd number of draws the middle one is dropped) and needs at least 8 draws.
 * Chains that never move give NaN.
 */
public final class Mixing {
  private Mixing() {}

  /**
   * Returns the larger of the rank-normalised split R-hat (section 4) and that of the folded draws.
   */
  public static double rHat(double[][] chains) {
    double[][] halves = split(chains);
    double bulk = plainRHat(rankNormalised(halves));
    double folded = plainRHat(rankNormalised(folded(halves)));
    return Double.isNaN(bulk) || Double.isNaN(folded) ? Double.NaN : Math.max(bulk, folded);
  }

  /**
   * Returns the effective sample size of the rank-normalised draws, for the centre of the
   * distribution.
   */
  public static double bulkEss(double[][] chains) {
    return ess(rankNormalised(split(chains)));
  }

  /**
   * Returns the smaller effective sample size of the indicators of the 5 % and the 95 % quantile.
   */
  public static double tailEss(double[][] chains) {
    double[][] halves = split(chains);
    double[] all = Arrays.stream(halves).flatMapToDouble(Arrays::stream).sorted().toArray();
    double low = ess(below(halves, quantile(all, 0.05)));
    double high = ess(below(halves, quantile(all, 0.95)));
    return Double.isNaN(low) || Double.isNaN(high) ? Double.NaN : Math.min(low, high);
  }

  /**
   * Returns the effective sample size of the draws' mean, without ranks: Geyer's initial monotone
   * sequence over unsplit chains (section 3.2 and appendix).
   */
  public static double ess(double[][] chains) {
    int m = chains.length;
    int n = chains[0].length;
    double[] means = Arrays.stream(chains).mapToDouble(Mixing::mean).toArray();
    double within = autocovariance(chains, means, 0) * n / (n - 1.0);
    double plus = within * (n - 1.0) / n + (m > 1 ? variance(means) : 0);
    if (!(plus > 0)) {
      return Double.NaN;
    }
    double[] rho = new double[n + 2];
    rho[0] = 1;
    rho[1] = 1 - (within - autocovariance(chains, means, 1)) / plus;
    int last = 1; // of the pairs (0, 1), (2, 3), ... whose sums are positive and do not grow
    double before = rho[0] + rho[1];
    double even = 0;
    double sum = Math.max(before, 0);
    boolean positive = before > 0;
    while (positive && last + 2 < n - 2) {
      even = 1 - (within - autocovariance(chains, means, last + 1)) / plus;
      double odd = 1 - (within - autocovariance(chains, means, last + 2)) / plus;
      positive = even + odd > 0;
      if (positive) {
        before = Math.min(before, even + odd);
        sum += before;
        even = 0;
        last += 2;
      }
    }
    double draws = (double) m * n;
    double time = -1 + 2 * sum + Math.max(even, 0); // plus the even term of the first dropped pair
    return draws / Math.max(time, 1 / Math.log10(draws));
  }

  private static double autocovariance(double[][] chains, double[] means, int lag) {
    double all = 0;
    for (int c = 0; c < chains.length; c++) {
      double[] x = chains[c];
      double sum = 0;
      for (int t = 0; t + lag < x.length; t++) {
        sum += (x[t] - means[c]) * (x[t + lag] - means[c]);
      }
      all += sum / x.length;
    }
    return all / chains.length;
  }

  /** Returns Gelman and Rubin's ratio, equation 4. */
  private static double plainRHat(double[][] chains) {
    int n = chains[0].length;
    double[] means = Arrays.stream(chains).mapToDouble(Mixing::mean).toArray();
    double within = Arrays.stream(chains).mapToDouble(Mixing::variance).average().orElseThrow();
    double plus = within * (n - 1) / n + variance(means);
    return within > 0 ? Math.sqrt(plus / within) : Double.NaN;
  }

  private static double[][] split(double[][] chains) {
    int n = chains.length == 0 ? 0 : chains[0].length;
    if (n < 8 || Arrays.stream(chains).anyMatch(c -> c.length != n)) {
      throw new IllegalArgumentException(
          "mixing: needs chains of equal length, at least 8 draws each, got " + n);
    }
    int half = n / 2;
    double[][] out = new double[2 * chains.length][];
    for (int c = 0; c < chains.length; c++) {
      out[2 * c] = Arrays.copyOf(chains[c], half);
      out[2 * c + 1] = Arrays.copyOfRange(chains[c], n - half, n);
    }
    return out;
  }

  /** Returns the absolute deviations from the median. */
  private static double[][] folded(double[][] chains) {
    double[] all = Arrays.stream(chains).flatMapToDouble(Arrays::stream).sorted().toArray();
    double median = quantile(all, 0.5);
    return map(chains, x -> Math.abs(x - median));
  }

  private static double[][] below(double[][] chains, double limit) {
    return map(chains, x -> x <= limit ? 1 : 0);
  }

  private static double[][] map(double[][] chains, java.util.function.DoubleUnaryOperator f) {
    return Arrays.stream(chains)
        .map(c -> Arrays.stream(c).map(f).toArray())
        .toArray(double[][]::new);
  }

  /** Returns normal quantiles of the ranks over all chains; ties share their mean rank. */
  static double[][] rankNormalised(double[][] chains) {
    int n = chains[0].length;
    int size = chains.length * n;
    double[] all = Arrays.stream(chains).flatMapToDouble(Arrays::stream).toArray();
    int[] order =
        IntStream.range(0, size)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> all[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[][] out = new double[chains.length][n];
    for (int i = 0; i < size; ) {
      int end = i + 1;
      while (end < size && all[order[end]] == all[order[i]]) {
        end++;
      }
      double rank = (i + 1 + end) / 2.0;
      double z = normalQuantile((rank - 0.375) / (size + 0.25)); // Blom 1958
      for (; i < end; i++) {
        boolean number = !Double.isNaN(all[order[i]]);
        out[order[i] / n][order[i] % n] = number ? z : Double.NaN;
      }
    }
    return out;
  }

  /** Computes a starting value by Abramowitz and Stegun 26.2.23, then takes Newton steps. */
  static double normalQuantile(double p) {
    if (p > 0.5) {
      return -normalQuantile(1 - p);
    }
    double t = Math.sqrt(-2 * Math.log(p));
    double x =
        (2.515517 + t * (0.802853 + t * 0.010328))
                / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
            - t;
    for (int i = 0; i < 3; i++) {
      double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
      x -= (NormalDistribution.cdf(x) - p) / density;
    }
    return x;
  }

  private static double quantile(double[] sorted, double p) {
    double at = p * (sorted.length - 1);
    int i = (int) at;
    return i + 1 == sorted.length ? sorted[i] : sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
  }

  private static double mean(double[] x) {
    return Arrays.stream(x).average().orElseThrow();
  }

  private static double variance(double[] x) {
    double mean = mean(x);
    return Arrays.stream(x).map(v -> (v - mean) * (v - mean)).sum() / (x.length - 1);
  }
}
