// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/** A convolution as a linear map on arrays [rows, columns, channels]. */
final class ConvMap {
  private final ConvShape shape;
  private final int[][] rowSource;
  private final int[][] colSource;

  ConvMap(ConvShape shape) {
    this.shape = shape;
    this.rowSource = sources(shape.rows());
    this.colSource = sources(shape.cols());
  }

  private static int[][] sources(ConvAxis a) {
    int[][] at = new int[a.outputs()][a.kernel()];
    for (int o = 0; o < at.length; o++) {
      for (int i = 0; i < a.kernel(); i++) {
        at[o][i] = a.source(o, i);
      }
    }
    return at;
  }

  int inputSize() {
    return size(shape.rows().inputs(), shape.cols().inputs(), shape.inputs());
  }

  int outputSize() {
    return size(rowSource.length, colSource.length, shape.outputs());
  }

  private static int size(int rows, int cols, int channels) {
    return Math.multiplyExact(Math.multiplyExact(rows, cols), channels);
  }

  /** Returns whether some output reads one input with several taps, whose sum is then one entry. */
  boolean joinsTaps() {
    return joins(rowSource) || joins(colSource);
  }

  private static boolean joins(int[][] source) {
    for (int[] read : source) {
      for (int i = 0; i < read.length; i++) {
        for (int j = 0; j < i; j++) {
          if (read[i] >= 0 && read[i] == read[j]) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private interface Visit {
    /**
     * Kernel row {@code k} (tap and channel) takes input {@code in} to outputs from {@code out}.
     */
    void at(int k, int in, int out);
  }

  private void walk(Visit visit) {
    int own = shape.groupInputs();
    int width = shape.groupOutputs();
    for (int r = 0; r < rowSource.length; r++) {
      for (int c = 0; c < colSource.length; c++) {
        int to = (r * colSource.length + c) * shape.outputs();
        for (int i = 0; i < shape.rows().kernel(); i++) {
          for (int j = 0; j < shape.cols().kernel(); j++) {
            int row = rowSource[r][i];
            int col = colSource[c][j];
            if (row >= 0 && col >= 0) {
              int from = (row * shape.cols().inputs() + col) * shape.inputs();
              int tap = (i * shape.cols().kernel() + j) * own;
              for (int channel = 0; channel < shape.inputs(); channel++) {
                visit.at(tap + channel % own, from + channel, to + channel / own * width);
              }
            }
          }
        }
      }
    }
  }

  /** Returns the kernel column of output {@code out}. */
  private int column(int out) {
    return out % shape.outputs();
  }

  double[] times(double[] kernel, double[] x) {
    double[] y = new double[outputSize()];
    int width = shape.groupOutputs();
    walk(
        (k, in, out) -> {
          int at = k * shape.outputs() + column(out);
          for (int o = 0; o < width; o++) {
            y[out + o] += x[in] * kernel[at + o];
          }
        });
    return y;
  }

  double[] transposedTimes(double[] kernel, double[] y) {
    double[] x = new double[inputSize()];
    int width = shape.groupOutputs();
    walk(
        (k, in, out) -> {
          int at = k * shape.outputs() + column(out);
          double sum = 0;
          for (int o = 0; o < width; o++) {
            sum += y[out + o] * kernel[at + o];
          }
          x[in] += sum;
        });
    return x;
  }

  /**
   * Returns the matrix [outputs][inputs] of one group's map; entries of joined taps are rounded
   * sums.
   */
  double[] dense(double[] kernel) {
    int cols = inputSize();
    double[] a = new double[Math.multiplyExact(outputSize(), cols)];
    int width = shape.groupOutputs();
    walk(
        (k, in, out) -> {
          int at = k * shape.outputs() + column(out);
          for (int o = 0; o < width; o++) {
            a[(out + o) * cols + in] += kernel[at + o];
          }
        });
    return a;
  }
}
