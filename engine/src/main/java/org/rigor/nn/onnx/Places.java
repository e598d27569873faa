// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import org.rigor.op.Windows;

/** Positions of the windows of convolutions and poolings, from a node's attributes. */
final class Places {
  private Places() {}

  /** Returns the attribute kernel_shape, by default {@code absent}; null if it is required. */
  static int[] kernel(Call c, Images x, int[] absent) {
    long[] extents = c.integers("kernel_shape");
    if (extents == null && absent != null) {
      return absent;
    }
    int[] kernel = x.pair(extents == null ? new long[0] : extents, 1, "kernel_shape");
    if (absent != null && (kernel[0] != absent[0] || kernel[1] != absent[1])) {
      throw new IllegalArgumentException(
          "kernel_shape is %d x %d, kernels are %d x %d"
              .formatted(kernel[0], kernel[1], absent[0], absent[1]));
    }
    return kernel;
  }

  /** Returns windows with the node's strides, dilations and padding. */
  static Windows windows(Call c, int[] kernel, Images x) {
    int[] strides = x.pair(c.integers("strides"), 1, "strides");
    int[] dilations = x.pair(c.integers("dilations"), 1, "dilations");
    Windows w =
        Windows.of(kernel[0], kernel[1])
            .stride(strides[0], strides[1])
            .dilation(dilations[0], dilations[1]);
    String auto = auto(c);
    int[] p = pads(c, x, auto);
    if (!auto.startsWith("SAME")) {
      return w.padding(p[0], p[1], p[2], p[3]);
    }
    int rows = same(x.rows(), w.height(), w.strideH(), w.dilationH());
    int columns = same(x.columns(), w.width(), w.strideW(), w.dilationW());
    int top = auto.equals("SAME_UPPER") ? rows / 2 : rows - rows / 2;
    int left = auto.equals("SAME_UPPER") ? columns / 2 : columns - columns / 2;
    return w.padding(top, left, rows - top, columns - left);
  }

  static String auto(Call c) {
    return c.choice("auto_pad", "NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER");
  }

  /** Returns top, left, bottom and right of the attribute pads, which excludes auto_pad. */
  static int[] pads(Call c, Images x, String auto) {
    long[] p = c.integers("pads");
    if (p == null) {
      return new int[4];
    }
    int n = x.spatial();
    if (p.length != 2 * n) {
      throw new IllegalArgumentException(
          "pads must be " + (n == 1 ? "two" : "four") + " numbers, got " + p.length);
    }
    int[] out = new int[4];
    for (int i = 0; i < n; i++) {
      out[2 - n + i] = Math.toIntExact(p[i]);
      out[4 - n + i] = Math.toIntExact(p[n + i]);
    }
    if (!auto.equals("NOTSET") && (out[0] | out[1] | out[2] | out[3]) != 0) {
      throw new IllegalArgumentException("states both pads and auto_pad " + auto);
    }
    return out;
  }

  /** Returns the total padding that gives ceil(extent / stride) windows. */
  private static int same(int extent, int size, int stride, int dilation) {
    long places = (extent + stride - 1L) / stride;
    return Math.toIntExact(
        Math.max(0, (places - 1) * stride + (size - 1L) * dilation + 1 - extent));
  }

  /**
   * Returns the windows with the trailing padding of ceil_mode, which admits the last partial
   * windows.
   */
  static Windows ceiled(Windows w, Images x) {
    int more = beyond(x.rows(), w.height(), w.strideH(), w.dilationH(), w.top(), w.bottom());
    int wider = beyond(x.columns(), w.width(), w.strideW(), w.dilationW(), w.left(), w.right());
    return w.padding(w.top(), w.left(), w.bottom() + more, w.right() + wider);
  }

  /** Returns the trailing padding that makes room for a last window that starts on the axis. */
  private static int beyond(int extent, int size, int stride, int dilation, int before, int after) {
    long room = (long) extent + before + after - ((size - 1L) * dilation + 1);
    if (room < 0) {
      return 0; // refused where the windows are used
    }
    long places = (room + stride - 1) / stride + 1;
    if ((places - 1) * stride >= (long) extent + before) {
      places--; // it would start on the padding
    }
    return Math.toIntExact(Math.max(0, (places - 1) * stride - room));
  }
}
