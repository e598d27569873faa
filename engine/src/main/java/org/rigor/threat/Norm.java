// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Norm of inputs and their perturbations. Tensors are [M, B, features...]; epsilon is [M or 1, B or
 * 1, 1...].
 */
public enum Norm implements Distance {
  /** Largest magnitude. As an operator norm: the largest absolute row sum. */
  LINF {
    @Override
    public Value direction(Value g) {
      return F.sign(g);
    }

    @Override
    public Value project(Value x, Value x0, Value epsilon) {
      return F.clamp(x, F.sub(x0, epsilon), F.add(x0, epsilon));
    }

    /** Draws uniformly. */
    @Override
    public Value noise(Randoms random, String site, DType dtype, Shape features) {
      return F.add(F.mul(random.unit(site + "/uniform", dtype, features), 2), -1);
    }

    @Override
    public Value length(Value d) {
      return F.max(F.abs(d), features(d));
    }

    @Override
    public Value dual(Value g) {
      return F.sum(F.abs(g), features(g));
    }

    @Override
    public double ofOnes(long n) {
      return 1;
    }
  },
  /** Euclidean. As an operator norm: the largest singular value. */
  L2 {
    @Override
    public Value direction(Value g) {
      Value n = length(g);
      Value zero = F.constant(n, 0);
      return F.select(F.gt(n, zero), F.div(g, n), F.constant(g, 0));
    }

    @Override
    public Value project(Value x, Value x0, Value epsilon) {
      Value d = F.sub(x, x0);
      Value n = length(d);
      return F.select(F.gt(n, epsilon), F.add(x0, F.mul(d, F.div(epsilon, n))), x);
    }

    /** Draws a uniform direction times a radius uniform in [0, 1). */
    @Override
    public Value noise(Randoms random, String site, DType dtype, Shape features) {
      Value normal = random.normal(site + "/normal", dtype, features);
      return F.mul(direction(normal), random.unit(site + "/radius", dtype, ones(features)));
    }

    /** Scales by the largest element, so that squares neither overflow nor vanish. */
    @Override
    public Value length(Value d) {
      Value largest = F.max(F.abs(d), features(d));
      Value zero = F.constant(largest, 0);
      Value scale = F.select(F.gt(largest, zero), largest, F.constant(largest, 1));
      Value u = F.div(d, scale);
      return F.mul(scale, F.sqrt(F.sum(F.mul(u, u), features(d))));
    }

    @Override
    public Value dual(Value g) {
      return length(g);
    }

    @Override
    public double ofOnes(long n) {
      return Math.sqrt(n);
    }
  };

  private static Shape ones(Shape like) {
    int[] d = new int[like.rank()];
    Arrays.fill(d, 1);
    return Shape.of(d);
  }

  /** Returns all axes after model and batch. */
  public static List<Integer> features(Value x) {
    List<Integer> axes = new ArrayList<>();
    for (int a = 2; a < x.shape().rank(); a++) {
      axes.add(a);
    }
    return axes;
  }
}
