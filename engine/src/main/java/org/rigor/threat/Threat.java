// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import org.rigor.data.Box;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Set of perturbed inputs that an adversary may choose: balls of a norm, cut by the box of valid
 * inputs. The radius is not a component: it differs between models and samples and lives on the
 * device.
 *
 * <p>Tensors are [M, B, features...], radii [M or 1, B or 1, 1...]. Centres must lie in the box.
 */
public record Threat(Norm norm, Box box) {
  /** Draws a point of the ball around {@code x0}, cut by the box; {@code site} names the draws. */
  public Value draw(Value x0, Value radius, Randoms random, String site) {
    Shape features = x0.shape().remove(0).remove(0);
    return start(x0, radius, norm.noise(random, site, x0.dtype(), features));
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
    return project(F.add(x, F.mul(norm.direction(gradient), length)), x0, radius);
  }

  /** Projects onto the ball around {@code x0}, then onto the box, each up to rounding. */
  public Value project(Value x, Value x0, Value radius) {
    return cut(norm.project(x, x0, radius));
  }

  private Value cut(Value x) {
    return box.isBounded() ? F.clamp(x, box.lower(), box.upper()) : x;
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
    return Ball.project(norm, point, at, x0, from, features, radius, box);
  }
}
