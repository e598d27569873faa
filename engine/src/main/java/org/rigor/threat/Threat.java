// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import java.util.List;
import java.util.Optional;
import org.rigor.data.Box;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Set of perturbed inputs that an adversary may choose: balls of a norm, cut by the box of valid
 * inputs; in LINF features may have factors of the radius. The radius is not a component: it
 * differs between models and samples and lives on the device.
 *
 * <p>Tensors are [M, B, features...], radii [M or 1, B or 1, 1...]. Centres must lie in the box.
 */
public record Threat(Distance norm, Box box, Optional<Scale> scale) {
  /**
   * @throws IllegalArgumentException if features have factors in another distance than LINF
   */
  public Threat {
    if (scale.isPresent() && norm != Norm.LINF) {
      throw new IllegalArgumentException("features have factors in linf alone, got " + norm);
    }
  }

  /** Returns balls in which all features count alike. */
  public Threat(Distance norm, Box box) {
    this(norm, box, Optional.empty());
  }

  /**
   * Requires that all features count alike.
   *
   * @throws UnsupportedOperationException if they do not
   */
  public void requirePlain(String what) {
    if (scale.isPresent()) {
      throw new UnsupportedOperationException(what + " knows no factors of features");
    }
  }

  /**
   * Returns the norm, for bounds, which know no other distance.
   *
   * @throws IllegalArgumentException if the distance is sparse
   */
  public Norm requireNorm() {
    if (norm instanceof Norm known) {
      return known;
    }
    throw new IllegalArgumentException(
        "bounds know the norms %s, got %s".formatted(List.of(Norm.values()), norm));
  }

  /** Draws a point of the ball around {@code x0}, cut by the box; {@code site} names the draws. */
  public Value draw(Value x0, Value radius, Randoms random, String site) {
    Shape features = x0.shape().remove(0).remove(0);
    return start(x0, radius, norm.noise(random, site, x0.dtype(), features));
  }

  /** Draws a point at distance {@code radius} from {@code x0}, cut by the box. */
  public Value drawOutermost(Value x0, Value radius, Randoms random, String site) {
    Shape features = x0.shape().remove(0).remove(0);
    Value noise = norm.noise(random, site, x0.dtype(), features);
    Value length = norm.length(noise);
    Value zero = F.constant(length, 0);
    Value unit = F.select(F.gt(length, zero), F.div(noise, length), F.constant(noise, 0));
    return start(x0, radius, unit);
  }

  /** Moves {@code x0} by {@code radius} times a point of the unit ball, then cuts by the box. */
  public Value start(Value x0, Value radius, Value unit) {
    return cut(F.add(x0, F.mul(unit, radius)));
  }

  /**
   * Steps from {@code x} in the direction of steepest ascent, then projects.
   *
   * @param length length of the step, shaped like the radius
   */
  public Value step(Value x, Value x0, Value gradient, Value radius, Value length) {
    // In l1 the steepest direction is that of one feature, which the box may hold.
    Value uphill = norm instanceof Norm ? gradient : free(x, gradient);
    return project(F.add(x, F.mul(norm.direction(uphill), length)), x0, radius);
  }

  /** Moves points into the ball around {@code x0} and the box, each up to rounding. */
  public Value project(Value x, Value x0, Value radius) {
    return norm.project(x, x0, radius, box);
  }

  /** Returns a gradient with 0 for features that the box holds where they are. */
  public Value free(Value x, Value gradient) {
    if (!box.isBounded()) {
      return gradient;
    }
    Value zero = F.constant(gradient, 0);
    Value rises = F.and(F.gt(gradient, zero), F.lt(x, F.constant(x, box.upper())));
    Value falls = F.and(F.lt(gradient, zero), F.gt(x, F.constant(x, box.lower())));
    return F.select(F.or(rises, falls), gradient, zero);
  }

  /**
   * Requires points to lie in the box.
   *
   * @throws IllegalArgumentException if one does not, or is NaN
   */
  public void requireInside(HostTensor x) {
    x.firstOutside(box.lower(), box.upper())
        .ifPresent(
            i -> {
              throw new IllegalArgumentException(
                  "attack: inputs must lie in [%s, %s], element %d is %s"
                      .formatted(box.lower(), box.upper(), i, x.get(i)));
            });
  }

  /** Moves points into the box. */
  public Value cut(Value x) {
    return Distance.cut(x, box);
  }

  /**
   * Moves a point of doubles into ball and box in real arithmetic, as {@link Ball#project} does.
   *
   * @param point array of points; {@code features} elements from {@code at} on are changed
   * @param x0 centres; this one starts at flat index {@code from}
   * @return the distance afterwards: for LINF rounded to nearest, else an upper side
   */
  public double confine(
      double[] point, int at, HostTensor x0, int from, int features, double radius) {
    double[] centre = new double[features];
    x0.copy(from, features, centre, 0);
    return Ball.project(norm, point, at, centre, 0, features, radius, box);
  }

  /**
   * Moves the input at {@link Coordinates} of doubles into ball and box, as {@link
   * #confine(double[], int, HostTensor, int, int, double)} does those of points.
   */
  public double land(double[] z, int at, HostTensor x0, int from, int features, double radius) {
    if (scale.isEmpty()) {
      return confine(z, at, x0, from, features, radius);
    }
    Scale own = scale.get();
    double[] centre = new double[features];
    x0.copy(from, features, centre, 0);
    double farthest = 0;
    for (int i = 0; i < features; i++) {
      double f = own.factors().get(i);
      z[at + i] = centre[i] + f * (z[at + i] - centre[i]);
      double far = Ball.project(norm, z, at + i, centre, i, 1, own.width(i, radius), box);
      farthest = Math.max(farthest, f > 0 ? far / f : far);
    }
    return farthest;
  }

  /**
   * Points in ball and box in real arithmetic.
   *
   * @param point F64 [M, B, features...]
   * @param distance F64 [M, B]: for LINF rounded to nearest, else an upper side
   */
  public record Confined(Value point, Value distance) {}

  /**
   * Moves each point into ball and box in real arithmetic, as {@link Ball#project} does and with
   * its bits. No derivative flows through it.
   *
   * @param x points [M or 1, B, features...] in F32 or F64
   * @param x0 centres, shaped alike
   * @param radius F64 [M or 1, B or 1, 1...]; where it is not &gt;= 0, point and distance are NaN
   */
  public Confined confine(Value x, Value x0, Value radius) {
    Shape each = Shape.of(radius.shape().models(), radius.shape().dim(1));
    int rows = x.shape().dim(1);
    Value radii = F.broadcast(F.reshape(radius, each), each.with(1, rows));
    Value moved = Value.of(new Confine(norm, box), rows(x), rows(x0), radii);
    int m = moved.shape().models();
    int n = moved.shape().dim(2) - 1;
    return new Confined(
        F.reshape(F.slice(moved, 2, 0, n), x.shape().with(0, m)),
        F.reshape(F.slice(moved, 2, n, n + 1), Shape.of(m, rows)));
  }

  private static Value rows(Value x) {
    int models = x.shape().models();
    int rows = x.shape().dim(1);
    int n = Math.toIntExact(x.shape().size() / models / rows);
    return F.reshape(F.cast(x, DType.F64), Shape.of(models, rows, n));
  }
}
