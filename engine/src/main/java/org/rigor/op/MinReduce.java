// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Lowering;
import org.rigor.ir.Value;
import org.rigor.tensor.TensorType;

/**
 * The smallest element along {@code axes}, which stay with extent 1; NaN if any element is NaN.
 * Equal minimums share the derivative equally; where the result is NaN the derivative is 0.
 */
public record MinReduce(List<Integer> axes) implements Extremum {
  public MinReduce {
    axes = List.copyOf(axes);
  }

  @Override
  public TensorType type(List<TensorType> in) {
    return Reductions.type(in.get(0), axes, in.get(0).dtype());
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return Reductions.sharedVjp(y, axes, ct);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return Reductions.sharedJvp(y, axes, t.get(0));
  }

  @Override
  public Lowering lower(Value y) {
    Expr x = Expr.arg(0, ExprType.of(y.input(0).dtype()));
    return new Lowering.Reduce(Lowering.Reduce.Kind.MIN, axes, x);
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(new MinReduce(Reductions.shifted(axes)), in);
  }

  @Override
  public Value candidates(Interval x) {
    return F.le(x.lower(), F.min(x.upper(), axes));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  /** Relaxes as the negative of the largest of the negatives. */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    Value largest = F.max(F.neg(y.input(0)), axes);
    Lines l = largest.op().relax(largest, List.of(Outward.negative(in.get(0)))).get(0);
    return List.of(
        new Lines(
            l.upperSlope(), F.neg(l.upperIntercept()), l.lowerSlope(), F.neg(l.lowerIntercept())));
  }
}
