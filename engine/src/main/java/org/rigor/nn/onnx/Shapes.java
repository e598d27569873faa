// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/** Semantics of operators on shapes and types, which are computed while tracing. */
final class Shapes {
  private static final int MOST_ELEMENTS = 1 << 20;

  private Shapes() {}

  static Operand shape(Call c) {
    Ints s = Ints.shape(c.operand(0));
    int n = s.size();
    long start = c.integer("start", 0);
    long end = c.integer("end", Long.MAX_VALUE);
    int from = (int) Math.max(0, Math.min(n, start < 0 ? start + n : start));
    int to = (int) Math.max(from, Math.min(n, end < 0 ? end + n : end));
    return s.at(IntStream.range(from, to).toArray(), to - from);
  }

  /** Returns a tensor filled with one number, integer or real. */
  static Operand constantOfShape(Call c) {
    long[] extents = c.ints(0).known("the shape");
    OnnxTensor value = c.tensor("value");
    int[] dims = new int[extents.length];
    long size = 1;
    for (int i = 0; i < dims.length; i++) {
      if (extents[i] < 1 || (size = Math.multiplyExact(size, extents[i])) > MOST_ELEMENTS) {
        throw new IllegalArgumentException(
            "the shape " + Arrays.toString(extents) + " is not supported");
      }
      dims[i] = (int) extents[i];
    }
    boolean real = value == null || value.isReal();
    if (value != null && (value.isEmpty() || value.shape().size() != 1)) {
      throw new IllegalArgumentException("the value must be one number, got " + value);
    }
    if (real) {
      double v = value == null ? 0 : value.reals().get(0);
      return Term.constant(F.fill(c.dtype(), Shape.of(dims).insert(0, 1), v));
    }
    long[] all = new long[(int) size];
    Arrays.fill(all, value.integers()[0]);
    return Ints.of(value.kind(), dims, all);
  }

  /**
   * Traces Cast. Casts between real types are the identity, since the network is treated as a
   * function of real numbers; known integers may become other integer types.
   */
  static Operand cast(Call c) {
    long to = c.integer("to", 0);
    c.irrelevant("saturate", "round_mode"); // of 8-bit floats, which are refused below
    Operand x = c.operand(0);
    if (x instanceof Term t && t.stored().dtype() == DType.BOOL && to == 9) {
      return t;
    }
    boolean real = to == 1 || to == 10 || to == 11 || to == 16;
    if (x instanceof Term t && real) {
      return t;
    }
    if (x instanceof Ints v && !real) {
      return narrowed(v, to);
    }
    if (x instanceof Ints v) {
      long[] all = v.known("a number");
      if (all.length > 0 && Arrays.stream(all).allMatch(e -> e == all[0])) {
        Shape s = Shape.of(v.dims()).insert(0, 1);
        return Term.constant(F.fill(c.dtype(), s, all[0]));
      }
    }
    throw new IllegalArgumentException(
        "a cast of "
            + (x instanceof Term ? "real numbers" : "integers " + x)
            + " to the ONNX element type "
            + to
            + " is not supported");
  }

  /** Integer types that known integers may be cast to, with their ranges, by TensorProto number. */
  private enum Whole {
    I16(5, ElementKind.I16, Short.MIN_VALUE, Short.MAX_VALUE),
    I32(6, ElementKind.I32, Integer.MIN_VALUE, Integer.MAX_VALUE),
    I64(7, ElementKind.I64, Long.MIN_VALUE, Long.MAX_VALUE),
    U32(12, ElementKind.U32, 0, 0xFFFFFFFFL),
    U64(13, ElementKind.U64, 0, Long.MAX_VALUE);

    private final int number;
    private final ElementKind kind;
    private final long low;
    private final long high;

    Whole(int number, ElementKind kind, long low, long high) {
      this.number = number;
      this.kind = kind;
      this.low = low;
      this.high = high;
    }
  }

  private static Ints narrowed(Ints v, long to) {
    for (Whole w : Whole.values()) {
      boolean fits = w.number == to;
      for (int i = 0; fits && i < v.size(); i++) {
        fits = v.get(i) >= w.low && v.get(i) <= w.high;
      }
      if (fits) {
        return v.as(w.kind);
      }
    }
    throw new IllegalArgumentException(
        "a cast of " + v + " to the ONNX element type " + to + " is not supported");
  }

  /** Returns the identity, as in inference. */
  static Term dropout(Call c) {
    c.irrelevant("ratio", "seed");
    for (int i = 1; i < 3; i++) {
      if (c.has(i) && c.operand(i).dims().length > 0) {
        throw new IllegalArgumentException("the ratio and training_mode must be single numbers");
      }
    }
    if (c.has(2) && c.ints(2).known("training_mode")[0] != 0) {
      throw new IllegalArgumentException("the network must be exported for inference");
    }
    return c.term(0);
  }
}
