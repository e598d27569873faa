// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * A dense matrix in double on the host, for references and for data computed once. {@link Gemm}
 * computes the products. No call changes its operands.
 *
 * @param rows at least 0
 * @param cols at least 0
 * @param data row-major, shared with the caller
 */
public record Matrix(int rows, int cols, double[] data) {
  public Matrix {
    if (rows < 0 || cols < 0 || data.length != (long) rows * cols) {
      throw new IllegalArgumentException(
          "a %d x %d matrix needs that many numbers, got %d".formatted(rows, cols, data.length));
    }
  }

  public static Matrix identity(int n) {
    double[] d = new double[n * n];
    for (int i = 0; i < n; i++) {
      d[i * n + i] = 1;
    }
    return new Matrix(n, n, d);
  }

  public double get(int row, int col) {
    return data[row * cols + col];
  }

  /**
   * @throws IllegalArgumentException if the inner extents differ
   */
  public Matrix times(Matrix b) {
    if (cols != b.rows) {
      throw new IllegalArgumentException(
          "product of %d x %d and %d x %d".formatted(rows, cols, b.rows, b.cols));
    }
    double[] out = new double[Math.multiplyExact(rows, b.cols)];
    Gemms.open("auto").gemm().run(GemmShape.of(rows, b.cols, cols), data, 0, b.data, 0, out, 0);
    return new Matrix(rows, b.cols, out);
  }

  public Matrix transpose() {
    double[] out = new double[data.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        out[c * rows + r] = data[r * cols + c];
      }
    }
    return new Matrix(cols, rows, out);
  }

  /** Returns {@code this + factor * b}. */
  public Matrix plus(double factor, Matrix b) {
    if (rows != b.rows || cols != b.cols) {
      throw new IllegalArgumentException(
          "sum of %d x %d and %d x %d".formatted(rows, cols, b.rows, b.cols));
    }
    double[] out = data.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] += factor * b.data[i];
    }
    return new Matrix(rows, cols, out);
  }

  public Matrix minus(Matrix b) {
    return plus(-1, b);
  }

  public Matrix times(double factor) {
    double[] out = data.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] *= factor;
    }
    return new Matrix(rows, cols, out);
  }

  /** Multiplies column j by {@code factors[j]}. */
  public Matrix scaleColumns(double[] factors) {
    double[] out = data.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] *= factors[i % cols];
    }
    return new Matrix(rows, cols, out);
  }

  /** Returns the first {@code count} columns. */
  public Matrix columns(int count) {
    double[] out = new double[rows * count];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(data, r * cols, out, r * count, count);
    }
    return new Matrix(rows, count, out);
  }

  /** Returns the sum of squares of all entries. */
  public double squares() {
    double sum = 0;
    for (double x : data) {
      sum += x * x;
    }
    return sum;
  }

  /** Returns the Frobenius norm. */
  public double norm() {
    return Math.sqrt(squares());
  }

  /** Returns the largest singular value: accurate to rounding, but an estimate. */
  public double spectralNorm() {
    return SpectralNorm.svd(data, rows, cols);
  }
}
