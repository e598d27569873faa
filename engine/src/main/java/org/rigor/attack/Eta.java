// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;

/**
 * The bump that {@link Square} adds to windows in l2 (Andriushchenko et al. 2020, equation 2) and
 * in l1, where it is narrower: one half rises towards its middle, the other falls; both have the
 * same length, and 1 together.
 *
 * @param sides extent of a window in each stage
 * @param image whether windows are squares; else intervals
 * @param l1 whether lengths are those of l1, and rings fall with the fourth power
 */
record Eta(int[] sides, boolean image, boolean l1) {
  /** Returns the number of a row's stage, shaped like the stage. */
  static Value pick(Value stage, int[] values) {
    Value picked = F.constant(stage, values[0]);
    for (int s = 1; s < values.length; s++) {
      picked = F.select(F.lt(stage, F.constant(stage, s)), picked, F.constant(stage, values[s]));
    }
    return picked;
  }

  private static Value pick(Value stage, double[] values, DType dtype) {
    Value like = F.cast(stage, dtype);
    Value picked = F.constant(like, values[0]);
    for (int s = 1; s < values.length; s++) {
      picked = F.select(F.lt(stage, F.constant(stage, s)), picked, F.constant(like, values[s]));
    }
    return picked;
  }

  /**
   * Returns the bump at places of a window, anything outside of it.
   *
   * @param row distance from the first row, I32
   * @param column distance from the first column, I32
   * @param stage I32, one a window
   * @param turned whether the halves of a square lie side by side, those of an interval always do
   */
  Value at(Value row, Value column, Value stage, Value turned, DType dtype) {
    Value along = image ? F.select(turned, column, row) : column;
    Value across = image ? F.select(turned, row, column) : F.constant(column, 0);
    int most = Arrays.stream(sides).max().orElseThrow() / 2;
    Value half = pick(stage, each(side -> side / 2));
    Value first = F.lt(along, half);
    Value middle = pick(stage, each(side -> side / 2 / 2));
    Value other = pick(stage, each(side -> (side - side / 2) / 2));
    Value off = F.abs(F.select(first, F.sub(along, middle), F.sub(F.sub(along, half), other)));
    Value aside =
        image ? F.abs(F.sub(across, pick(stage, each(side -> side / 2)))) : F.constant(across, 0);
    Value ring = F.maximum(off, aside);
    Value last = image ? pick(stage, each(side -> side / 2)) : F.select(first, middle, other);
    Value sum = F.constant(F.cast(ring, dtype), 0);
    for (int j = 0; j <= most; j++) {
      Value at = F.constant(ring, j);
      Value counts = F.and(F.le(ring, at), F.le(at, last));
      sum = F.add(sum, F.select(counts, F.constant(sum, ring(j)), F.constant(sum, 0)));
    }
    return F.mul(
        sum, F.select(first, pick(stage, scales(true), dtype), pick(stage, scales(false), dtype)));
  }

  /** Returns what a ring adds to all within it. */
  private double ring(int j) {
    int square = (j + 1) * (j + 1);
    return 1.0 / (l1 ? (double) square * square : square);
  }

  private int[] each(IntUnaryOperator of) {
    return Arrays.stream(sides).map(of).toArray();
  }

  /** Returns by what the rings of a half are multiplied in each stage. */
  private double[] scales(boolean rises) {
    return Arrays.stream(sides)
        .mapToDouble(
            side -> {
              int upper = side / 2;
              int rows = rises ? upper : side - upper;
              double both = upper == 0 ? 1 : l1 ? 2 : Math.sqrt(2);
              return rows == 0 ? 0 : (rises ? 1 : -1) / (both * length(rows, side));
            })
        .toArray();
  }

  /** Returns the length of a half whose innermost ring counts all. */
  private double length(int rows, int side) {
    int last = image ? side / 2 : rows / 2;
    double sum = 0;
    for (int u = 0; u < rows; u++) {
      for (int v = 0; v < (image ? side : 1); v++) {
        int aside = image ? Math.abs(v - side / 2) : 0;
        double height = 0;
        for (int j = Math.max(Math.abs(u - rows / 2), aside); j <= last; j++) {
          height += ring(j);
        }
        sum += l1 ? height : height * height;
      }
    }
    return l1 ? sum : Math.sqrt(sum);
  }
}
