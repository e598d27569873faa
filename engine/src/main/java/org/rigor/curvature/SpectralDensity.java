// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.ArrayList;
import java.util.List;

/**
 * The density of Hessian eigenvalues by stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017;
 * for networks Ghorbani et al. 2019): the mean over random starts of the weights that each start
 * gives to its Ritz values. An estimate.
 *
 * @param starts one run of Lanczos each
 */
public record SpectralDensity(List<LanczosHessian> starts) {
  public SpectralDensity {
    starts = List.copyOf(starts);
  }

  /**
   * @param starts number of random starts, at least 1
   * @param steps products of each start, at least 1
   * @throws IllegalArgumentException if one is out of range
   */
  public static SpectralDensity of(LossSurface surface, int starts, int steps, long seed) {
    if (starts < 1) {
      throw new IllegalArgumentException("density: starts must be >= 1, got " + starts);
    }
    List<LanczosHessian> all = new ArrayList<>();
    for (int i = 0; i < starts; i++) {
      all.add(LanczosHessian.of(surface, steps, seed, i));
    }
    return new SpectralDensity(all);
  }

  /** Share of the eigenvalues of a model that are at most {@code value}. */
  public double cumulative(int model, double value) {
    double sum = 0;
    for (LanczosHessian start : starts) {
      for (int i = 0; i < start.values()[model].length; i++) {
        sum += start.values()[model][i] <= value ? start.weights()[model][i] : 0;
      }
    }
    return sum / starts.size();
  }

  /** The density at {@code value}, smoothed by a normal kernel of the given deviation. */
  public double at(int model, double value, double deviation) {
    double sum = 0;
    for (LanczosHessian start : starts) {
      for (int i = 0; i < start.values()[model].length; i++) {
        double z = (value - start.values()[model][i]) / deviation;
        sum += start.weights()[model][i] * Math.exp(-0.5 * z * z);
      }
    }
    return sum / (starts.size() * deviation * Math.sqrt(2 * Math.PI));
  }

  /** Mean of the k-th powers of the eigenvalues of a model; times P the trace of H^k. */
  public double moment(int model, int k) {
    double sum = 0;
    for (LanczosHessian start : starts) {
      for (int i = 0; i < start.values()[model].length; i++) {
        sum += start.weights()[model][i] * Math.pow(start.values()[model][i], k);
      }
    }
    return sum / starts.size();
  }
}
