// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.rigor.io.Sha256;

/**
 * Inputs that a claim covers: a box and, if there is a radius, the Euclidean ball around a centre.
 */
final class Region {
  private final BigDecimal[] from;
  private final BigDecimal[] to;
  private final double[] lower;
  private final double[] upper;
  private final double[] centre;
  private final BigDecimal radius;

  private Region(BigDecimal[] from, BigDecimal[] to, double[] centre, BigDecimal radius) {
    this.from = from;
    this.to = to;
    this.centre = centre;
    this.radius = radius;
    this.lower = new double[from.length];
    this.upper = new double[from.length];
    for (int i = 0; i < from.length; i++) {
      lower[i] = down(from[i]);
      upper[i] = up(to[i]);
    }
  }

  static Region box(BigDecimal[] from, BigDecimal... to) {
    return new Region(from, to, new double[0], null);
  }

  static Region ball(BigDecimal[] from, BigDecimal[] to, double[] centre, BigDecimal radius) {
    return new Region(from, to, centre, radius);
  }

  /** Returns a single input; what a region fixes keeps its decimals. */
  Region at(float... x) {
    BigDecimal[] low = new BigDecimal[x.length];
    BigDecimal[] high = new BigDecimal[x.length];
    for (int i = 0; i < x.length; i++) {
      boolean fixed = from[i].compareTo(to[i]) == 0;
      low[i] = fixed ? from[i] : new BigDecimal(x[i]);
      high[i] = low[i];
    }
    return box(low, high);
  }

  /**
   * Returns the parts in which an input is at most, and at least, a number.
   *
   * @throws Refusal unless the number lies between the input's sides
   */
  List<Region> cut(int input, double at) {
    BigDecimal where = new BigDecimal(at);
    if (where.compareTo(from[input]) <= 0 || where.compareTo(to[input]) >= 0) {
      throw new Refusal(
          "the proof cuts input %d at %s, which is not between %s and %s"
              .formatted(input, at, from[input], to[input]));
    }
    BigDecimal[] below = to.clone();
    below[input] = where;
    BigDecimal[] above = from.clone();
    above[input] = where;
    return List.of(new Region(from, below, centre, radius), new Region(above, to, centre, radius));
  }

  /** Returns whether the region contains all of a box, in exact arithmetic. */
  boolean contains(Region box) {
    BigDecimal square = BigDecimal.ZERO;
    for (int i = 0; i < from.length; i++) {
      if (box.from[i].compareTo(from[i]) < 0 || box.to[i].compareTo(to[i]) > 0) {
        return false;
      }
      if (radius != null) {
        BigDecimal at = new BigDecimal(centre[i]);
        BigDecimal far = box.from[i].subtract(at).abs().max(box.to[i].subtract(at).abs());
        square = square.add(far.multiply(far));
      }
    }
    return radius == null || square.compareTo(radius.multiply(radius)) <= 0;
  }

  boolean isEmpty() {
    for (int i = 0; i < from.length; i++) {
      if (from[i].compareTo(to[i]) > 0) {
        return true;
      }
    }
    return false;
  }

  /** Returns lower sides [D], rounded down. */
  double[] lower() {
    return lower;
  }

  /** Returns upper sides [D], rounded up. */
  double[] upper() {
    return upper;
  }

  boolean isBall() {
    return radius != null;
  }

  double[] centre() {
    return centre;
  }

  /** Returns the radius, rounded up. */
  double radius() {
    return up(radius);
  }

  /** Returns a digest of the sides, by which a proof names the region. */
  String key() {
    double[] ball = isBall() ? new double[] {radius()} : new double[0];
    double[][] parts = {lower, upper, centre, ball};
    int n = 2 * lower.length + centre.length + ball.length;
    ByteBuffer b = ByteBuffer.allocate(Double.BYTES * n).order(ByteOrder.LITTLE_ENDIAN);
    for (double[] part : parts) {
      for (double v : part) {
        b.putDouble(v + 0.0); // one zero
      }
    }
    return Sha256.of(b.array());
  }

  /** Returns the largest double that is at most {@code v}. */
  static double down(BigDecimal v) {
    double x = v.doubleValue();
    if (x == Double.POSITIVE_INFINITY) {
      return Double.MAX_VALUE;
    }
    return x != Double.NEGATIVE_INFINITY && new BigDecimal(x).compareTo(v) > 0
        ? Math.nextDown(x)
        : x;
  }

  /** Returns the least double that is at least {@code v}. */
  static double up(BigDecimal v) {
    return -down(v.negate());
  }
}
