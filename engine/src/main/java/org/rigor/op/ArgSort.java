// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * I32 positions that sort the last axis: [M, ..., n] to [M, ..., n]. Stable: equal elements, which
 * include -0 and +0, keep their order. NaN counts as the largest, so it comes last, or first in
 * descending order.
 */
public record ArgSort(boolean descending) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape s = in.get(0).shape();
    if (s.rank() < 2 || in.get(0).dtype() == DType.BOOL) {
      throw new IllegalArgumentException("the operand must be numbers [M, ..., n], got " + in);
    }
    return new TensorType(DType.I32, s);
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
    int n = y.shape().dim(-1);
    int rows = Math.toIntExact(y.shape().size() / y.shape().models() / n);
    boolean cached = 4 * n <= Factorisation.SHARED;
    int threads = Math.max(32, Math.min(512, Integer.highestOneBit(Math.max(1, n - 1))));
    return new Lowering.Launch(
        "order.cu",
        "arg_sort",
        rows,
        List.of(n, descending ? 1 : 0, cached ? 1 : 0),
        Optional.of(new Lowering.Blocks(threads, cached ? 4 * n : 0)),
        new Lowering.Items(rows, (in, out, from, to) -> reference(in, out, n, from, to)));
  }

  private void reference(Lowering.Block[] in, Lowering.Block out, int n, int from, int to) {
    double[] keys = new double[n];
    int[] order = new int[n];
    int[] spare = new int[n];
    for (int row = from; row < to; row++) {
      for (int i = 0; i < n; i++) {
        int at = in[0].offset() + row * n + i;
        keys[i] =
            in[0].array() instanceof float[] f
                ? f[at]
                : in[0].array() instanceof double[] d ? d[at] : in[0].ints()[at];
        order[i] = i;
      }
      int[] sorted = sort(keys, order, spare);
      System.arraycopy(sorted, 0, out.ints(), out.offset() + row * n, n);
    }
  }

  /** Merges runs of 1, 2, 4, ... positions; the result is one of the two arrays. */
  private int[] sort(double[] keys, int[] order, int[] spare) {
    int[] a = order;
    int[] b = spare;
    for (int run = 1; run < keys.length; run *= 2) {
      for (int start = 0; start < keys.length; start += 2 * run) {
        int middle = Math.min(start + run, keys.length);
        int end = Math.min(middle + run, keys.length);
        int i = start;
        int j = middle;
        for (int k = start; k < end; k++) {
          boolean second = i == middle || (j < end && precedes(keys[a[j]], keys[a[i]]));
          b[k] = second ? a[j++] : a[i++];
        }
      }
      int[] t = a;
      a = b;
      b = t;
    }
    return a;
  }

  private boolean precedes(double x, double y) {
    boolean nx = Double.isNaN(x);
    boolean ny = Double.isNaN(y);
    if (nx || ny) {
      return nx != ny && (descending ? nx : ny);
    }
    return descending ? y < x : x < y;
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(this, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return y.shape().rank() > 2;
  }
}
