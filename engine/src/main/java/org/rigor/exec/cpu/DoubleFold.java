// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Arrays;
import org.rigor.ir.Lowering.Reduce.Kind;

/** Folds of doubles. */
final class DoubleFold extends Fold {
  private final double[] values = new double[CHUNK];
  private final double[] lanes = new double[CHUNK];

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
  void take(int at, int n, int first) {
    switch (kind) {
      case SUM -> {
        double sum = chunk(values, at, n);
        best[0] = first == 0 ? sum : best[0] + sum;
      }
      case MAX -> {
        double m = first == 0 ? values[at] : best[0];
        for (int i = 0; i < n; i++) {
          m = Math.max(m, values[at + i]);
        }
        best[0] = m;
      }
      case MIN -> {
        double m = first == 0 ? values[at] : best[0];
        for (int i = 0; i < n; i++) {
          m = Math.min(m, values[at + i]);
        }
        best[0] = m;
      }
      case ARGMAX -> {
        for (int i = 0; i < n; i++) {
          place(0, values[at + i], first + i);
        }
      }
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
    if (kind == Kind.SUM) {
      if (first % CHUNK == 0) {
        Arrays.fill(lanes, 0, rows * w, 0);
        live = rows;
      }
      add(lanes, values, rows * w);
      return;
    }
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < w; c++) {
        double x = values[r * w + c];
        if (kind == Kind.ARGMAX) {
          place(c, x, first + r);
        } else if (first + r == 0) {
          best[c] = x;
        } else {
          best[c] = kind == Kind.MAX ? Math.max(best[c], x) : Math.min(best[c], x);
        }
      }
    }
  }

  private static void add(double[] sums, double[] values, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += values[i];
    }
  }

  @Override
  void endChunk(int w, int first) {
    if (kind != Kind.SUM) {
      return;
    }
    // Unused lanes hold +0, which changes no sum that began with +0.
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < Math.min(half, live - half) * w; i++) {
        lanes[i] += lanes[i + half * w];
      }
      live = Math.min(live, half);
    }
    if (first == 0) {
      System.arraycopy(lanes, 0, best, 0, w);
    } else {
      add(best, lanes, w);
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
