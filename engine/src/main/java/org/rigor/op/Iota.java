// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** The numbers 0 to extent - 1 as I32 [1, extent]. */
public record Iota(int extent) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    return new TensorType(DType.I32, Shape.of(1, extent));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return List.of();
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return null;
  }

  @Override
  public Lowering lower(Value y) {
    return new Lowering.Launch(
        "layout.cu",
        "iota",
        extent,
        List.of(),
        (in, out) -> {
          for (int i = 0; i < extent; i++) {
            out.ints()[out.offset() + i] = i;
          }
        });
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int n) {
    throw new IllegalStateException("iota has no operand that could be stacked");
  }
}
