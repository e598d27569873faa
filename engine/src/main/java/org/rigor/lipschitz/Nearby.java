// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import org.rigor.data.Box;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Points near samples at which a network has a kink: the Jacobian norm at any point is a lower
 * bound of the Lipschitz constant on a region that contains it. Points are drawn around the sample
 * with standard deviation 2^-10 times the width of the box or, without a bounded box, the sample's
 * largest magnitude, and are reflected into the box. A point is a function of the sample, its index
 * and the number of the draw.
 */
public final class Nearby {
  /** Points drawn per sample, of which the largest norm counts. */
  public static final int DRAWS = 4;

  private static final int SITE = 0x4E454152;
  private static final double SCALE = 0x1p-10;

  private final Box box;
  private final HostTensor centres; // null for no ball
  private final double radius;

  private Nearby(Box box, HostTensor centres, double radius) {
    this.box = box;
    this.centres = centres;
    this.radius = radius;
  }

  /** Returns points that stay in a box. */
  public static Nearby in(Box box) {
    return new Nearby(box, null, Double.POSITIVE_INFINITY);
  }

  /**
   * Returns points that also stay in Euclidean balls.
   *
   * @param centres of the balls in the order of the samples, [N, features...], in the box
   */
  public Nearby within(HostTensor centres, double radius) {
    return new Nearby(box, centres, radius);
  }

  /**
   * Returns a point beside a sample.
   *
   * @param x samples, [N, features...]
   * @param draw from 1; 0 is the sample itself
   */
  double[] point(HostTensor x, int sample, int draw) {
    int n = Math.toIntExact(x.shape().size() / x.shape().dim(0));
    double[] p = new double[n];
    x.copy(sample * n, n, p, 0);
    if (draw == 0) {
      return p;
    }
    double scale = SCALE * width(p);
    Draws d = new Draws(draw, SITE, sample);
    for (int i = 0; i < n; i++) {
      p[i] = inside(p[i] + scale * d.normal());
    }
    return centres == null ? p : pulled(p, sample);
  }

  /** Returns points beside some samples, [samples, features...]. */
  HostTensor points(HostTensor x, int[] samples, int draw) {
    Shape shape = x.shape().with(0, samples.length);
    int n = Math.toIntExact(shape.size() / samples.length);
    double[] all = new double[samples.length * n];
    for (int i = 0; i < samples.length; i++) {
      System.arraycopy(point(x, samples[i], draw), 0, all, i * n, n);
    }
    return HostTensor.of(shape, all);
  }

  private double width(double[] p) {
    double width = box.upper() - box.lower();
    if (!Double.isInfinite(width)) {
      return width;
    }
    double most = 0;
    for (double v : p) {
      most = Math.max(most, Math.abs(v));
    }
    return most > 0 && !Double.isInfinite(most) ? most : 1;
  }

  /** Reflects into the box; clipping would put points on the edge, where kinks are frequent. */
  private double inside(double v) {
    double low = v < box.lower() ? 2 * box.lower() - v : v;
    double high = low > box.upper() ? 2 * box.upper() - low : low;
    return Math.min(box.upper(), Math.max(box.lower(), high));
  }

  private double[] pulled(double[] p, int sample) {
    double[] c = new double[p.length];
    centres.copy(sample * p.length, p.length, c, 0);
    double length = 0;
    for (int i = 0; i < p.length; i++) {
      length += (p[i] - c[i]) * (p[i] - c[i]);
    }
    double most = radius * (1 - 0x1p-20); // far enough inside for the rounding of the sums
    double share = Math.min(1, most / Math.sqrt(length));
    for (int i = 0; i < p.length; i++) {
      p[i] = share < 1 ? inside(c[i] + share * (p[i] - c[i])) : p[i];
    }
    return p;
  }
}
