// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Arrays;
import org.rigor.exec.codegen.MapLoop;

/**
 * Runs a loop over a range of the elements of a loop nest: the two innermost loops in the generated
 * code, the others here. Loops that every operand walks through at one stride become one.
 */
final class Walk {
  private final int[] extents;
  private final int[][] strides;
  private final int[] innerStrides;
  private final int[] rowStrides;
  private final int width;
  private final int height;

  /**
   * @param extents outermost first; at least one loop
   * @param strides {@code strides[operand][loop]}
   */
  Walk(int[] extents, long[][] strides) {
    int[] joined = extents.clone();
    this.strides = new int[strides.length][extents.length];
    int top = 0;
    for (int l = 0; l < extents.length; l++) {
      if (l > 0 && joins(strides, l, extents[l])) {
        joined[top] = Math.multiplyExact(joined[top], extents[l]);
      } else {
        top += l > 0 ? 1 : 0;
        joined[top] = extents[l];
      }
      for (int o = 0; o < strides.length; o++) {
        this.strides[o][top] = Math.toIntExact(strides[o][l]);
      }
    }
    this.extents = Arrays.copyOf(joined, top + 1);
    this.innerStrides = new int[strides.length];
    this.rowStrides = new int[strides.length];
    for (int o = 0; o < strides.length; o++) {
      innerStrides[o] = this.strides[o][top];
      rowStrides[o] = top > 0 ? this.strides[o][top - 1] : 0;
    }
    this.width = this.extents[top];
    this.height = top > 0 ? this.extents[top - 1] : 1;
  }

  /**
   * Returns whether every operand walks through loops {@code l - 1} and {@code l} at one stride.
   */
  private static boolean joins(long[][] strides, int l, int extent) {
    for (long[] s : strides) {
      if (s[l - 1] != s[l] * extent) {
        return false;
      }
    }
    return true;
  }

  /** Returns the number of elements of the innermost loop. */
  int width() {
    return width;
  }

  int loops() {
    return extents.length;
  }

  int extent(int loop) {
    return extents[loop];
  }

  /** Returns the stride of an operand in a loop. */
  int stride(int operand, int loop) {
    return strides[operand][loop];
  }

  /** Returns the stride of an operand in the innermost loop. */
  int stride(int operand) {
    return innerStrides[operand];
  }

  /**
   * Runs {@code loop} on elements {@code from} to {@code to} (exclusive) in row-major order.
   *
   * @param base index of each operand's element 0
   * @param at scratch of as many entries
   */
  void run(MapLoop loop, Object[] arrays, int[] base, int[] at, long[] params, long from, long to) {
    long e = from;
    while (e < to) {
      System.arraycopy(base, 0, at, 0, base.length);
      long rest = e / width;
      int column = (int) (e - rest * width);
      int row = (int) (rest % height);
      advance(at, rest, column);
      int rows = 1;
      int n = (int) Math.min(width - column, to - e);
      if (n == width) {
        rows = (int) Math.min(height - row, (to - e) / width);
      }
      loop.run(arrays, at, rows, rowStrides, n, innerStrides, params);
      e += (long) rows * n;
    }
  }

  private void advance(int[] at, long outer, int column) {
    for (int o = 0; o < at.length; o++) {
      at[o] += column * innerStrides[o];
    }
    long rest = outer;
    for (int l = extents.length - 2; l >= 0 && rest > 0; l--) {
      int i = (int) (rest % extents[l]);
      rest /= extents[l];
      for (int o = 0; i > 0 && o < at.length; o++) {
        at[o] += i * strides[o][l];
      }
    }
  }
}
