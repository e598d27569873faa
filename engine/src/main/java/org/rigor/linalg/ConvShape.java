// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * A two-dimensional convolution (cross-correlation, as in neural networks) with kernels [kernel
 * rows, kernel columns, inputs / groups, outputs]; group g takes the g-th part of the inputs to the
 * g-th part of the outputs.
 *
 * @param rows axis of the rows
 * @param cols axis of the columns
 * @param inputs channels in, a multiple of {@code groups}
 * @param outputs channels out, a multiple of {@code groups}
 * @param groups at least 1
 */
public record ConvShape(ConvAxis rows, ConvAxis cols, int inputs, int outputs, int groups) {
  /**
   * @throws IllegalArgumentException if the channels are not multiples of the groups
   */
  public ConvShape {
    if (groups < 1 || inputs < groups || inputs % groups != 0 || outputs < groups) {
      throw new IllegalArgumentException(
          "conv: channels must be multiples of groups; got %d to %d in %d groups"
              .formatted(inputs, outputs, groups));
    }
    if (outputs % groups != 0) {
      throw new IllegalArgumentException(
          "conv: channels must be multiples of groups; got %d to %d in %d groups"
              .formatted(inputs, outputs, groups));
    }
  }

  /** Returns the number of kernel positions. */
  int taps() {
    return rows.kernel() * cols.kernel();
  }

  /** Returns the number of channels that one output reads. */
  int groupInputs() {
    return inputs / groups;
  }

  /** Returns the number of channels of one group's output. */
  int groupOutputs() {
    return outputs / groups;
  }

  /** Returns the number of entries of the kernel. */
  public int kernelSize() {
    return Math.multiplyExact(Math.multiplyExact(taps(), groupInputs()), outputs);
  }

  /** Returns the convolution of one group. */
  ConvShape group() {
    return new ConvShape(rows, cols, groupInputs(), groupOutputs(), 1);
  }

  /** Returns the kernel of one group, contiguous. */
  double[] groupKernel(double[] kernel, int g) {
    int width = groupOutputs();
    double[] own = new double[taps() * groupInputs() * width];
    for (int row = 0; row < own.length / width; row++) {
      System.arraycopy(kernel, row * outputs + g * width, own, row * width, width);
    }
    return own;
  }
}
