// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/**
 * The states that a sampler kept: T of each of C chains, in order. Chains are rows; with M trials
 * of C / M chains each, the chains of a trial are adjacent.
 *
 * @param draws T maps from parameter to F64 [C, shape...]
 * @param acceptance each chain's share of accepted proposals after warm-up; 1 for samplers without
 *     an acceptance test
 * @param divergences number of proposals after warm-up whose energy error exceeded 1,000 or was not
 *     finite
 * @param step step size of each chain after warm-up
 * @param exact whether the chains' invariant distribution is the target; without an acceptance test
 *     it is another one, which no diagnosis of chains detects
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

  /** Returns the number of chains C. */
  public int chains() {
    return step.length;
  }

  /** Returns the last state kept. */
  public Map<String, HostTensor> last() {
    return draws.get(draws.size() - 1);
  }

  /**
   * Returns functions of the weights over time, for diagnosis: [function][chain][t].
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
   * Returns J draws of each trial, spread evenly over chains and time, [M, J, shape...].
   *
   * @param trials M, a divisor of the number of chains
   * @param count J, a multiple of the number of chains of a trial, at most the number of their
   *     draws
   * @param offset shifts the times by this share of their spacing, in [0, 1)
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
