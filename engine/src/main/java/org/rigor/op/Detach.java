// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.tensor.TensorType;

/**
 * Identity through which no derivative flows.
 *
 * @param cancels true if what is computed from the result does not depend on its value, as a
 *     softmax does not depend on its shift; then stopping here leaves the derivative correct
 */
public record Detach(boolean cancels) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    return in.get(0);
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return Collections.singletonList(null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return null;
  }

  @Override
  public Lowering lower(Value y) {
    return new Lowering.Alias(Optional::of);
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(this, in.get(0));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return true;
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }
}
