// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.List;
import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Semantics of Resize and Upsample in nearest mode: a selection of elements on each axis. */
final class Resizing {
  /** Position of element {@code i} of the result on the operand's axis (ONNX, since Resize-11). */
  @FunctionalInterface
  private interface Coordinate {
    float of(int i, float scale, int in, int out);
  }

  /**
   * Traces Upsample; scales are an attribute in Upsample-7, the second operand in Upsample-9 and
   * Resize-10.
   */
  static Operand upsample(Call c) {
    c.choice("mode", "nearest", "nearest");
    Term x = c.term(0);
    float[] scales = c.opset() < 9 ? c.reals("scales") : floats(c.stated(1));
    return resized(x, null, scales, null, (i, scale, in, out) -> i / scale, "floor");
  }

  private Resizing() {}

  static Operand resize(Call c) {
    if (c.opset() < 11) {
      return upsample(c);
    }
    Term x = c.term(0);
    c.choice("mode", "nearest", "nearest");
    c.choice("keep_aspect_ratio_policy", "stretch", "stretch");
    // These apply to cubic and linear interpolation and to cropping, which are refused.
    c.irrelevant("cubic_coeff_a", "exclude_outside", "extrapolation_value");
    c.has(1);
    if (c.flag("antialias", false)) {
      throw new IllegalArgumentException("antialias is not supported");
    }
    String nearest =
        c.choice(
            "nearest_mode",
            "round_prefer_floor",
            "round_prefer_floor",
            "round_prefer_ceil",
            "floor",
            "ceil");
    Coordinate at =
        switch (c.choice(
            "coordinate_transformation_mode",
            "half_pixel",
            "half_pixel",
            "pytorch_half_pixel",
            "align_corners",
            "asymmetric")) {
          case "half_pixel" -> (i, scale, in, out) -> (i + 0.5f) / scale - 0.5f;
          case "pytorch_half_pixel" ->
              (i, scale, in, out) -> out > 1 ? (i + 0.5f) / scale - 0.5f : 0;
          case "align_corners" -> (i, scale, in, out) -> out > 1 ? i * (in - 1f) / (out - 1f) : 0;
          default -> (i, scale, in, out) -> i / scale;
        };
    long[] sizes = c.has(3) ? c.longs(3).known("the sizes") : null;
    float[] scales = c.has(2) ? floats(c.stated(2)) : null;
    if ((sizes == null) == (scales == null)) {
      throw new IllegalArgumentException("needs either scales or sizes");
    }
    return resized(x, c.integers("axes"), scales, sizes, at, nearest);
  }

  private static float[] floats(HostTensor t) {
    float[] out = new float[(int) t.shape().size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) t.get(i);
    }
    return out;
  }

  private static Term resized(
      Term x, long[] axes, float[] scales, long[] sizes, Coordinate at, String nearest) {
    int n = axes == null ? x.rank() : axes.length;
    int stated = scales != null ? scales.length : sizes.length;
    if (stated != n) {
      throw new IllegalArgumentException(
          "states " + stated + " scales or sizes for " + n + " axes");
    }
    Term out = x;
    for (int k = 0; k < n; k++) {
      int axis = x.axis(axes == null ? k : axes[k]);
      int in = x.dims()[axis];
      if (sizes == null && !(scales[k] > 0 && in * (double) scales[k] < 1 << 24)) {
        throw new IllegalArgumentException("the scale " + scales[k] + " is not supported");
      }
      long extent = sizes != null ? sizes[k] : (long) Math.floor(in * scales[k]);
      float scale = sizes != null ? (float) extent / in : scales[k];
      if (extent == in && scale == 1) {
        continue;
      }
      if (extent < 1 || extent > 1 << 24) {
        throw new IllegalArgumentException("an extent of " + extent + " is not supported");
      }
      int last = (int) extent;
      int[] from =
          IntStream.range(0, last)
              .map(i -> Math.max(0, Math.min(in - 1, round(at.of(i, scale, in, last), nearest))))
              .toArray();
      out = out.along(axis);
      int stored = out.channelsLast() ? List.of(1, 4, 2, 3).get(axis) : out.at(axis);
      out = out.with(chosen(out.stored(), stored, from));
    }
    return out;
  }

  private static int round(float at, String mode) {
    return switch (mode) {
      case "floor" -> (int) Math.floor(at);
      case "ceil" -> (int) Math.ceil(at);
      case "round_prefer_ceil" -> (int) Math.floor(at + 0.5);
      case "round_prefer_floor" -> (int) Math.ceil(at - 0.5);
      default -> throw new IllegalStateException("no rounding " + mode);
    };
  }

  /** Selects elements; integer upscaling repeats each, anything else gathers one by one. */
  private static Value chosen(Value v, int axis, int[] from) {
    int in = v.shape().dim(axis);
    int factor = from.length / in;
    boolean whole =
        from.length % in == 0
            && IntStream.range(0, from.length).allMatch(i -> from[i] == i / factor);
    if (!whole || factor == 1) {
      return Layouts.picked(v, axis, from);
    }
    Shape apart = v.shape().insert(axis + 1, 1);
    Value repeated = F.broadcast(F.reshape(v, apart), apart.with(axis + 1, factor));
    return F.reshape(repeated, v.shape().with(axis, from.length));
  }
}
