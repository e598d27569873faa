// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * One spatial axis of a convolution: output o is the sum over taps i of kernel entry i times the
 * input at {@code stride o + dilation i - before}.
 *
 * @param inputs extent of the input, at least 1
 * @param kernel taps, at least 1
 * @param stride at least 1
 * @param dilation distance of taps, at least 1
 * @param before elements of padding in front, at least 0
 * @param after elements of padding behind, at least 0
 * @param padding the values there
 */
public record ConvAxis(
    int inputs, int kernel, int stride, int dilation, int before, int after, Padding padding) {

  /** The values around the input. */
  public enum Padding {
    ZERO,
    /** The input again, from its other end. */
    CIRCULAR,
    /** The outermost element. */
    REPLICATE,
    /** The input backwards, without its outermost element. */
    REFLECT
  }

  /**
   * @throws IllegalArgumentException if an extent is out of range or there is no output
   */
  public ConvAxis {
    if (inputs < 1 || kernel < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0) {
      throw new IllegalArgumentException(
          "conv axis: extents must be positive and padding not negative; got inputs %d, kernel %d, stride %d, dilation %d, padding %d and %d"
              .formatted(inputs, kernel, stride, dilation, before, after));
    }
    if (padding == Padding.REFLECT && Math.max(before, after) >= inputs) {
      throw new IllegalArgumentException(
          "conv axis: reflection reaches %d elements of %d"
              .formatted(Math.max(before, after), inputs));
    }
    long span = (kernel - 1L) * dilation + 1;
    if (inputs + (long) before + after < span) {
      throw new IllegalArgumentException(
          "conv axis: a kernel over %d elements does not fit %d with padding %d and %d"
              .formatted(span, inputs, before, after));
    }
  }

  /** Returns an axis without padding. */
  public static ConvAxis valid(int inputs, int kernel, int stride) {
    return new ConvAxis(inputs, kernel, stride, 1, 0, 0, Padding.ZERO);
  }

  /** Returns the same axis with other zero padding on both sides. */
  public ConvAxis padded(int both) {
    return new ConvAxis(inputs, kernel, stride, dilation, both, both, Padding.ZERO);
  }

  /** Returns the same axis with other padding on both sides. */
  public ConvAxis padded(int both, Padding mode) {
    return new ConvAxis(inputs, kernel, stride, dilation, both, both, mode);
  }

  /** Returns the extent of the output, at least 1. */
  public int outputs() {
    return (inputs + before + after - dilation * (kernel - 1) - 1) / stride + 1;
  }

  /** Returns the input that output {@code o} reads with tap {@code i}; -1 where it reads a zero. */
  int source(int o, int i) {
    int at = stride * o + dilation * i - before;
    if (at >= 0 && at < inputs) {
      return at;
    }
    return switch (padding) {
      case ZERO -> -1;
      case CIRCULAR -> Math.floorMod(at, inputs);
      case REPLICATE -> at < 0 ? 0 : inputs - 1;
      case REFLECT -> at < 0 ? -at : 2 * (inputs - 1) - at;
    };
  }

  /** Returns the most reads of any one input, over all outputs and taps. */
  public int cover() {
    int[] reads = new int[inputs];
    int most = 0;
    for (int o = 0; o < outputs(); o++) {
      for (int i = 0; i < kernel; i++) {
        int at = source(o, i);
        most = at < 0 ? most : Math.max(most, ++reads[at]);
      }
    }
    return most;
  }
}
