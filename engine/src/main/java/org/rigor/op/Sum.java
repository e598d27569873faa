// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.tensor.TensorType;

/** Sum along {@code axes}, which stay with extent 1. Sums over axis 0 join the models. */
public record Sum(List<Integer> axes) implements Op {
  public Sum {
    axes = List.copyOf(axes);
  }

  @Override
  public TensorType type(List<TensorType> in) {
    return Reductions.type(in.get(0), axes, in.get(0).dtype());
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return List.of(F.broadcast(ct, y.input(0).shape())); // [.., 1, ..] -> [.., n, ..]
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return F.sum(t.get(0), axes);
  }

  @Override
  public Lowering lower(Value y) {
    Expr x = Expr.arg(0, ExprType.of(y.input(0).dtype()));
    return new Lowering.Reduce(Lowering.Reduce.Kind.SUM, axes, x);
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(new Sum(Reductions.shifted(axes)), in);
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public int roundings(Value y, int i) {
    return 0;
  }

  /** Returns a constant where all terms are constant. */
  @Override
  public Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    Value most = F.max(of.get(0), axes);
    return F.select(F.eq(most, F.constant(most, 0)), F.constant(fresh, 0), fresh);
  }

  /** Bounds a sum of n terms in any order: the sides move by gamma_n of the sum of magnitudes. */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    Value x = y.input(0);
    long n = x.shape().size() / y.shape().size();
    Interval a = in.get(0);
    Value size = F.mul(F.sum(Outward.magnitude(a), axes), 2 * Outward.gamma(n + 8));
    Value error = F.add(size, Outward.TINY);
    return Outward.of(F.sub(F.sum(a.lower(), axes), error), F.add(F.sum(a.upper(), axes), error));
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return !axes.contains(0) && !axes.contains(1);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(of.added(y.input(0).shape().size() / y.shape().size()));
  }
}
