// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Lowering;
import org.rigor.tensor.Shape;

/**
 * The loops of {@link Unfold} and {@link Fold} in plain Java, one run of elements at a time: a row
 * of taps and channels, which are contiguous, or, where those are few, one tap of all windows of a
 * row.
 */
final class WindowCopy {
  private final Windows w;
  private final int groups;
  private final int images;
  private final int rows;
  private final int columns;
  private final int channels;
  private final int outRows;
  private final int outColumns;
  private final boolean wholeRows;
  private final boolean byTap;

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
    this.wholeRows = groups == 1 && (w.dilationW() == 1 || w.width() == 1);
    this.byTap = (wholeRows ? w.width() * channels : channels / groups) < outColumns;
  }

  /** Returns the kernels' parameters, followed by {@code more}. */
  List<Integer> params(Integer... more) {
    List<Integer> out =
        new ArrayList<>(
            List.of(rows, columns, channels, outRows, outColumns, groups, w.height(), w.width()));
    out.addAll(List.of(w.strideH(), w.strideW(), w.dilationH(), w.dilationW(), w.top(), w.left()));
    out.addAll(List.of(more));
    return out;
  }

  /** {@code n} elements of an image and of its windows, each at equal steps. */
  private interface Run {
    void at(int image, int imageStep, int window, int windowStep, int n);
  }

  /** Returns the loop of {@link Unfold}; a work item is a row of windows. */
  Lowering.Items unfold(double value) {
    return new Lowering.Items(
        images * outRows,
        (in, out, from, to) -> {
          int row = outColumns * w.taps() * channels;
          Object x = in[0].array();
          Object y = out.array();
          int xAt = in[0].offset();
          int yAt = out.offset();
          Run copy = (i, is, k, ks, n) -> copy(x, xAt + i, is, y, yAt + k, ks, n);
          for (int r = from; r < to; r++) {
            if (w.padded()) {
              // Row by row, so that what lies in the image is written again while in cache.
              fill(out, r * row, (r + 1) * row, value);
            }
            rowOfWindows(r / outRows, r % outRows, copy);
          }
        });
  }

  /** Returns the loop of {@link Fold}; a work item is an image. */
  Lowering.Items fold() {
    return new Lowering.Items(
        images,
        (in, out, from, to) -> {
          int image = rows * columns * channels;
          int xAt = in[0].offset();
          int yAt = out.offset();
          Run add;
          if (out.array() instanceof float[] y) {
            float[] x = in[0].floats();
            add = (i, is, k, ks, n) -> add(x, xAt + k, ks, y, yAt + i, is, n);
          } else {
            double[] x = in[0].doubles();
            double[] y = out.doubles();
            add = (i, is, k, ks, n) -> add(x, xAt + k, ks, y, yAt + i, is, n);
          }
          for (int b = from; b < to; b++) {
            fill(out, b * image, (b + 1) * image, 0);
            for (int r = 0; r < outRows; r++) {
              rowOfWindows(b, r, add);
            }
          }
        });
  }

  private void rowOfWindows(int image, int outRow, Run run) {
    int window = (image * outRows + outRow) * outColumns * w.taps() * channels;
    if (byTap) {
      for (int i = 0; i < w.height(); i++) {
        // Descending, so that windows meet a pixel in ascending order.
        for (int j = w.width() - 1; j >= 0 && inside(outRow, i); j--) {
          tap(run, row(image, outRow, i), window, i, j);
        }
      }
      return;
    }
    // The rows of a window meet different pixels: window by window, as they lie in memory.
    int perGroup = channels / groups;
    for (int ow = 0; ow < outColumns; ow++) {
      int column = ow * w.strideW() - w.left();
      for (int g = 0; g < groups; g++) {
        for (int i = 0; i < w.height(); i++) {
          if (inside(outRow, i)) {
            int k = ((ow * groups + g) * w.height() + i) * w.width();
            windowRow(run, row(image, outRow, i) + g * perGroup, column, window + k * perGroup);
          }
        }
      }
    }
  }

  /** Returns whether row {@code i} of a row of windows lies in the image. */
  private boolean inside(int outRow, int i) {
    int row = outRow * w.strideH() - w.top() + i * w.dilationH();
    return row >= 0 && row < rows;
  }

  /** Returns where the image's row under row {@code i} of a row of windows begins. */
  private int row(int image, int outRow, int i) {
    int row = outRow * w.strideH() - w.top() + i * w.dilationH();
    return (image * rows + row) * columns * channels;
  }

  /** Runs over tap (i, j) of all windows of a row, channel by channel. */
  private void tap(Run run, int at, int window, int i, int j) {
    int shift = j * w.dilationW() - w.left();
    int first = Math.max(0, -Math.floorDiv(shift, w.strideW()));
    int end = Math.min(outColumns, Math.floorDiv(columns - 1 - shift, w.strideW()) + 1);
    int perGroup = channels / groups;
    int windowStep = w.taps() * channels;
    for (int c = 0; first < end && c < channels; c++) {
      int k = ((c / perGroup * w.height() + i) * w.width() + j) * perGroup + c % perGroup;
      int from = at + (first * w.strideW() + shift) * channels + c;
      run.at(
          from, w.strideW() * channels, window + first * windowStep + k, windowStep, end - first);
    }
  }

  /** Runs over one row of one window, from the image's row at {@code at}. */
  private void windowRow(Run run, int at, int column, int window) {
    int perGroup = channels / groups;
    if (wholeRows) {
      int first = Math.max(0, -column);
      int end = Math.min(w.width(), columns - column);
      if (first < end) {
        int from = at + (column + first) * channels;
        run.at(from, 1, window + first * channels, 1, (end - first) * channels);
      }
      return;
    }
    for (int j = 0; j < w.width(); j++) {
      int c = column + j * w.dilationW();
      if (c >= 0 && c < columns) {
        run.at(at + c * channels, 1, window + j * perGroup, 1, perGroup);
      }
    }
  }

  private static void copy(Object from, int at, int step, Object to, int start, int toStep, int n) {
    if (step == 1 && toStep == 1) {
      System.arraycopy(from, at, to, start, n);
    } else if (from instanceof float[] x) {
      float[] y = (float[]) to;
      for (int i = 0; i < n; i++) {
        y[start + i * toStep] = x[at + i * step];
      }
    } else {
      double[] x = (double[]) from;
      double[] y = (double[]) to;
      for (int i = 0; i < n; i++) {
        y[start + i * toStep] = x[at + i * step];
      }
    }
  }

  private static void add(float[] x, int at, int step, float[] y, int start, int toStep, int n) {
    if (step == 1 && toStep == 1) {
      for (int i = 0; i < n; i++) {
        y[start + i] += x[at + i];
      }
    } else {
      for (int i = 0; i < n; i++) {
        y[start + i * toStep] += x[at + i * step];
      }
    }
  }

  private static void add(double[] x, int at, int step, double[] y, int start, int toStep, int n) {
    if (step == 1 && toStep == 1) {
      for (int i = 0; i < n; i++) {
        y[start + i] += x[at + i];
      }
    } else {
      for (int i = 0; i < n; i++) {
        y[start + i * toStep] += x[at + i * step];
      }
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
