// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Lowering;
import org.rigor.tensor.Shape;

/**
 * The loops of {@link Unfold} and {@link Fold} in plain Java: one run of neighbours at a time,
 * which is a whole row of a window where taps and channels lie side by side.
 */
final class WindowCopy {
  /** Below this many elements a loop is faster than a call. */
  private static final int SHORT = 16;

  private final Windows w;
  private final int groups;
  private final int images;
  private final int rows;
  private final int columns;
  private final int channels;
  private final int outRows;
  private final int outColumns;
  private final boolean rowRuns;

  /**
   * @param image [M, B, H, W, C]
   */
  WindowCopy(Windows w, int groups, Shape image) {
    this.w = w;
    this.groups = groups;
    this.images = image.dim(1);
    this.rows = image.dim(2);
    this.columns = image.dim(3);
    this.channels = image.dim(4);
    this.outRows = w.rows(rows);
    this.outColumns = w.columns(columns);
    this.rowRuns = groups == 1 && (w.dilationW() == 1 || w.width() == 1);
  }

  /** What the kernels take, and more behind it. */
  List<Integer> params(Integer... more) {
    List<Integer> out =
        new ArrayList<>(
            List.of(rows, columns, channels, outRows, outColumns, groups, w.height(), w.width()));
    out.addAll(List.of(w.strideH(), w.strideW(), w.dilationH(), w.dilationW(), w.top(), w.left()));
    out.addAll(List.of(more));
    return out;
  }

  /** A run of elements that lie side by side in the image and in its windows. */
  private interface Run {
    void at(int image, int window, int n);
  }

  /** An item of work is a row of windows. */
  Lowering.Items unfold(double value) {
    return new Lowering.Items(
        images * outRows,
        (in, out, from, to) -> {
          if (w.padded()) {
            int row = outColumns * w.taps() * channels;
            fill(out, from * row, to * row, value);
          }
          Object x = in[0].array();
          Object y = out.array();
          int xAt = in[0].offset();
          int yAt = out.offset();
          for (int r = from; r < to; r++) {
            rowOfWindows(r / outRows, r % outRows, (i, k, n) -> copy(x, xAt + i, y, yAt + k, n));
          }
        });
  }

  /** An item of work is an image. */
  Lowering.Items fold() {
    return new Lowering.Items(
        images,
        (in, out, from, to) -> {
          int image = rows * columns * channels;
          fill(out, from * image, to * image, 0);
          int xAt = in[0].offset();
          int yAt = out.offset();
          for (int r = from * outRows; r < to * outRows; r++) {
            if (out.array() instanceof float[] y) {
              float[] x = in[0].floats();
              rowOfWindows(r / outRows, r % outRows, (i, k, n) -> add(x, xAt + k, y, yAt + i, n));
            } else {
              double[] x = in[0].doubles();
              double[] y = out.doubles();
              rowOfWindows(r / outRows, r % outRows, (i, k, n) -> add(x, xAt + k, y, yAt + i, n));
            }
          }
        });
  }

  private void rowOfWindows(int image, int outRow, Run run) {
    int perGroup = channels / groups;
    int window = (image * outRows + outRow) * outColumns * w.taps() * channels;
    for (int ow = 0; ow < outColumns; ow++) {
      int column = ow * w.strideW() - w.left();
      for (int g = 0; g < groups; g++) {
        for (int i = 0; i < w.height(); i++) {
          int row = outRow * w.strideH() - w.top() + i * w.dilationH();
          if (row >= 0 && row < rows) {
            int at = (image * rows + row) * columns * channels + g * perGroup;
            windowRow(run, at, column, window, perGroup);
          }
          window += w.width() * perGroup;
        }
      }
    }
  }

  /** One row of one window, from the image's row at {@code at}. */
  private void windowRow(Run run, int at, int column, int window, int perGroup) {
    if (rowRuns) {
      int first = Math.max(0, -column);
      int end = Math.min(w.width(), columns - column);
      if (first < end) {
        run.at(
            at + (column + first) * channels, window + first * channels, (end - first) * channels);
      }
      return;
    }
    for (int j = 0; j < w.width(); j++) {
      int c = column + j * w.dilationW();
      if (c >= 0 && c < columns) {
        run.at(at + c * channels, window + j * perGroup, perGroup);
      }
    }
  }

  private static void copy(Object from, int at, Object to, int start, int n) {
    if (n < SHORT && from instanceof float[] x) {
      float[] y = (float[]) to;
      for (int i = 0; i < n; i++) {
        y[start + i] = x[at + i];
      }
    } else {
      System.arraycopy(from, at, to, start, n);
    }
  }

  private static void add(float[] x, int at, float[] y, int start, int n) {
    for (int i = 0; i < n; i++) {
      y[start + i] += x[at + i];
    }
  }

  private static void add(double[] x, int at, double[] y, int start, int n) {
    for (int i = 0; i < n; i++) {
      y[start + i] += x[at + i];
    }
  }

  private static void fill(Lowering.Block out, int from, int to, double value) {
    int at = out.offset();
    if (out.array() instanceof float[] a) {
      Arrays.fill(a, at + from, at + to, (float) value);
    } else {
      Arrays.fill(out.doubles(), at + from, at + to, value);
    }
  }
}
