// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** Largest or smallest element along axes, which keep extent 1. */
public interface Extremum extends Op {
  List<Integer> axes();

  /** Returns true at the elements that can attain it when each lies in its interval. */
  Value candidates(Interval x);

  /** Returns the function of all candidates where they agree, else a fresh one. */
  @Override
  default Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    Value may = candidates(in.get(0));
    Value n = of.get(0);
    Value least = F.select(may, n, F.constant(n, Double.POSITIVE_INFINITY));
    Value most = F.select(may, n, F.constant(n, Double.NEGATIVE_INFINITY));
    Value one = F.min(least, axes());
    return F.select(F.eq(one, F.max(most, axes())), one, fresh);
  }

  @Override
  default boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return !axes().contains(0) && !axes().contains(1);
  }

  /** Keeps the operand's bound: the result takes one element of each group. */
  @Override
  default double slope(Value y, Slopes of) {
    return of.times(1);
  }
}
