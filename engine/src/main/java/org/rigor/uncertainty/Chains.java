// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/**
 * What a sampler kept: T states of C chains, in order. Chains are rows; of M trials with C / M
 * chains each, the chains of a trial are neighbours.
 *
 * @param draws T maps from parameter to F64 [C, shape...]
 * @param acceptance share of accepted proposals after warm-up, a chain; 1 for samplers without a
 *     test
 * @param divergences proposals after warm-up whose energy error was above 1,000 or not finite
 * @param step sizes of the chains after warm-up
 * @param exact whether the distribution that the chains leave as it is is the target's; a sampler
 *     without a test of its proposals has another one, which no diagnosis of chains can see
 */
public record Chains(
    List<Map<String, HostTensor>> draws,
    double[] acceptance,
    int[] divergences,
    double[] step,
    boolean exact) {
  public Chains {
    draws = List.copyOf(draws);
    if (draws.isEmpty()) {
      throw new IllegalArgumentException("chains: nothing was kept");
    }
  }

  /** Chains C. */
  public int chains() {
    return step.length;
  }

  /** The last state kept. */
  public Map<String, HostTensor> last() {
    return draws.get(draws.size() - 1);
  }

  /**
   * Functions of the weights over time, to be diagnosed: [function][chain][t].
   *
   * @param function from [C, shape...] by name to values [function][chain]
   */
  public double[][][] functionals(Function<Map<String, HostTensor>, double[][]> function) {
    double[][][] series = null;
    for (int t = 0; t < draws.size(); t++) {
      double[][] values = function.apply(draws.get(t));
      if (series == null) {
        series = new double[values.length][chains()][draws.size()];
      }
      for (int f = 0; f < values.length; f++) {
        for (int c = 0; c < chains(); c++) {
          series[f][c][t] = values[f][c];
        }
      }
    }
    return series;
  }

  /**
   * Draws of each trial, [M, J, shape...], J of them spread evenly over chains and time.
   *
   * @param trials M, a divisor of the number of chains
   * @param count J, a multiple of the chains of a trial and at most all their draws
   * @param offset shifts the times by this share of their distance, in [0, 1)
   */
  public Map<String, HostTensor> pick(int trials, int count, double offset) {
    int own = chains() / trials;
    int times = count / own;
    if (own * trials != chains() || times * own != count || times < 1 || times > draws.size()) {
      throw new IllegalArgumentException(
          "chains: cannot pick %d draws of each of %d trials from %d chains of %d draws"
              .formatted(count, trials, chains(), draws.size()));
    }
    Map<String, HostTensor> out = new LinkedHashMap<>();
    last()
        .forEach(
            (name, like) -> {
              int n = (int) (like.shape().size() / chains());
              HostTensor all =
                  HostTensor.zeros(
                      new TensorType(like.dtype(), like.shape().with(0, count).insert(0, trials)));
              for (int k = 0; k < times; k++) {
                int t = (int) ((k + offset) * draws.size() / times);
                Object from = draws.get(t).get(name).array();
                for (int m = 0; m < trials; m++) {
                  int to = (m * count + k * own) * n;
                  System.arraycopy(from, m * own * n, all.array(), to, own * n);
                }
              }
              out.put(name, all);
            });
    return out;
  }
}
