// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Adversarial weight perturbation (Wu et al. 2020): the gradient that moves the parameters w is
 * taken at w + v, where each tensor's v climbs the same loss and |v| = radius |w|. The parameters
 * themselves are never overwritten, so nothing has to be restored. Weight decay acts on w; the code
 * of Wu et al. decays w + v. A tensor whose gradient is zero is not perturbed.
 *
 * <p>Per-model numbers: {@code awp-radius}, and {@code awp-warm-up}, epochs at the start without
 * perturbation.
 */
public enum Awp {
  /**
   * As published: only matrices and kernels move, along one plain gradient ascent step of a copy,
   * rescaled to the radius; running statistics learn from the pass at w + v. Radius 0.01.
   */
  PROXY {
    @Override
    boolean perturbs(Parameter p) {
      String name = p.name().substring(p.name().lastIndexOf('.') + 1);
      return !p.buffer() && name.equals("weight") && p.shape().rank() > 1;
    }

    @Override
    boolean learnsPerturbed() {
      return true;
    }
  },
  /**
   * As in the code of ADR: every trained tensor moves by rho |w| grad / |grad|; running statistics
   * learn from the pass at w. Radius 0.005.
   */
  DIRECT {
    @Override
    boolean perturbs(Parameter p) {
      return !p.buffer();
    }

    @Override
    boolean learnsPerturbed() {
      return false;
    }
  };

  /** Returns whether a tensor is perturbed. */
  abstract boolean perturbs(Parameter p);

  /** Returns whether running statistics learn from the pass at the perturbed weights. */
  abstract boolean learnsPerturbed();

  Map<String, Double> numbers() {
    return Map.of("awp-radius", this == PROXY ? 0.01 : 0.005, "awp-warm-up", 0.0);
  }

  /**
   * Returns the perturbed tensor.
   *
   * @param w [M, ...]
   * @param gradient of the loss at w
   * @param radius [M, 1...]
   */
  public static Value perturbed(Value w, Value gradient, Value radius) {
    int[] axes = IntStream.range(1, w.shape().rank()).toArray();
    if (axes.length == 0) {
      throw new IllegalArgumentException(
          "awp: a parameter needs an axis behind M, got " + w.type());
    }
    // Scale by the largest element so that squares of tiny gradients do not underflow.
    Value largest = F.max(F.abs(gradient), axes);
    Value moves = F.gt(largest, F.constant(largest, 0));
    Value unit = F.div(gradient, F.select(moves, largest, F.constant(largest, 1)));
    Value length = F.l2Norm(unit, axes);
    Value scale =
        F.div(F.mul(radius, F.l2Norm(w, axes)), F.select(moves, length, F.constant(length, 1)));
    return F.add(w, F.mul(unit, scale));
  }

  /** Returns the shape [M, 1, ..., 1] with the rank of {@code like}, to view [M, 1] in. */
  static Shape column(Value like) {
    int[] d = new int[like.shape().rank()];
    java.util.Arrays.fill(d, 1);
    d[0] = like.shape().models();
    return Shape.of(d);
  }
}
