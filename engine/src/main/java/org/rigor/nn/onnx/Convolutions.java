// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/** Semantics of convolutions, on images and on sequences, with channels last. */
final class Convolutions {
  private Convolutions() {}

  /** Convolves with kernels [O, C / group, KH, KW] or [O, C / group, K], bias [O]. */
  static Term conv(Call c) {
    Images x = Images.of(c.term(0));
    Value kernels = kernels(c.term(1), x, "[O, C / group, ", List.of(0, 3, 4, 2, 1));
    Shape k = kernels.shape(); // [M, KH, KW, C / g, O]
    int[] kernel = Places.kernel(c, x, new int[] {k.dim(1), k.dim(2)});
    Windows windows = Places.windows(c, kernel, x);
    Value y = F.conv2d(x.value(), kernels, windows, Math.toIntExact(c.integer("group", 1)));
    return biased(c, x, y, k.dim(4));
  }

  private static Value kernels(Term w, Images x, String leading, List<Integer> order) {
    if (w.rank() != x.spatial() + 2 || w.batched()) {
      throw new IllegalArgumentException(
          "kernels must be "
              + leading
              + (x.spatial() == 1 ? "length]" : "height, width]")
              + " and not depend on the input, got "
              + w.extents());
    }
    Value v = w.value();
    return F.transpose(x.spatial() == 1 ? F.reshape(v, v.shape().insert(3, 1)) : v, order);
  }

  private static Term biased(Call c, Images x, Value y, int outputs) {
    if (!c.has(2)) {
      return x.term(y);
    }
    Value b = Normalisations.perChannel(c, 2, outputs, "the bias");
    return x.term(F.add(y, F.reshape(b, Shape.of(b.shape().models(), 1, 1, 1, outputs))));
  }

  /**
   * Traces the adjoint of a convolution; kernels [C, O / group, KH, KW] or [C, O / group, K], bias
   * [O].
   */
  static Term convTranspose(Call c) {
    Images x = Images.of(c.term(0));
    int group = Math.toIntExact(c.integer("group", 1));
    Value kernels = kernels(c.term(1), x, "[C, O / group, ", List.of(0, 3, 4, 2, 1));
    Shape k = kernels.shape(); // [M, KH, KW, O / g, C]
    if (group < 1 || k.dim(4) != x.channels() || k.dim(4) % group != 0) {
      throw new IllegalArgumentException(
          "group must divide the %d channels of kernels, the input has %d, group is %d"
              .formatted(k.dim(4), x.channels(), group));
    }
    int[] kernel = Places.kernel(c, x, new int[] {k.dim(1), k.dim(2)});
    int[] strides = x.pair(c.integers("strides"), 1, "strides");
    int[] dilations = x.pair(c.integers("dilations"), 1, "dilations");
    int[] more = x.pair(c.integers("output_padding"), 0, "output_padding");
    long[] stated = c.integers("output_shape");
    String auto = Places.auto(c);
    int[] p = Places.pads(c, x, auto);
    int[] extents = new int[2];
    for (int i = 0; i < 2; i++) {
      int in = i == 0 ? x.rows() : x.columns();
      long span = (kernel[i] - 1L) * dilations[i] + 1;
      long whole = Math.multiplyExact((long) strides[i], in - 1L) + more[i] + span;
      if (more[i] < 0 || more[i] >= Math.max(strides[i], dilations[i])) {
        throw new IllegalArgumentException(
            "output_padding must be at least 0 and less than the stride or dilation");
      }
      boolean asked = stated != null && (x.spatial() == 2 || i == 1);
      if (asked || auto.startsWith("SAME")) {
        long extent = asked ? x.pair(stated, 1, "output_shape")[i] : (long) in * strides[i];
        long total = Math.max(0, whole - extent);
        int half = Math.toIntExact(total / 2);
        p[i] = auto.equals("SAME_UPPER") ? half : Math.toIntExact(total - half);
        p[i + 2] = Math.toIntExact(total - p[i]);
        extents[i] = Math.toIntExact(extent);
        if (whole < extent) {
          throw new IllegalArgumentException("output_shape is larger than the kernels reach");
        }
      } else {
        extents[i] = Math.toIntExact(whole - p[i] - p[i + 2]);
      }
    }
    if (Math.min(extents[0], extents[1]) < 1) {
      throw new IllegalArgumentException("padding leaves nothing of the output");
    }
    Windows w =
        Windows.of(kernel[0], kernel[1])
            .stride(strides[0], strides[1])
            .dilation(dilations[0], dilations[1])
            .padding(p[0], p[1], p[2], p[3]);
    if (w.rows(extents[0]) != x.rows() || w.columns(extents[1]) != x.columns()) {
      throw new IllegalArgumentException(
          "an output of %d x %d is not what the input is a convolution of"
              .formatted(extents[0], extents[1]));
    }
    Value y = F.convTranspose2d(x.value(), kernels, w, group, extents[0], extents[1]);
    return biased(c, x, y, Math.multiplyExact(k.dim(3), group));
  }
}
