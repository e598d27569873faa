// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/** Semantics of pooling, on images and on sequences. */
final class Pooling {
  private Pooling() {}

  static Term max(Call c) {
    c.irrelevant("storage_order"); // of the positions of maxima, which nothing here can read
    if (c.term(0).rank() > 4) {
      return maxOfTwo(c, c.term(0));
    }
    Images x = Images.of(c.term(0));
    Windows w = Places.windows(c, Places.kernel(c, x, null), x);
    w = c.flag("ceil_mode", false) ? Places.ceiled(w, x) : w;
    return x.term(F.maxPool2d(x.value(), w));
  }

  /**
   * Pools more than two axes behind the first two, of which at most two have windows larger than 1,
   * as jax2onnx writes the pooling of images with channels last.
   */
  private static Term maxOfTwo(Call c, Term x) {
    int n = x.rank() - 2;
    long[] kernel = each(c, "kernel_shape", n, 1);
    long[] strides = each(c, "strides", n, 1);
    long[] pads = each(c, "pads", 2 * n, 0);
    long[] dilations = each(c, "dilations", n, 1);
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      if (kernel[i] != 1 || strides[i] != 1 || pads[i] != 0 || pads[n + i] != 0) {
        axes.add(i);
      }
    }
    c.choice("auto_pad", "NOTSET", "NOTSET", "VALID");
    if (axes.size() != 2 || c.flag("ceil_mode", false) || !x.batched()) {
      throw new IllegalArgumentException(
          "windows on %d axes need sizes above 1 on two of them and no ceil_mode, got %s"
              .formatted(n, Arrays.toString(kernel)));
    }
    int a = axes.get(0);
    int b = axes.get(1);
    Windows w =
        Windows.of((int) kernel[a], (int) kernel[b])
            .stride((int) strides[a], (int) strides[b])
            .dilation((int) dilations[a], (int) dilations[b])
            .padding((int) pads[a], (int) pads[b], (int) pads[n + a], (int) pads[n + b]);
    Term along = x.along(a + 2, b + 2);
    Value v = along.value();
    List<Integer> order = new ArrayList<>(List.of(0, 1, along.at(a + 2), along.at(b + 2)));
    for (int i = 2; i < v.shape().rank(); i++) {
      if (!order.contains(i)) {
        order.add(i);
      }
    }
    Value first = F.transpose(v, order);
    Shape s = first.shape(); // [M, N, rows, columns, others...]
    int others = Math.toIntExact(s.size() / s.dim(0) / s.dim(1) / s.dim(2) / s.dim(3));
    Shape images = Shape.of(s.dim(0), s.dim(1), s.dim(2), s.dim(3), others);
    Value y = F.maxPool2d(F.reshape(first, images), w);
    Value apart = F.reshape(y, s.with(2, y.shape().dim(2)).with(3, y.shape().dim(3)));
    List<Integer> back = new ArrayList<>();
    for (int i = 0; i < order.size(); i++) {
      back.add(order.indexOf(i));
    }
    return new Term(F.transpose(apart, back), along.batch());
  }

  /** Returns an attribute with a number for each of some axes. */
  private static long[] each(Call c, String key, int count, long absent) {
    long[] given = c.integers(key);
    long[] all = given == null ? new long[count] : given;
    if (given == null) {
      Arrays.fill(all, absent);
    }
    if (all.length != count) {
      throw new IllegalArgumentException(
          key + " must be " + count + " numbers, got " + Arrays.toString(all));
    }
    for (long v : all) {
      if (v < absent || v > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(key + " must be at least " + absent + ", got " + v);
      }
    }
    return all;
  }

  /**
   * Averages windows; padding added by ceil_mode never counts, that of pads does if
   * count_include_pad.
   */
  static Term average(Call c) {
    Images x = Images.of(c.term(0));
    Windows w = Places.windows(c, Places.kernel(c, x, null), x);
    boolean count = c.flag("count_include_pad", false);
    Windows ceiled = c.flag("ceil_mode", false) ? Places.ceiled(w, x) : w;
    if (!count || ceiled.equals(w)) {
      return x.term(F.averagePool2d(x.value(), ceiled, count));
    }
    Value padded = F.pad(F.pad(x.value(), 2, w.top(), w.bottom(), 0), 3, w.left(), w.right(), 0);
    Windows behind = ceiled.padding(0, 0, ceiled.bottom() - w.bottom(), ceiled.right() - w.right());
    return x.term(F.averagePool2d(padded, behind, false));
  }

  static Term globalAverage(Call c) {
    Images x = Images.of(c.term(0));
    return x.term(F.mean(x.value(), 2, 3));
  }

  static Term globalMax(Call c) {
    Images x = Images.of(c.term(0));
    return x.term(F.max(x.value(), 2, 3));
  }
}
