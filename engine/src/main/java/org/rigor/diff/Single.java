// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Cast;
import org.rigor.op.F;
import org.rigor.op.Fill;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/**
 * Rewrite of a program in F64 as one in F32, for work in which any numbers will do, such as an
 * ascent. F64 inputs stay, and are cast; F64 outputs become F32.
 */
public final class Single {
  private Single() {}

  /**
   * @param stored returns the name of an F32 input that stands for an F64 one, or null for one that
   *     is cast
   */
  public static Program of(Program p, UnaryOperator<String> stored) {
    Program.Builder b = Program.builder(p.name());
    Map<Value, Value> known = new IdentityHashMap<>();
    p.inputs().forEach((name, v) -> known.put(v, input(b, name, v.type(), stored)));
    for (Value v : p.nodes()) {
      if (!known.containsKey(v)) {
        known.put(v, rewritten(v, v.inputs().stream().map(known::get).toList()));
      }
    }
    p.outputs().forEach((name, v) -> b.output(name, known.get(v)));
    return b.build();
  }

  /** Rewrites a value computed in F64 from inputs that are cast from F32: the casts vanish. */
  public static Value of(Value y) {
    Map<Value, Value> known = new IdentityHashMap<>();
    for (Value v : Program.topological(List.of(y))) {
      boolean given = v.isInput() || v.dtype() == DType.F32;
      known.put(v, given ? v : rewritten(v, v.inputs().stream().map(known::get).toList()));
    }
    return known.get(y);
  }

  private static Value input(
      Program.Builder b, String name, TensorType type, UnaryOperator<String> stored) {
    if (type.dtype() != DType.F64) {
      return b.input(name, type);
    }
    String other = stored.apply(name);
    return other == null
        ? F.cast(b.input(name, type), DType.F32)
        : b.input(other, new TensorType(DType.F32, type.shape()));
  }

  private static Value rewritten(Value v, List<Value> in) {
    if (v.op() instanceof Fill f && f.dtype() == DType.F64) {
      return F.fill(DType.F32, f.shape(), f.value());
    }
    if (v.op() instanceof Cast c && c.to() == DType.F64) {
      return in.get(0).dtype() == DType.F32 ? in.get(0) : F.cast(in.get(0), DType.F32);
    }
    return v.withInputs(in);
  }
}
