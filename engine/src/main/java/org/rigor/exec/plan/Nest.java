// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.tensor.Shape;

/**
 * A loop nest over all axes but the model axis, with adjacent axes joined where every operand walks
 * through them at one stride.
 *
 * @param extents outermost first; at least one loop
 * @param strides {@code strides[operand][loop]}
 */
public record Nest(int[] extents, long[][] strides) {
  /**
   * @param shape iteration shape, axis 0 excluded from the nest
   * @param operandStrides strides of each operand under that shape (0 = repeated)
   * @param first first axis that belongs to the nest
   * @param last one past the last axis
   */
  static Nest of(Shape shape, List<long[]> operandStrides, int first, int last) {
    List<Integer> extents = new ArrayList<>();
    List<long[]> columns = new ArrayList<>();
    for (int axis = first; axis < last; axis++) {
      int n = shape.dim(axis);
      if (n == 1) {
        continue;
      }
      long[] column = new long[operandStrides.size()];
      for (int o = 0; o < column.length; o++) {
        column[o] = operandStrides.get(o)[axis];
      }
      int top = columns.size() - 1;
      if (top >= 0 && joins(columns.get(top), column, n)) {
        extents.set(top, Math.multiplyExact(extents.get(top), n));
        columns.set(top, column);
      } else {
        extents.add(n);
        columns.add(column);
      }
    }
    if (extents.isEmpty()) {
      extents.add(1);
      columns.add(new long[operandStrides.size()]);
    }
    long[][] strides = new long[operandStrides.size()][columns.size()];
    for (int o = 0; o < strides.length; o++) {
      for (int l = 0; l < columns.size(); l++) {
        strides[o][l] = columns.get(l)[o];
      }
    }
    return new Nest(extents.stream().mapToInt(Integer::intValue).toArray(), strides);
  }

  private static boolean joins(long[] outer, long[] inner, int innerExtent) {
    for (int o = 0; o < outer.length; o++) {
      if (outer[o] != inner[o] * innerExtent) {
        return false;
      }
    }
    return true;
  }

  public int loops() {
    return extents.length;
  }

  /** Returns the nest without one of its loops, of which at least one remains. */
  Nest without(int loop) {
    if (loops() == 1) {
      return new Nest(new int[] {1}, new long[strides.length][1]);
    }
    int[] left = IntStream.range(0, loops()).filter(l -> l != loop).toArray();
    long[][] kept = new long[strides.length][];
    for (int o = 0; o < strides.length; o++) {
      long[] s = strides[o];
      kept[o] = IntStream.of(left).mapToLong(l -> s[l]).toArray();
    }
    return new Nest(IntStream.of(left).map(l -> extents[l]).toArray(), kept);
  }

  /** Returns the number of elements of the whole nest. */
  public long size() {
    long n = 1;
    for (int e : extents) {
      n *= e;
    }
    return n;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Nest n
        && Arrays.equals(extents, n.extents)
        && Arrays.deepEquals(strides, n.strides);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(extents) + Arrays.deepHashCode(strides);
  }
}
