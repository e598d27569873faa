// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * The embedding of one axis of a convolution in a circle of {@code size * stride} positions. It
 * makes the axis part of a circular convolution, which a Fourier transform diagonalises (Sedghi et
 * al. 2019).
 *
 * <p>For zero padding the circle is large enough that every read around its end meets zeros. A
 * circle of the input's own extent is too small: its norm may be lower. With a stride, each phase
 * of positions becomes separate channels, and the circle shrinks by the stride.
 *
 * @param size frequencies
 * @param stride distance of the positions of a phase
 * @param repeats most outputs that are one output of the circular convolution
 */
record Circulant(int size, int stride, int repeats) {

  /**
   * @param a zero or circular padding
   */
  static Circulant of(ConvAxis a) {
    int span = a.stride() * (a.outputs() - 1) + 1;
    int last = span - 1 + a.dilation() * (a.kernel() - 1);
    if (a.padding() == ConvAxis.Padding.CIRCULAR) {
      // If the stride does not divide the circle, its outputs are some of those of stride 1.
      int stride = a.inputs() % a.stride() == 0 ? a.stride() : 1;
      return new Circulant(a.inputs() / stride, stride, ceil(span, a.inputs()));
    }
    int read = Math.min(a.inputs(), last - a.before() + 1); // later inputs are never read
    int least = Math.max(a.before() + read, last - a.before() + 1);
    int size = Math.max(a.outputs(), Math.max(1, ceil(least, a.stride())));
    return new Circulant(size, a.stride(), 1);
  }

  private static int ceil(int a, int b) {
    return (a + b - 1) / b;
  }

  /** Returns the channel offset of a position. */
  int phase(int position) {
    return position % stride;
  }

  /** Returns the place of a position on the circle of its phase. */
  int index(int position) {
    return position / stride % size;
  }
}
