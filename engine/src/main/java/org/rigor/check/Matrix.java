// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.Arrays;
import org.rigor.io.DataException;

/** A matrix by rows, without its zeros. Rows are filled one after the other. */
final class Matrix {
  private static final int MOST = 1 << 27;

  private final int columns;
  private int[] starts = new int[16];
  private int[] column = new int[64];
  private double[] weight = new double[64];
  private int rows;
  private int used;

  Matrix(int columns) {
    this.columns = columns;
  }

  /** Returns the matrix that takes element {@code from[i]} to row i. */
  static Matrix picks(int columns, int... from) {
    Matrix m = new Matrix(columns);
    for (int f : from) {
      m.put(f, 1);
      m.endRow();
    }
    return m;
  }

  static Matrix diagonal(double... weights) {
    Matrix m = new Matrix(weights.length);
    for (int i = 0; i < weights.length; i++) {
      m.put(i, weights[i]);
      m.endRow();
    }
    return m;
  }

  /** Adds an element to the row that is being filled; a column comes at most once. */
  void put(int at, double w) {
    if (w == 0) {
      return;
    }
    if (used == MOST) {
      throw new DataException("an operation with more than " + MOST + " weights cannot be checked");
    }
    if (used == weight.length) {
      weight = Arrays.copyOf(weight, 2 * used);
      column = Arrays.copyOf(column, 2 * used);
    }
    column[used] = at;
    weight[used++] = w;
  }

  void endRow() {
    if (++rows == starts.length) {
      starts = Arrays.copyOf(starts, 2 * rows);
    }
    starts[rows] = used;
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  /** Returns an upper bound of the sums of |weights| times {@code sizes}, one for each row. */
  double[] reach(double[] sizes) {
    double[] out = new double[rows];
    for (int i = 0; i < rows; i++) {
      double sum = 0;
      for (int k = starts[i]; k < starts[i + 1]; k++) {
        sum += Math.abs(weight[k]) * sizes[column[k]];
      }
      out[i] = sum * (1 + 4 * Rounding.gamma(starts[i + 1] - starts[i] + 2)) + Rounding.TINY;
    }
    return out;
  }

  /** Adds the least of each row over [lower, upper], computed to nearest. */
  void least(double[] lower, double[] upper, double[] into) {
    for (int i = 0; i < rows; i++) {
      double sum = 0;
      for (int k = starts[i]; k < starts[i + 1]; k++) {
        double w = weight[k];
        sum += w * (w > 0 ? lower : upper)[column[k]];
      }
      into[i] += sum;
    }
  }

  /** Adds coefficients of the rows, times the matrix, to coefficients of the columns. */
  void back(double[] coefficients, double[] into) {
    for (int i = 0; i < rows; i++) {
      double a = coefficients[i];
      if (a != 0) {
        for (int k = starts[i]; k < starts[i + 1]; k++) {
          into[column[k]] += a * weight[k];
        }
      }
    }
  }
}
