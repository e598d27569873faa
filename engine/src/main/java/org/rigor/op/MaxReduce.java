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
 * The largest element along {@code axes}, which stay with extent 1; NaN if any element is NaN.
 * Equal maximums share the derivative equally; where the result is NaN the derivative is 0.
 */
public record MaxReduce(List<Integer> axes) implements Extremum {
  public MaxReduce {
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
    return new Lowering.Reduce(Lowering.Reduce.Kind.MAX, axes, x);
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(new MaxReduce(Reductions.shifted(axes)), in);
  }

  @Override
  public Value candidates(Interval x) {
    return F.ge(x.upper(), F.max(x.lower(), axes));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  @Override
  public boolean ignoresPadding() {
    return true;
  }

  /**
   * Takes the element with the largest midpoint as the lower line. The upper line is {@code g + sum
   * a_i (x_i - l_i)} with any a_i &gt;= 0 and {@code g >= max l_i, g >= u_i - a_i (u_i - l_i)}: at
   * each corner of the box it is at least the largest element, and the difference is convex. The
   * a_i are the chord slopes from {@code max l_i}, scaled down where they sum to more than 1
   * (compare Boopathy et al. 2019, CNN-Cert). An element above all others is the result itself.
   * Padding elements of -infinity have slope 0.
   *
   * @return slopes of the operand's shape, intercepts of the result's
   */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    Interval x = in.get(0);
    Value zero = F.constant(x.lower(), 0);
    Value middle = F.add(F.mul(x.lower(), 0.5), F.mul(x.upper(), 0.5));
    Value top = F.max(middle, axes);
    Value least = F.max(x.lower(), axes);
    Value width = Outward.down(F.sub(x.upper(), x.lower()));
    Value chord = F.div(F.sub(x.upper(), least), F.maximum(width, F.constant(width, Outward.TINY)));
    Value slope = F.select(F.gt(x.upper(), least), F.clamp(chord, 0, 1), zero);
    Value all = F.sum(slope, axes);
    slope = F.div(slope, F.maximum(all, F.constant(all, 1)));
    Value used = F.gt(slope, zero);
    Value lost = Outward.up(F.sub(x.upper(), Outward.down(F.mul(slope, width))));
    Value base = F.maximum(least, F.max(F.select(used, lost, x.upper()), axes));
    Value at = F.select(used, F.mul(slope, x.lower()), zero);
    long n = x.lower().shape().size() / y.shape().size();
    Value error = F.mul(F.sum(F.abs(at), axes), 4 * Outward.gamma(n + 8));
    Value rest = F.sub(F.sum(at, axes), F.add(error, Outward.TINY));
    Value intercept = Outward.up(F.sub(base, Outward.down(rest)));
    // NaN where the midpoint is NaN, so that the line claims nothing
    Value none = F.sub(top, top);
    Value below = F.select(first(middle, top), F.constant(zero, 1), zero);
    return List.of(new Lines(below, none, slope, intercept));
  }

  /** Marks the first of the largest elements. */
  private Value first(Value x, Value top) {
    int rank = x.shape().rank();
    Value place = null;
    for (int a : axes) {
      Value along = F.iota(rank, a, x.shape().dim(a));
      place = place == null ? along : F.add(F.mul(place, x.shape().dim(a)), along);
    }
    Value far = F.constant(place, Integer.MAX_VALUE);
    Value earliest = F.min(F.select(F.eq(x, top), place, far), axes);
    return F.eq(place, earliest);
  }
}
