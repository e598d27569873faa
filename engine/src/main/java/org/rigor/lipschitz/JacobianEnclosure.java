// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.diff.Enclosure;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Compare;
import org.rigor.op.F;
import org.rigor.op.Sign;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Sides of every element of the Jacobian of each sample, all rounding included, and whether the
 * sample is clear of kinks.
 *
 * <p>The rows of J are one stacked vector-Jacobian product, walked in interval arithmetic from a
 * point. Its branches are comparisons: where the two operands' intervals do not meet, the branch is
 * that of a whole neighbourhood, the network is differentiable there and J is its derivative. Where
 * they meet, the branch is the computed one, what automatic differentiation returns, which at a
 * kink may be no element of the Clarke Jacobian and may exceed the Lipschitz constant.
 *
 * @param rows sides of J, [M, K, B, features...]
 * @param clear BOOL [M or 1, B]: true where no branch is in doubt
 */
record JacobianEnclosure(Interval rows, Value clear) {

  /**
   * @param y outputs [M, B, K] in F64
   * @param x the input they depend on, [M, B, features...]
   * @throws UnsupportedOperationException if an operation has no bound rule
   */
  static JacobianEnclosure of(Value y, Value x) {
    Value rows = rows(y, x);
    Map<Value, Interval> known = new IdentityHashMap<>(Map.of(x, Interval.point(x)));
    Set<Value> moving = Collections.newSetFromMap(new IdentityHashMap<>());
    moving.add(x);
    Value clear = null;
    for (Value v : Program.topological(List.of(rows))) {
      if (v.inputs().stream().anyMatch(moving::contains)) {
        moving.add(v);
      }
      if (known.containsKey(v)) {
        continue;
      }
      List<Interval> in = v.inputs().stream().map(known::get).toList();
      if (moving.contains(v) && isBranch(v)) {
        known.put(v, Interval.point(v));
        Value apart = everywhere(apart(v, in), y);
        clear = clear == null ? apart : F.and(clear, apart);
      } else {
        known.put(v, Enclosure.rule(v, in));
      }
    }
    Value always = F.eq(F.iota(2, 1, y.shape().dim(1)), F.iota(2, 1, y.shape().dim(1)));
    return new JacobianEnclosure(known.get(rows), clear == null ? always : clear);
  }

  /** All rows of the Jacobian at once: [M, K, B, features...]. */
  static Value rows(Value y, Value x) {
    int k = y.shape().dim(-1);
    Value ct = F.fill(y.dtype(), y.shape(), 1);
    Value gradient = Diff.vjp(y, ct, List.of(x)).get(0);
    Value unit = F.cast(F.eq(F.iota(4, 1, k), F.iota(4, 3, k)), y.dtype()); // [1, K, 1, K]
    Value stacked = F.broadcast(unit, y.shape().insert(1, k));
    return Diff.stack(List.of(gradient), Map.of(ct, stacked), k).get(0);
  }

  private static boolean isBranch(Value v) {
    return v.op() instanceof Sign || (v.op() instanceof Compare && v.input(0).dtype().isFloating());
  }

  /** True where the intervals of the operands do not meet and the computed branch is theirs. */
  private static Value apart(Value v, List<Interval> in) {
    Interval a = in.get(0);
    Interval b = in.size() == 2 ? in.get(1) : Interval.point(F.constant(v.input(0), 0));
    Value separate = F.or(F.gt(a.lower(), b.upper()), F.lt(a.upper(), b.lower()));
    Value exact =
        in.size() == 2
            ? v.withInputs(List.of(a.lower(), b.lower()))
            : v.withInputs(List.of(a.lower()));
    return F.and(separate, F.eq(exact(v), exact(exact)));
  }

  private static Value exact(Value v) {
    return F.cast(v, v.dtype() == DType.BOOL ? DType.I32 : v.dtype());
  }

  /** [M or 1, B, ...] to [M or 1, B]: true where all elements of the sample are. */
  private static Value everywhere(Value each, Value y) {
    int batch = y.shape().dim(1);
    int rank = each.shape().rank();
    if (rank < 2 || each.shape().dim(1) != batch) {
      throw new UnsupportedOperationException(
          "jacobian norms need [M, B, ...] with samples apart, " + each + " joins them");
    }
    Value all = F.cast(each, DType.I32);
    if (rank > 2) {
      all = F.min(all, IntStream.range(2, rank).toArray());
      all = F.reshape(all, Shape.of(all.shape().models(), batch));
    }
    return F.gt(all, F.constant(all, 0));
  }
}
