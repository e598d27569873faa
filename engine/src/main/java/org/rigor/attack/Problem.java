// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.rigor.diff.Diff;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.threat.Threat;

/**
 * Objective and feasible set of an attack, for rows [M, B].
 *
 * @param x0 clean points, [M or 1, B, features...]
 * @param radius [M or 1, B or 1, 1...]
 * @param loss what to maximise: from points [M, B, features...] to [M, B, 1]; rows must not mix
 * @param gradient of the loss
 * @param margin largest wrong logit minus the right one, like the loss: above 0 where a point is
 *     misclassified; throws if unknown
 * @param length step length per row, shaped like the radius; if absent, the attack's
 * @param draws random numbers of each row, for the start or the current step; throws if there are
 *     none
 */
public record Problem(
    Threat threat,
    Value x0,
    Value radius,
    UnaryOperator<Value> loss,
    UnaryOperator<Value> gradient,
    UnaryOperator<Value> margin,
    Optional<Value> length,
    Supplier<Draws> draws) {
  /** Random numbers of rows, under names that begin with {@code site}. */
  public record Draws(Randoms random, String site) {}

  /** Returns the maximisation of a loss over balls of a threat, without random numbers. */
  public static Problem of(Threat threat, Value x0, Value radius, UnaryOperator<Value> loss) {
    Map<Value, Value> seen = new IdentityHashMap<>(); // loss and gradient share their nodes
    UnaryOperator<Value> once = x -> seen.computeIfAbsent(x, loss);
    return new Problem(
        threat,
        x0,
        radius,
        once,
        x -> Diff.grad(once.apply(x), x),
        Problem::unknown,
        Optional.empty(),
        Problem::none);
  }

  /** Returns a problem with a known gradient; attacks that need the loss are refused. */
  public static Problem along(Threat threat, Value x0, Value radius, Value gradient) {
    return new Problem(
        threat,
        x0,
        radius,
        x -> {
          throw new UnsupportedOperationException("attack: only the gradient of a loss is known");
        },
        x -> gradient,
        Problem::unknown,
        Optional.empty(),
        Problem::none);
  }

  private static Draws none() {
    throw new IllegalStateException("attack: draws random numbers and was given none");
  }

  private static Value unknown(Value x) {
    throw new UnsupportedOperationException(
        "attack: seeks the nearest misclassified point, and which points are is not known here");
  }

  /** Returns this problem with the margin by which points are misclassified. */
  public Problem withMargin(UnaryOperator<Value> known) {
    return new Problem(threat, x0, radius, loss, gradient, known, length, draws);
  }

  /** Returns this problem with a step length per row, shaped like the radius. */
  public Problem withLength(Value each) {
    return new Problem(threat, x0, radius, loss, gradient, margin, Optional.of(each), draws);
  }

  /** Returns this problem with random numbers of each row, supplied only if the attack draws. */
  public Problem withDraws(String site, Supplier<Randoms> random) {
    Draws[] own = new Draws[1]; // inputs are declared once
    return new Problem(
        threat,
        x0,
        radius,
        loss,
        gradient,
        margin,
        length,
        () -> {
          own[0] = own[0] == null ? new Draws(random.get(), site) : own[0];
          return own[0];
        });
  }

  /** Draws a point in the ball around each clean point, clipped to the box. */
  public Value draw() {
    Draws d = draws.get();
    return threat.draw(x0, radius, d.random(), d.site());
  }

  /** Draws a point at the full radius from each clean point, clipped to the box. */
  public Value drawOutermost() {
    Draws d = draws.get();
    return threat.drawOutermost(x0, radius, d.random(), d.site());
  }

  /**
   * Steps from {@code x} in the direction of steepest ascent, then projects onto ball and box.
   *
   * @param share of the radius, if rows have no step length
   */
  public Value ascend(Value x, double share) {
    return ascend(x, gradient.apply(x), share);
  }

  /**
   * Steps from {@code x} in the direction that climbs steepest along {@code ascent}, such as a mean
   * of gradients, then projects onto ball and box.
   *
   * @param share of the radius, if rows have no step length
   */
  public Value ascend(Value x, Value ascent, double share) {
    Value far = length.orElseGet(() -> F.mul(radius, share));
    return threat.step(x, x0, ascent, radius, far);
  }
}
