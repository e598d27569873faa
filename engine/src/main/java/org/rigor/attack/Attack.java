// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Map;
import java.util.OptionalDouble;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;

/**
 * An attack: where a row starts and how it steps, traced once for all rows. A row is one start on
 * one sample by one model. A driver compiles {@link #start} and {@link #step} and keeps the {@link
 * AttackState} between them: {@link CurveAttacker} checks {@code x} before each step and replaces
 * rows that are done, {@link Lockstep} and training take all steps. No row may depend on another.
 *
 * <p>To add one: a record that implements this interface, and its line in {@link Attacks}.
 */
public interface Attack {
  /** What attacks that {@link #minimises} call the point of their search, shaped like {@code x}. */
  String ITERATE = "iterate";

  /** Returns whether the attack works in balls of a distance, or minimises it. */
  default boolean takes(Distance distance) {
    return distance instanceof Norm;
  }

  /** Returns the attack that this one is in a distance that it takes. */
  default Attack in(Distance distance) {
    return this;
  }

  /** Returns the number of steps per start, at least 1. */
  int steps();

  /** Returns whether starts are random; if not, a second start repeats the first. */
  boolean randomStart();

  /**
   * Returns whether the loss must be a margin ({@link AttackLoss#isMargin}): whether the attack
   * steps to where the loss is 0.
   */
  default boolean needsMargin() {
    return false;
  }

  /**
   * Returns whether the attack seeks the nearest misclassified point, whatever the radius. It keeps
   * that search under {@link #ITERATE}, and {@code x} is the iterate moved into the ball; it may
   * ask for {@link Problem#margin}.
   */
  default boolean minimises() {
    return false;
  }

  /** Returns whether the attack asks for decisions alone, so that a loss makes no difference. */
  default boolean decides() {
    return false;
  }

  /** Returns where a row begins; {@code x} lies in ball and box. */
  AttackState start(Problem problem);

  /** Returns the state one step on; {@code x} lies in ball and box again. */
  AttackState step(Problem problem, AttackState state);

  /**
   * Returns what a row keeps besides {@code x}: types by name.
   *
   * @param x type of the points, [M, B, features...]
   */
  default Map<String, TensorType> keeps(TensorType x) {
    return Map.of();
  }

  /**
   * Returns the length of a step as a share of the radius; empty if the attack sets its own steps.
   * An attack with such a length takes that of the rows instead where they have one ({@link
   * Problem#length}).
   */
  default OptionalDouble stepShare() {
    return OptionalDouble.empty();
  }

  /**
   * Returns the longest total path of all steps, in radii; infinite if the attack sets its own
   * steps. Below 2 a random start cannot reach every point of the ball, below 1 no start can.
   */
  default double reach() {
    OptionalDouble share = stepShare();
    return share.isEmpty() ? Double.POSITIVE_INFINITY : steps() * share.getAsDouble();
  }
}
