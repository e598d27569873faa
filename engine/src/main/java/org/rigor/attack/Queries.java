// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * What an attack asks of a network for one sample: evaluations of it, and gradients by its input. A
 * loss and its gradient at a point share one forward.
 */
public record Queries(long forwards, long backwards) {
  /** Asks for nothing. */
  public static final Queries NONE = new Queries(0, 0);

  /** Returns these and others together. */
  public Queries plus(Queries other) {
    return new Queries(forwards + other.forwards, backwards + other.backwards);
  }

  /** Returns these a number of times. */
  public Queries times(long count) {
    return new Queries(forwards * count, backwards * count);
  }

  /**
   * Returns what one step asks, the judgement of the point that it starts from included: the step
   * is traced, and the points where it evaluates the network are counted.
   */
  static Queries ofStep(CurveAttack attack, Shape input) {
    Shape points = input.insert(0, 1).insert(0, 1);
    TensorType type = new TensorType(attack.dtype(), points);
    Program.Builder b = Program.builder("queries");
    Set<Value> forwards = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Value> backwards = Collections.newSetFromMap(new IdentityHashMap<>());
    UnaryOperator<Value> loss =
        x -> {
          forwards.add(x);
          return F.reshape(F.max(DeepFool.flat(x), 2), Shape.of(1, 1, 1));
        };
    Value x0 = b.input("x0", type);
    int[] ones = points.dims().clone();
    Arrays.fill(ones, 1);
    Value radius = b.input("radius", new TensorType(attack.dtype(), Shape.of(ones)));
    Problem own = Problem.of(attack.threat(), x0, radius, loss);
    Problem problem =
        new Problem(
                own.threat(),
                x0,
                radius,
                loss,
                x -> {
                  forwards.add(x);
                  backwards.add(x);
                  return x;
                },
                loss,
                own.length(),
                own.draws())
            .withDraws(
                "attack",
                () ->
                    new Randoms(
                        b.input("key", new TensorType(DType.I32, Shape.of(1, 2))),
                        b.input("ids", new TensorType(DType.I32, Shape.of(1, 1))),
                        b.input("draw", new TensorType(DType.I32, Shape.of(1, 1)))));
    Lockstep rows = new Lockstep(attack.attack(), type);
    AttackState now = rows.now(b);
    forwards.add(now.kept().getOrDefault(Attack.ITERATE, now.x()));
    attack.attack().step(problem, now);
    return new Queries(forwards.size(), backwards.size());
  }
}
