// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.List;
import org.rigor.linalg.Matrix;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The factor and the initial weights of a network with one hidden width, and their consequences.
 */
public enum Convention {
  /** {@code c = (w^(L-1) m)^(-1/2)}, entries N(0, 1). */
  NTK,
  /** c = 1, entries N(0, 1 / inputs of the layer). */
  FAN_IN,
  /** c = 1, orthonormal rows or columns; width at least m and d. */
  ORTHOGONAL;

  /** Returns the network with its factor c. */
  public DeepLinear network(int m, int width, int d, int layers) {
    if (this == ORTHOGONAL && layers > 1 && width < Math.max(m, d)) {
      throw new IllegalArgumentException(
          "orthogonal start needs width >= max(m, d) = %d, got %d"
              .formatted(Math.max(m, d), width));
    }
    double c = this == NTK ? Math.pow(Math.pow(width, layers - 1) * m, -0.5) : 1;
    return DeepLinear.of(m, width, d, layers, c);
  }

  /**
   * Returns the expected share of layer {@code l} in the tangent kernel on the measurements' range.
   */
  public double kernel(int l, int m, int width) {
    return switch (this) {
      case NTK -> 1.0 / m;
      case FAN_IN -> l == 1 ? 1 : (double) width / m;
      case ORTHOGONAL -> 1;
    };
  }

  /**
   * Returns q, the sum of {@link #kernel} over the layers. Gradient descent is stable below 2/(q
   * smax^2).
   */
  public double kernelSum(int m, int width, int layers) {
    double q = 0;
    for (int l = 1; l <= layers; l++) {
      q += kernel(l, m, width);
    }
    return q;
  }

  /**
   * Returns {@code lambda c^(-2/L)}, the weight of {@code (L/2) sum sigma_i(E)^(2/L)} in the loss
   * of E.
   */
  public static double effectiveDecay(DeepLinear net, double decay) {
    return decay * Math.pow(net.scale(), -2.0 / net.layers());
  }

  /** Returns the expected {@code |E P_perp|_F^2} at the start. */
  public double offRange(int d, int m, int s, int width) {
    return d * (double) (m - s) / (this == ORTHOGONAL ? width : m);
  }

  /** Returns the first to last weight, [M, n_l, n_(l-1)], one model per key. */
  public List<HostTensor> start(DeepLinear net, List<TrialKey> keys) {
    List<HostTensor> weights = new ArrayList<>();
    for (int l = 1; l <= net.layers(); l++) {
      int rows = net.extents().get(l);
      int cols = net.extents().get(l - 1);
      double[] all = new double[keys.size() * rows * cols];
      for (int k = 0; k < keys.size(); k++) {
        double[] w = start(keys.get(k), DeepLinear.weight(l), rows, cols).data();
        System.arraycopy(w, 0, all, k * w.length, w.length);
      }
      weights.add(HostTensor.of(Shape.of(keys.size(), rows, cols), all));
    }
    return weights;
  }

  private Matrix start(TrialKey key, String name, int rows, int cols) {
    double deviation = this == FAN_IN ? 1 / Math.sqrt(cols) : 1;
    Matrix w = InverseProblem.normal(key, name, rows, cols, deviation);
    if (this != ORTHOGONAL) {
      return w;
    }
    return rows >= cols
        ? InverseProblem.orthonormal(w)
        : InverseProblem.orthonormal(w.transpose()).transpose();
  }
}
