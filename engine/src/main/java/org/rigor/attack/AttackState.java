// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Coordinates;

/**
 * State of the rows of an attack between steps.
 *
 * @param x point to check next, [M, B, features...]
 * @param kept further state of the attack by name, each [M, B, ...]
 */
public record AttackState(Value x, Map<String, Value> kept) {
  private static final String X = "x";
  private static final String KEPT = "kept/";

  public AttackState {
    kept = Collections.unmodifiableMap(new LinkedHashMap<>(kept)); // in order
  }

  /** Returns a state of {@code x} alone. */
  public static AttackState of(Value x) {
    return new AttackState(x, Map.of());
  }

  /**
   * Returns the types of the values of {@link #named}.
   *
   * @param x type of the points, [M, B, features...]
   */
  public static Map<String, TensorType> types(Attack attack, TensorType x) {
    Map<String, TensorType> types = new LinkedHashMap<>();
    types.put(X, x);
    attack.keeps(x).forEach((name, type) -> types.put(KEPT + name, type));
    return types;
  }

  /** Returns the state that {@link #named} returned. */
  public static AttackState of(Map<String, Value> named) {
    Map<String, Value> kept = new LinkedHashMap<>();
    named.forEach(
        (name, v) -> {
          if (name.startsWith(KEPT)) {
            kept.put(name.substring(KEPT.length()), v);
          }
        });
    return new AttackState(named.get(X), kept);
  }

  /** Returns all values, each by a name of its own. */
  public Map<String, Value> named() {
    Map<String, Value> named = new LinkedHashMap<>();
    named.put(X, x);
    kept.forEach((name, v) -> named.put(KEPT + name, v));
    return named;
  }

  /** Declares the state as inputs named {@code prefix + "x"} and so on. */
  public static AttackState input(Program.Builder b, String prefix, Attack attack, TensorType x) {
    Map<String, Value> named = new LinkedHashMap<>();
    types(attack, x).forEach((name, type) -> named.put(name, b.input(prefix + name, type)));
    return of(named);
  }

  /** Writes this state over inputs that {@link #input} declared. */
  public void store(Program.Builder b, String prefix) {
    named().forEach((name, v) -> b.state(prefix + name, v));
  }

  /** Writes this state to outputs of those names. */
  public void output(Program.Builder b, String prefix) {
    named().forEach((name, v) -> b.output(prefix + name, v));
  }

  /**
   * Returns this state in the rows where a condition holds, {@code otherwise} in the others.
   *
   * @param rows bool [M, B]
   */
  public AttackState where(Value rows, AttackState otherwise) {
    return zip(otherwise, (a, b) -> F.select(rows(rows, a), a, b));
  }

  /** Returns this state with points that the box holds, and where features may move. */
  AttackState settled(Coordinates in, Value x0) {
    return new AttackState(in.settle(x, x0), kept);
  }

  /** Returns this state, with {@code otherwise} wherever a number of it is NaN. */
  public AttackState unlessNan(AttackState otherwise) {
    return zip(otherwise, (a, b) -> a.dtype().isFloating() ? F.select(F.eq(a, a), a, b) : a);
  }

  private AttackState zip(AttackState other, BinaryOperator<Value> each) {
    Map<String, Value> all = new LinkedHashMap<>();
    kept.forEach((name, v) -> all.put(name, each.apply(v, other.kept.get(name))));
    return new AttackState(each.apply(x, other.x), all);
  }

  /** Reshapes [M, B] to [M, B, 1, ..., 1] of the rank of {@code like}. */
  static Value rows(Value rows, Value like) {
    int[] d = new int[like.shape().rank()];
    Arrays.fill(d, 1);
    d[0] = rows.shape().dim(0);
    d[1] = rows.shape().dim(1);
    return F.reshape(rows, Shape.of(d));
  }
}
