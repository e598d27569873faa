// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Arrays;
import org.rigor.ir.Lowering.Reduce.Kind;

/** Folds of doubles. */
final class DoubleFold extends Fold {
  private final double[] values = new double[CHUNK];
  private final double[] lanes = new double[CHUNK];
  private final double[] side = new double[ROW];

  /** Lanes that hold values of the current chunk. */
  private int live;

  private final double[] best = new double[COLUMNS];
  private final int[] places = new int[COLUMNS];

  DoubleFold(Kind kind) {
    super(kind);
  }

  @Override
  Object values() {
    return values;
  }

  @Override
  void take(Object from, int at, int n, int first) {
    double[] values = (double[]) from;
    switch (kind) {
      case SUM -> {
        double sum = chunk(values, at, n);
        best[0] = first == 0 ? sum : best[0] + sum;
      }
      case MAX, MIN -> {
        double m = extremum(values, at, n);
        best[0] = first == 0 ? m : extremum(best[0], m);
      }
      case ARGMAX -> {
        for (int i = 0; i < n; i++) {
          place(0, values[at + i], first + i);
        }
      }
    }
  }

  private double extremum(double a, double b) {
    return kind == Kind.MAX ? Math.max(a, b) : Math.min(a, b);
  }

  /** Returns the extremum of {@code n >= 1} values; of many, a row of chains side by side. */
  private double extremum(double[] values, int at, int n) {
    double m = values[at];
    int row = Math.min(ROW, Integer.highestOneBit(n) / 2);
    int end = n;
    if (row >= LANES) {
      end = n % row;
      System.arraycopy(values, at + end, lanes, 0, row);
      for (int i = end + row; i < n; i += row) {
        System.arraycopy(values, at + i, side, 0, row);
        join(lanes, side, row);
      }
      while (row > LANES) {
        row /= 2;
        System.arraycopy(lanes, row, side, 0, row);
        join(lanes, side, row);
      }
      for (int i = 0; i < row; i++) {
        m = extremum(m, lanes[i]);
      }
    }
    for (int i = 1; i < end; i++) {
      m = extremum(m, values[at + i]);
    }
    return m;
  }

  /** Joins values to sums or extrema: the JIT makes vectors of a loop where all indices agree. */
  private void join(double[] to, double[] values, int n) {
    switch (kind) {
      case SUM -> {
        for (int i = 0; i < n; i++) {
          to[i] += values[i];
        }
      }
      case MAX -> {
        for (int i = 0; i < n; i++) {
          to[i] = Math.max(to[i], values[i]);
        }
      }
      case MIN -> {
        for (int i = 0; i < n; i++) {
          to[i] = Math.min(to[i], values[i]);
        }
      }
      case ARGMAX -> throw new IllegalStateException("positions are not joined");
    }
  }

  private void place(int column, double value, int r) {
    if (r == 0 || value > best[column] || (Double.isNaN(value) && !Double.isNaN(best[column]))) {
      best[column] = value;
      places[column] = r;
    }
  }

  /** Sixteen chains of additions, each in a register. */
  private static double chunk(double[] values, int at, int n) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    double s8 = 0;
    double s9 = 0;
    double s10 = 0;
    double s11 = 0;
    double s12 = 0;
    double s13 = 0;
    double s14 = 0;
    double s15 = 0;
    int i = at;
    int end = at + n;
    for (; i <= end - LANES; i += LANES) {
      s0 += values[i];
      s1 += values[i + 1];
      s2 += values[i + 2];
      s3 += values[i + 3];
      s4 += values[i + 4];
      s5 += values[i + 5];
      s6 += values[i + 6];
      s7 += values[i + 7];
      s8 += values[i + 8];
      s9 += values[i + 9];
      s10 += values[i + 10];
      s11 += values[i + 11];
      s12 += values[i + 12];
      s13 += values[i + 13];
      s14 += values[i + 14];
      s15 += values[i + 15];
    }
    s0 += i < end ? values[i] : 0;
    s1 += i + 1 < end ? values[i + 1] : 0;
    s2 += i + 2 < end ? values[i + 2] : 0;
    s3 += i + 3 < end ? values[i + 3] : 0;
    s4 += i + 4 < end ? values[i + 4] : 0;
    s5 += i + 5 < end ? values[i + 5] : 0;
    s6 += i + 6 < end ? values[i + 6] : 0;
    s7 += i + 7 < end ? values[i + 7] : 0;
    s8 += i + 8 < end ? values[i + 8] : 0;
    s9 += i + 9 < end ? values[i + 9] : 0;
    s10 += i + 10 < end ? values[i + 10] : 0;
    s11 += i + 11 < end ? values[i + 11] : 0;
    s12 += i + 12 < end ? values[i + 12] : 0;
    s13 += i + 13 < end ? values[i + 13] : 0;
    s14 += i + 14 < end ? values[i + 14] : 0;
    return (((s0 + s8) + (s4 + s12)) + ((s2 + s10) + (s6 + s14)))
        + (((s1 + s9) + (s5 + s13)) + ((s3 + s11) + (s7 + s15)));
  }

  @Override
  void store(Object out, int at) {
    storeRow(out, at, 0, 1);
  }

  @Override
  void takeRows(int rows, int w, int first) {
    if (kind == Kind.ARGMAX) {
      for (int i = 0; i < rows * w; i++) {
        place(i % w, values[i], first + i / w);
      }
      return;
    }
    if (first % CHUNK == 0) {
      live = rows;
      if (kind == Kind.SUM) {
        Arrays.fill(lanes, 0, rows * w, 0);
      } else {
        System.arraycopy(values, 0, lanes, 0, rows * w);
        return;
      }
    }
    join(lanes, values, rows * w);
  }

  @Override
  void endChunk(int w, int first) {
    if (kind == Kind.ARGMAX) {
      return;
    }
    // Unused lanes of sums hold +0, which changes no sum that began with +0.
    for (int half = LANES / 2; half > 0; half /= 2) {
      int n = Math.max(0, Math.min(half, live - half)) * w;
      System.arraycopy(lanes, half * w, values, 0, n);
      join(lanes, values, n);
      live = Math.min(live, half);
    }
    if (first == 0) {
      System.arraycopy(lanes, 0, best, 0, w);
    } else {
      join(best, lanes, w);
    }
  }

  @Override
  void storeRow(Object out, int at, int stride, int w) {
    for (int c = 0; c < w; c++) {
      if (kind == Kind.ARGMAX) {
        ((int[]) out)[at + c * stride] = places[c];
      } else {
        ((double[]) out)[at + c * stride] = best[c];
      }
    }
  }
}
