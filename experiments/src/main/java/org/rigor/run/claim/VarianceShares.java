// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.run.statistics.Domain;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Sample;
import org.rigor.run.statistics.Statistics;

/**
 * Sources of the differences between networks: an analysis of variance of a quantity over a full
 * grid of settings and seeds. Seeds are crossed with the settings, because arms with one seed share
 * their draws. Shares are those of Kelley's epsilon squared (1935), (SS - df MS) / total SS with
 * the mean square MS of seeds within settings, which unlike eta squared do not grow with the number
 * of settings when these have no effect. The share of an absent effect may fall below 0; all shares
 * sum to 1.
 *
 * @param mean over all networks
 * @param deviation standard deviation over all networks
 * @param shares of each key's main effect, of {@link #INTERACTIONS}, of {@link #SEED}, and of
 *     {@link #REST}
 * @param intervals 95 % over seeds, by the jackknife, cut to [0, 1]; empty for fewer than three
 *     seeds
 * @param seeds with a value at every setting; others do not count
 */
public record VarianceShares(
    double mean,
    double deviation,
    Map<String, Double> shares,
    Map<String, Optional<Interval>> intervals,
    int seeds) {
  /** Effect of several keys together beyond their main effects. */
  public static final String INTERACTIONS = "interactions";

  /** Effect of a seed common to all settings. */
  public static final String SEED = "seed";

  /** Residual: effect of a seed at one setting but not at another. */
  public static final String REST = "seed with settings";

  /**
   * Returns the shares, or empty for fewer than two settings or seeds, or if nothing varies.
   *
   * @param values by setting, then by seed; settings have equal keys and all combinations
   */
  public static Optional<VarianceShares> of(Map<Map<String, String>, Map<Long, Double>> values) {
    List<Map<String, String>> cells = new ArrayList<>(values.keySet());
    if (cells.size() < 2) {
      return Optional.empty();
    }
    Set<Long> seeds = new LinkedHashSet<>(values.get(cells.get(0)).keySet());
    values.values().forEach(v -> seeds.retainAll(v.keySet()));
    List<Long> list = List.copyOf(seeds);
    double[][] y = new double[cells.size()][list.size()];
    for (int c = 0; c < y.length; c++) {
      for (int s = 0; s < y[c].length; s++) {
        y[c][s] = values.get(cells.get(c)).get(list.get(s));
      }
    }
    if (list.size() < 2) {
      return Optional.empty();
    }
    Map<String, Double> all = shares(cells, y);
    if (all.isEmpty()) {
      return Optional.empty();
    }
    double[] flat = Arrays.stream(y).flatMapToDouble(Arrays::stream).toArray();
    double mean = Statistics.mean(flat);
    double deviation = Statistics.standardError(flat) * Math.sqrt(flat.length);
    return Optional.of(
        new VarianceShares(mean, deviation, all, jackknife(cells, y, all), list.size()));
  }

  private static Map<String, Double> shares(List<Map<String, String>> cells, double[][] y) {
    int n = y.length;
    int s = y[0].length;
    double mean = Arrays.stream(y).mapToDouble(Statistics::mean).sum() / n;
    double total = 0;
    for (double[] row : y) {
      for (double v : row) {
        total += (v - mean) * (v - mean);
      }
    }
    double[] cell = Arrays.stream(y).mapToDouble(Statistics::mean).toArray();
    double between = s * squares(cell, mean);
    double bySeed = 0;
    for (int i = 0; i < s; i++) {
      int seed = i;
      double m = Arrays.stream(y).mapToDouble(row -> row[seed]).sum() / n;
      bySeed += n * (m - mean) * (m - mean);
    }
    int restDegrees = (n - 1) * (s - 1);
    double unit = Math.max(0, total - between - bySeed) / restDegrees;
    if (!(total > 0)) {
      return Map.of();
    }
    Map<String, Double> out = new LinkedHashMap<>();
    double main = 0;
    int mainDegrees = 0;
    for (String key : cells.get(0).keySet()) {
      Map<String, double[]> levels = new LinkedHashMap<>();
      for (int c = 0; c < n; c++) {
        double[] at = levels.computeIfAbsent(cells.get(c).get(key), k -> new double[2]);
        at[0] += cell[c];
        at[1]++;
      }
      double sum = 0;
      for (double[] at : levels.values()) {
        double d = at[0] / at[1] - mean;
        sum += s * at[1] * d * d;
      }
      main += sum;
      mainDegrees += levels.size() - 1;
      out.put(key, (sum - (levels.size() - 1) * unit) / total);
    }
    int otherDegrees = n - 1 - mainDegrees;
    out.put(INTERACTIONS, (between - main - otherDegrees * unit) / total);
    out.put(SEED, (bySeed - (s - 1) * unit) / total);
    out.put(REST, unit * (n * s - 1) / total);
    return out;
  }

  private static double squares(double[] values, double mean) {
    return Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
  }

  /** Returns the jackknife intervals, leaving out one seed at a time. */
  private static Map<String, Optional<Interval>> jackknife(
      List<Map<String, String>> cells, double[][] y, Map<String, Double> all) {
    int s = y[0].length;
    Map<String, double[]> pseudo = new LinkedHashMap<>();
    all.keySet().forEach(k -> pseudo.put(k, new double[s]));
    for (int left = 0; left < s && s > 2; left++) {
      int without = left;
      double[][] some =
          Arrays.stream(y)
              .map(
                  row ->
                      java.util.stream.IntStream.range(0, s)
                          .filter(i -> i != without)
                          .mapToDouble(i -> row[i])
                          .toArray())
              .toArray(double[][]::new);
      Map<String, Double> part = shares(cells, some);
      for (String k : all.keySet()) {
        pseudo.get(k)[left] = s * all.get(k) - (s - 1) * part.getOrDefault(k, all.get(k));
      }
    }
    Map<String, Optional<Interval>> out = new LinkedHashMap<>();
    pseudo.forEach((k, v) -> out.put(k, s < 3 ? Optional.empty() : around(all.get(k), v)));
    return out;
  }

  /**
   * Returns the interval around the estimate clipped to [0, 1]; the share lies there, so clipping
   * only brings the estimate closer.
   */
  private static Optional<Interval> around(double share, double[] pseudo) {
    double centre = Math.max(0, Math.min(1, share));
    return new Sample(pseudo)
        .interval(0.05)
        .flatMap(
            i -> {
              double half = (i.high() - i.low()) / 2;
              return new Interval(centre - half, centre + half).within(Domain.SHARE);
            });
  }
}
