// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.plan.Nest;

/**
 * A loop nest as passed to a kernel: the model axis, if any, is the outermost loop, fused with the
 * next if every operand has a single stride over both.
 *
 * @param extents outermost first; at least one loop
 * @param strides {@code strides[operand][loop]} in elements
 */
record Loops(int[] extents, long[][] strides) {
  /** Loop counts for which kernels exist; shorter nests are padded. */
  private static final int[] COUNTS = {1, 2, 4, 8};

  /** Element numbers stay below 2^31. */
  static final long MOST = Integer.MAX_VALUE;

  /**
   * Returns the nest of the operands {@code pick[0], pick[1], ...}, below a loop over {@code
   * models} with the given strides of the picked operands; operands outside the nest have stride 0.
   */
  static Loops of(int models, long[] modelStrides, Nest nest, int[] pick) {
    List<Integer> extents = new ArrayList<>();
    List<long[]> columns = new ArrayList<>();
    if (models > 1) {
      extents.add(models);
      columns.add(modelStrides.clone());
    }
    for (int l = 0; l < nest.loops(); l++) {
      long[] column = new long[pick.length];
      for (int o = 0; o < pick.length; o++) {
        column[o] = pick[o] < nest.strides().length ? nest.strides()[pick[o]][l] : 0;
      }
      add(extents, columns, nest.extents()[l], column);
    }
    if (extents.isEmpty()) {
      extents.add(1);
      columns.add(new long[pick.length]);
    }
    return from(extents, columns, pick.length);
  }

  private static void add(List<Integer> extents, List<long[]> columns, int n, long[] column) {
    int top = extents.size() - 1;
    if (n == 1) {
      return;
    }
    if (top >= 0 && joins(columns.get(top), column, n) && (long) extents.get(top) * n <= MOST) {
      extents.set(top, extents.get(top) * n);
      columns.set(top, column);
    } else {
      extents.add(n);
      columns.add(column);
    }
  }

  private static boolean joins(long[] outer, long[] inner, int extent) {
    for (int o = 0; o < outer.length; o++) {
      if (outer[o] != inner[o] * extent) {
        return false;
      }
    }
    return true;
  }

  private static Loops from(List<Integer> extents, List<long[]> columns, int operands) {
    long[][] strides = new long[operands][columns.size()];
    for (int o = 0; o < operands; o++) {
      for (int l = 0; l < columns.size(); l++) {
        strides[o][l] = columns.get(l)[o];
      }
    }
    return new Loops(extents.stream().mapToInt(Integer::intValue).toArray(), strides);
  }

  int count() {
    return extents.length;
  }

  long size() {
    long n = 1;
    for (int e : extents) {
      n = Math.multiplyExact(n, (long) e);
    }
    return n;
  }

  /** Returns the stride of the innermost loop. */
  long inner(int operand) {
    return strides[operand][extents.length - 1];
  }

  /** Returns the nest padded with outer loops of extent 1 to a count kernels exist for. */
  Loops padded() {
    int n = 0;
    for (int c = COUNTS.length - 1; c >= 0; c--) {
      n = COUNTS[c] >= extents.length ? COUNTS[c] : n;
    }
    if (n == 0) {
      throw new IllegalArgumentException(
          "a nest of " + extents.length + " loops; kernels exist for up to 8");
    }
    int more = n - extents.length;
    int[] e = new int[n];
    long[][] s = new long[strides.length][n];
    java.util.Arrays.fill(e, 0, more, 1);
    System.arraycopy(extents, 0, e, more, extents.length);
    for (int o = 0; o < s.length; o++) {
      System.arraycopy(strides[o], 0, s[o], more, extents.length);
    }
    return new Loops(e, s);
  }

  /** Returns the nest with a loop moved second innermost; valid only where order is free. */
  Loops turned(int loop) {
    int last = extents.length - 1;
    List<Integer> e = new ArrayList<>();
    List<long[]> columns = new ArrayList<>();
    for (int k = 0; k <= last; k++) {
      int l = k == last ? last : k == last - 1 ? loop : k < loop ? k : k + 1;
      e.add(extents[l]);
      long[] column = new long[strides.length];
      for (int o = 0; o < column.length; o++) {
        column[o] = strides[o][l];
      }
      columns.add(column);
    }
    return from(e, columns, strides.length);
  }

  /** Returns the same nest over groups of {@code n} neighbours along the innermost loop. */
  Loops grouped(int n) {
    int last = extents.length - 1;
    int[] e = extents.clone();
    e[last] /= n;
    long[][] s = new long[strides.length][];
    for (int o = 0; o < s.length; o++) {
      s[o] = strides[o].clone();
      s[o][last] *= n;
    }
    return new Loops(e, s);
  }

  void putStrides(ByteBuffer to) {
    for (long[] operand : strides) {
      for (long s : operand) {
        to.putLong(s);
      }
    }
  }

  void putExtents(ByteBuffer to) {
    for (int e : extents) {
      to.putLong(e);
    }
  }
}
