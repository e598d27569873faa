// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.List;

/** Learning rate schedule: a factor of the peak rate for each step. */
public interface Schedule {
  /**
   * Returns the factor at a step.
   *
   * @param step from 0
   * @param total steps of the whole training, at least 1
   */
  double factor(int step, int total);

  /** Always 1. */
  record Constant() implements Schedule {
    @Override
    public double factor(int step, int total) {
      return 1;
    }
  }

  /**
   * Linear rise over the first {@code warmUp} share of the steps, then half a cosine down to {@code
   * finalShare} (Loshchilov and Hutter 2017, without restarts).
   */
  record Cosine(double warmUp, double finalShare) implements Schedule {
    public Cosine {
      check(warmUp, finalShare);
    }

    @Override
    public double factor(int step, int total) {
      double rise = warmUp * total;
      double done = (step - rise) / (total - rise);
      double fall = 0.5 * (1 + StrictMath.cos(StrictMath.PI * done));
      return step < rise ? (step + 1) / (rise + 1) : finalShare + (1 - finalShare) * fall;
    }
  }

  /** Linear rise over the first {@code warmUp} share, then linear decay to {@code finalShare}. */
  record Linear(double warmUp, double finalShare) implements Schedule {
    public Linear {
      check(warmUp, finalShare);
    }

    @Override
    public double factor(int step, int total) {
      double rise = warmUp * total;
      double done = (step - rise) / (total - rise);
      return step < rise ? (step + 1) / (rise + 1) : 1 - (1 - finalShare) * done;
    }
  }

  /**
   * Step decay: multiplies the rate by {@code factor} at given shares of the steps (He et al.
   * 2016).
   *
   * @param at ascending shares in (0, 1)
   * @param factor in (0, 1]
   */
  record Drops(List<Double> at, double factor) implements Schedule {
    public Drops {
      at = List.copyOf(at);
      double last = 0;
      for (double share : at) {
        if (!(share > last && share < 1)) {
          throw new IllegalArgumentException(
              "schedule: drops must ascend within (0, 1), got " + at);
        }
        last = share;
      }
      if (!(factor > 0 && factor <= 1)) {
        throw new IllegalArgumentException(
            "schedule: the factor of drops must lie in (0, 1], got " + factor);
      }
    }

    @Override
    public double factor(int step, int total) {
      double f = 1;
      for (double share : at) {
        f *= step >= Math.rint(share * total) ? factor : 1;
      }
      return f;
    }
  }

  private static void check(double warmUp, double finalShare) {
    if (!(warmUp >= 0 && warmUp < 1)) {
      throw new IllegalArgumentException("schedule: warm-up must lie in [0, 1), got " + warmUp);
    }
    if (!(finalShare >= 0 && finalShare <= 1)) {
      throw new IllegalArgumentException(
          "schedule: final share must lie in [0, 1], got " + finalShare);
    }
  }
}
