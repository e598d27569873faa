// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.TensorType;

/**
 * The elements of input 0, available only once input 1 has been computed: an order, not a
 * computation. What is computed from it is never shared with what is computed from input 0 itself.
 */
public record After() implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    return in.get(0);
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return Arrays.asList(ct, null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return t.get(0);
  }

  @Override
  public Lowering lower(Value y) {
    return new Lowering.Alias(Optional::of);
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Value x = in.get(0);
    if (!stacked.get(0)) {
      x = F.reshape(x, x.shape().insert(1, 1)); // [M, 1, ..] -> [M, S, ..]
      x = F.broadcast(x, x.shape().with(1, extent));
    }
    return F.after(x, in.get(1));
  }

  @Override
  public boolean linearIn(int i) {
    return i == 0;
  }

  @Override
  public int roundings(Value y, int i) {
    return 0;
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return in.get(0);
  }
}
