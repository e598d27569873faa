// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Arrays;

/** Copies tiles of operands, of any strides, to the dense rows of a buffer. */
final class TileCopy {
  private TileCopy() {}

  /**
   * Copies {@code rows} rows of {@code n} elements, the shorter stride in the inner loop.
   *
   * @param down distance of rows in {@code from}
   * @param step distance of elements within a row
   * @param pitch distance of rows in {@code to}
   */
  static void copy(Object from, int at, int down, int step, int rows, int n, Object to, int pitch) {
    if (from instanceof float[] f) {
      copy(f, at, down, step, rows, n, (float[]) to, pitch);
    } else if (from instanceof double[] d) {
      copy(d, at, down, step, rows, n, (double[]) to, pitch);
    } else {
      copy((int[]) from, at, down, step, rows, n, (int[]) to, pitch);
    }
  }

  private static void copy(
      float[] from, int at, int down, int step, int rows, int n, float[] to, int pitch) {
    if (down == 1 && step > 1) {
      for (int i = 0; i < n; i++) {
        for (int r = 0; r < rows; r++) {
          to[r * pitch + i] = from[at + i * step + r];
        }
      }
      return;
    }
    for (int r = 0; r < rows; r++) {
      int row = at + r * down;
      int out = r * pitch;
      if (step == 0) {
        Arrays.fill(to, out, out + n, from[row]);
        continue;
      }
      for (int i = 0; i < n; i++) {
        to[out + i] = from[row + i * step];
      }
    }
  }

  private static void copy(
      double[] from, int at, int down, int step, int rows, int n, double[] to, int pitch) {
    if (down == 1 && step > 1) {
      for (int i = 0; i < n; i++) {
        for (int r = 0; r < rows; r++) {
          to[r * pitch + i] = from[at + i * step + r];
        }
      }
      return;
    }
    for (int r = 0; r < rows; r++) {
      int row = at + r * down;
      int out = r * pitch;
      if (step == 0) {
        Arrays.fill(to, out, out + n, from[row]);
        continue;
      }
      for (int i = 0; i < n; i++) {
        to[out + i] = from[row + i * step];
      }
    }
  }

  private static void copy(
      int[] from, int at, int down, int step, int rows, int n, int[] to, int pitch) {
    if (down == 1 && step > 1) {
      for (int i = 0; i < n; i++) {
        for (int r = 0; r < rows; r++) {
          to[r * pitch + i] = from[at + i * step + r];
        }
      }
      return;
    }
    for (int r = 0; r < rows; r++) {
      int row = at + r * down;
      int out = r * pitch;
      if (step == 0) {
        Arrays.fill(to, out, out + n, from[row]);
        continue;
      }
      for (int i = 0; i < n; i++) {
        to[out + i] = from[row + i * step];
      }
    }
  }
}
