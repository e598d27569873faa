// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

/** Learning rate over the steps of a training, as a factor of its peak. */
public interface Schedule {
  /**
   * Factor at a step.
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
   * Linear rise over the first {@code warmUp} share of the steps, then half a cosine to zero
   * (Loshchilov & Hutter 2017, without restarts).
   */
  record Cosine(double warmUp) implements Schedule {
    public Cosine {
      if (!(warmUp >= 0 && warmUp < 1)) {
        throw new IllegalArgumentException("cosine: warm-up must lie in [0, 1), got " + warmUp);
      }
    }

    @Override
    public double factor(int step, int total) {
      double rise = warmUp * total;
      if (step < rise) {
        return (step + 1) / (rise + 1);
      }
      return 0.5 * (1 + StrictMath.cos(StrictMath.PI * (step - rise) / (total - rise)));
    }
  }

  /** Multiplied by {@code gamma} at each of the given shares of the training. */
  record Steps(java.util.List<Double> at, double gamma) implements Schedule {
    public Steps {
      at = java.util.List.copyOf(at);
    }

    @Override
    public double factor(int step, int total) {
      return StrictMath.pow(gamma, at.stream().filter(a -> step >= a * total).count());
    }
  }
}
