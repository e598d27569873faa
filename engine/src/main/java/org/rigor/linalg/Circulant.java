// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * How one axis of a convolution lies on a circle of {@code size * stride} positions, so that it is
 * a part of a circular convolution, which a Fourier transform makes diagonal (Sedghi et al. 2019).
 *
 * <p>Zero padding: the input is put on a circle that is so large that whatever is read around its
 * end is zero. A circle of the input's own extent is too small: its norm may lie below. With a
 * stride, positions go by phase to channels of their own and the circle shrinks by the stride.
 *
 * @param size frequencies
 * @param stride positions of a phase lie so far apart
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
      // A stride that does not divide the circle takes some of the outputs of stride 1.
      int stride = a.inputs() % a.stride() == 0 ? a.stride() : 1;
      return new Circulant(a.inputs() / stride, stride, ceil(span, a.inputs()));
    }
    int read = Math.min(a.inputs(), last - a.before() + 1); // inputs behind are never read
    int least = Math.max(a.before() + read, last - a.before() + 1);
    int size = Math.max(a.outputs(), Math.max(1, ceil(least, a.stride())));
    return new Circulant(size, a.stride(), 1);
  }

  private static int ceil(int a, int b) {
    return (a + b - 1) / b;
  }

  /** Channel offset of a position. */
  int phase(int position) {
    return position % stride;
  }

  /** Position on the circle of its phase. */
  int index(int position) {
    return position / stride % size;
  }
}
