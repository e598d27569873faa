// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.rigor.diff.Diff;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** Transposes of linear operations, applied to stacked coefficients. */
final class Transposes {
  private Transposes() {}

  /**
   * Returns the coefficients of the operands, null for those without.
   *
   * @param a coefficients of the result, [M or 1, S, B or 1, units...]
   * @param stack S
   * @param dependent which values depend on the bounded input
   */
  static List<Value> of(Value v, Value a, int stack, Predicate<Value> dependent) {
    int batch = v.shape().dim(1);
    Value full = a;
    Value rule = v;
    if (a.shape().dim(2) != batch) {
      if (v.op().treatsSamplesAlike(v, dependent)) {
        rule = v.withInputs(v.inputs().stream().map(x -> oneSample(x, dependent)).toList());
      } else {
        full = F.broadcast(a, a.shape().with(2, batch));
      }
    }
    Shape own = full.shape().remove(1).with(0, v.shape().models());
    Value template = F.fill(v.dtype(), own, 0);
    List<Value> out = new ArrayList<>();
    for (Value f : rule.op().vjp(rule, template)) {
      out.add(f == null ? null : Diff.stack(List.of(f), Map.of(template, full), stack).get(0));
    }
    return out;
  }

  /**
   * Returns the operands with all summands but {@code k} set to zero: a negative one would hide its
   * magnitude.
   */
  static List<Interval> alone(Value v, int k, List<Interval> in) {
    List<Interval> out = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      Value x = v.input(i);
      boolean other = i != k && x.dtype().isFloating();
      out.add(other ? Interval.point(F.fill(x.dtype(), x.shape(), 0)) : in.get(i));
    }
    return out;
  }

  private static Value oneSample(Value x, Predicate<Value> dependent) {
    return dependent.test(x) ? F.fill(x.dtype(), x.shape().with(1, 1), 0) : x;
  }
}
