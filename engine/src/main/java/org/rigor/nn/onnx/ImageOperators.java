// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.List;
import java.util.Map;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.ir.Value;
import org.rigor.nn.BatchNorm;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/**
 * What the operators on images [N, C, H, W] mean (ONNX operator specification), on images with
 * channels last.
 */
final class ImageOperators {
  private ImageOperators() {}

  /**
   * @param w kernels [O, C / group, KH, KW]
   * @param bias [O], or null
   */
  static Term conv(OnnxNode n, Term x, Term w, Term bias) {
    if (w.rank() != 4 || w.batched()) {
      throw new IllegalArgumentException(
          "kernels must be [O, C / group, height, width] and not depend on the input, got "
              + w.value().shape().remove(0));
    }
    Value kernels = F.transpose(w.value(), List.of(0, 3, 4, 2, 1)); // [M, KH, KW, C / g, O]
    Shape k = kernels.shape();
    List<Long> extents = n.integers("kernel_shape", List.of((long) k.dim(1), (long) k.dim(2)));
    if (!extents.equals(List.of((long) k.dim(1), (long) k.dim(2)))) {
      throw new IllegalArgumentException("kernel_shape is " + extents + ", kernels are " + k);
    }
    Value images = x.images();
    Windows windows = windows(n, k.dim(1), k.dim(2), images);
    Value y = F.conv2d(images, kernels, windows, Math.toIntExact(n.integer("group", 1)));
    if (bias != null) {
      requireChannels(bias, k.dim(4), "the bias");
      y =
          F.add(
              y,
              F.reshape(bias.value(), Shape.of(bias.value().shape().models(), 1, 1, 1, k.dim(4))));
    }
    return Term.ofImages(y, x.batched());
  }

  static Term maxPool(OnnxNode n, Term x) {
    if (n.outputs().size() > 1 && !n.outputs().get(1).isEmpty()) {
      throw new IllegalArgumentException("positions of the maxima are not supported");
    }
    return Term.ofImages(F.maxPool2d(x.images(), pooling(n, x.images())), x.batched());
  }

  static Term averagePool(OnnxNode n, Term x) {
    Windows windows = pooling(n, x.images());
    boolean count = n.integer("count_include_pad", 0) != 0;
    if (count && !windows.equals(floor(n, x.images()))) {
      throw new IllegalArgumentException(
          "ceil_mode that adds windows is not supported together with count_include_pad");
    }
    return Term.ofImages(F.averagePool2d(x.images(), windows, count), x.batched());
  }

  static Term globalAveragePool(Term x) {
    return Term.ofImages(F.mean(x.images(), 2, 3), x.batched());
  }

  /** In inference: (x - mean) / sqrt(variance + epsilon), scaled and shifted for each channel. */
  static Term batchNorm(OnnxNode n, Term x, Term scale, Term shift, Term mean, Term variance) {
    if (n.integer("training_mode", 0) != 0) {
      throw new IllegalArgumentException("the network must be exported for inference");
    }
    boolean images = x.rank() == 4;
    if (!images && x.rank() != 2) {
      throw new IllegalArgumentException("needs [N, C] or [N, C, H, W], got rank " + x.rank());
    }
    Value v = images ? x.images() : x.value();
    int channels = v.shape().dim(-1);
    requireChannels(scale, channels, "scale");
    requireChannels(shift, channels, "shift");
    requireChannels(mean, channels, "mean");
    requireChannels(variance, channels, "variance");
    Map<String, Value> p =
        Map.of(
            "scale",
            scale.value(),
            "shift",
            shift.value(),
            "mean",
            mean.value(),
            "variance",
            variance.value());
    Value y = new BatchNorm(n.real("epsilon", 1e-5f), 0.1).apply(p, v);
    return images ? Term.ofImages(y, x.batched()) : new Term(y, x.batched());
  }

