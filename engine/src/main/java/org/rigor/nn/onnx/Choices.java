// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongBinaryOperator;
import org.rigor.io.ElementKind;
import org.rigor.ir.Value;
import org.rigor.op.Compare;
import org.rigor.op.F;
import org.rigor.op.Logical;
import org.rigor.op.Pointwise;

/** Semantics of comparisons, of connectives, and of the choice between two tensors. */
final class Choices {
  private Choices() {}

  /** Compares integers while tracing, or real numbers of a sample. */
  static Operand compare(Call c, Compare.Kind kind) {
    if (c.operand(0) instanceof Ints a && c.operand(1) instanceof Ints b) {
      return Ints.both(a, b, ElementKind.BOOL, (x, y) -> holds(kind, Long.compare(x, y)) ? 1 : 0);
    }
    Term a = c.term(0);
    Term b = c.term(1);
    if (a.stored() == b.stored() && Objects.equals(a.batch(), b.batch())) {
      // a real number is itself; exporters ask so whether one is NaN
      return Ints.of(ElementKind.BOOL, new int[0], new long[] {holds(kind, 0) ? 1 : 0});
    }
    return Arithmetic.both(a, b, (x, y) -> F.compare(kind, x, y));
  }

  private static boolean holds(Compare.Kind kind, int order) {
    return switch (kind) {
      case LT -> order < 0;
      case LE -> order <= 0;
      case GT -> order > 0;
      case GE -> order >= 0;
      case EQ -> order == 0;
      case NE -> order != 0;
    };
  }

  static Operand logical(Call c, Logical.Kind kind, LongBinaryOperator known) {
    return c.operand(0) instanceof Ints a && c.operand(1) instanceof Ints b
        ? Ints.both(a, b, known)
        : Arithmetic.both(c.truths(0), c.truths(1), (x, y) -> Value.of(new Logical(kind), x, y));
  }

  static Operand not(Call c) {
    if (c.operand(0) instanceof Ints v) {
      return v.each(x -> 1 - x);
    }
    Term x = c.truths(0);
    return x.with(F.not(x.stored()));
  }

  /** Takes elements of the second operand where the first holds, else of the third. */
  static Operand where(Call c) {
    if (!(c.operand(0) instanceof Ints holds)) {
      List<Term> all = List.of(c.truths(0), c.term(1), c.term(2));
      return Arithmetic.all(
          all, v -> Joint.of(v.get(0), v.get(1), v.get(2), c.stated(), c.notes()));
    }
    if (c.operand(1) instanceof Ints a && c.operand(2) instanceof Ints b) {
      return Ints.chosen(holds, a, b);
    }
    long[] known = holds.known("the condition");
    if (known.length == 0 || Arrays.stream(known).anyMatch(k -> k != known[0])) {
      throw new IllegalArgumentException("the condition " + holds + " must be one for all");
    }
    int taken = known[0] != 0 ? 0 : 1;
    Term out =
        Arithmetic.all(
            List.of(c.term(1), c.term(2)),
            v ->
                F.broadcast(
                    v.get(taken), Pointwise.broadcast(v.stream().map(Value::shape).toList())));
    if (holds.dims().length > out.rank() || known.length > out.elements()) {
      throw new IllegalArgumentException("the condition " + holds + " is larger than the choices");
    }
    return out;
  }
}