  /** End to end along an axis that is not the batch. */
  static Term concat(OnnxNode n, List<Term> terms) {
    Term first = terms.get(0);
    long axis = n.integer("axis", 0);
    long at = axis < 0 ? axis + first.rank() : axis;
    boolean alike =
        terms.stream().allMatch(t -> t.rank() == first.rank() && t.batched() == first.batched());
    if (!alike) {
      throw new IllegalArgumentException("operands must have one rank and all be samples, or none");
    }
    if (at < (first.batched() ? 1 : 0) || at >= first.rank()) {
      throw new IllegalArgumentException("cannot join along axis " + axis);
    }
    if (at == 1 && terms.stream().allMatch(Term::channelsLast)) {
      return Term.ofImages(F.concat(4, terms.stream().map(Term::stored).toList()), first.batched());
    }
    Value joined = F.concat((int) at + 1, terms.stream().map(Term::value).toList());
    return new Term(joined, first.batched());
  }

  private static void requireChannels(Term t, int channels, String what) {
    if (t.batched() || t.rank() != 1 || t.value().shape().dim(1) != channels) {
      throw new IllegalArgumentException(
          what + " must be [" + channels + "], got " + t.value().shape().remove(0));
    }
  }

  /** The windows of a pooling; with ceil_mode the padding that takes the last windows in. */
  private static Windows pooling(OnnxNode n, Value x) {
    Windows w = floor(n, x);
    if (n.integer("ceil_mode", 0) == 0) {
      return w;
    }
    int rows = x.shape().dim(2);
    int columns = x.shape().dim(3);
    int more = beyond(rows, w.height(), w.strideH(), w.dilationH(), w.top(), w.bottom());
    int wider = beyond(columns, w.width(), w.strideW(), w.dilationW(), w.left(), w.right());
    return w.padding(w.top(), w.left(), w.bottom() + more, w.right() + wider);
  }

  private static Windows floor(OnnxNode n, Value x) {
    List<Long> extents = n.integers("kernel_shape", List.of());
    if (extents.size() != 2) {
      throw new IllegalArgumentException("kernel_shape must be two numbers, got " + extents);
    }
    return windows(n, Math.toIntExact(extents.get(0)), Math.toIntExact(extents.get(1)), x);
  }

  /** Padding behind an axis that makes room for a last window which starts on it. */
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

  private static Windows windows(OnnxNode n, int height, int width, Value x) {
    List<Long> strides = pair(n, "strides");
    List<Long> dilations = pair(n, "dilations");
    Windows w =
        Windows.of(height, width)
            .stride(Math.toIntExact(strides.get(0)), Math.toIntExact(strides.get(1)))
            .dilation(Math.toIntExact(dilations.get(0)), Math.toIntExact(dilations.get(1)));
    String auto = n.text("auto_pad", "NOTSET");
    switch (auto) {
      case "NOTSET" -> {
        List<Long> p = n.integers("pads", List.of(0L, 0L, 0L, 0L));
        if (p.size() != 4) {
          throw new IllegalArgumentException("pads must be four numbers, got " + p);
        }
        return w.padding(
            Math.toIntExact(p.get(0)),
            Math.toIntExact(p.get(1)),
            Math.toIntExact(p.get(2)),
            Math.toIntExact(p.get(3)));
      }
      case "VALID" -> {
        return w;
      }
      case "SAME_UPPER", "SAME_LOWER" -> {
        int rows = same(x.shape().dim(2), w.height(), w.strideH(), w.dilationH());
        int columns = same(x.shape().dim(3), w.width(), w.strideW(), w.dilationW());
        int top = auto.equals("SAME_UPPER") ? rows / 2 : rows - rows / 2;
        int left = auto.equals("SAME_UPPER") ? columns / 2 : columns - columns / 2;
        return w.padding(top, left, rows - top, columns - left);
      }
      default -> throw new IllegalArgumentException("auto_pad " + auto + " is not supported");
    }
  }

  /** Padding of both sides with which there are extent / stride windows, rounded up. */
  private static int same(int extent, int size, int stride, int dilation) {
    long places = (extent + stride - 1L) / stride;
    return Math.toIntExact(
        Math.max(0, (places - 1) * stride + (size - 1L) * dilation + 1 - extent));
  }

  private static List<Long> pair(OnnxNode n, String key) {
    List<Long> both = n.integers(key, List.of(1L, 1L));
    if (both.size() != 2) {
      throw new IllegalArgumentException(key + " must be two numbers, got " + both);
    }
    return both;
  }
}
