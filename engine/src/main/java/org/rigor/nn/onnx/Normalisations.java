// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.GroupNorm;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** Semantics of normalisations. */
final class Normalisations {
  private Normalisations() {}

  /**
   * Normalises as in inference: (x - mean) / sqrt(variance + epsilon), scaled and shifted for each
   * channel.
   */
  static Term batchNorm(Call c) {
    c.irrelevant("momentum");
    if (c.flag("training_mode", false) || c.outputs() > 1) {
      throw new IllegalArgumentException("the network must be exported for inference");
    }
    if (!c.flag("spatial", true)) {
      throw new IllegalArgumentException("spatial 0 is not supported");
    }
    boolean rows = c.term(0).rank() == 2;
    Term x = rows ? c.term(0).leading() : c.term(0);
    Images images = rows ? null : Images.of(x);
    Value v = rows ? x.value() : images.value();
    int channels = v.shape().dim(-1);
    Map<String, Value> p =
        Map.of(
            "scale", perChannel(c, 1, channels, "scale"),
            "shift", perChannel(c, 2, channels, "shift"),
            "mean", perChannel(c, 3, channels, "mean"),
            "variance", perChannel(c, 4, channels, "variance"));
    Value y = new BatchNorm(c.real("epsilon", 1e-5f), 0.1).apply(p, v);
    return rows ? new Term(y, x.batch()) : images.term(y);
  }

  /** Returns [M, C] of an operand with one number per channel. */
  static Value perChannel(Call c, int i, int channels, String what) {
    Term t = c.term(i);
    if (t.batched() || t.rank() != 1 || t.value().shape().dim(1) != channels) {
      throw new IllegalArgumentException(what + " must be [" + channels + "], got " + t.extents());
    }
    return t.value();
  }

  /**
   * Normalises each sample over the axes from a given one: (x - mean) / sqrt(variance + epsilon),
   * then affine.
   */
  static Term layerNorm(Call c) {
    int axis = c.term(0).axis(c.integer("axis", -1));
    int[] axes = IntStream.range(axis, c.term(0).rank()).toArray();
    Term x = c.term(0).along(axes);
    if (c.integer("stash_type", 1) != 1) {
      throw new IllegalArgumentException("stash_type must be 1");
    }
    int[] stored = Arrays.stream(axes).map(x::at).toArray();
    Term y = new Term(normalised(x.value(), c.real("epsilon", 1e-5f), stored), x.batch());
    y = Arithmetic.onto(y, c.term(1), F::mul);
    return c.has(2) ? Arithmetic.onto(y, c.term(2), F::add) : y;
  }

  private static Value normalised(Value v, double epsilon, int... axes) {
    if (!(epsilon > 0)) {
      throw new IllegalArgumentException("epsilon must be > 0, got " + epsilon);
    }
    Value centred = F.sub(v, F.mean(v, axes));
    Value variance = F.mean(F.mul(centred, centred), axes);
    return F.div(centred, F.sqrt(F.add(variance, epsilon)));
  }

  /** Normalises each sample and channel over its spatial positions. */
  static Term instanceNorm(Call c) {
    Images x = Images.of(c.term(0));
    int channels = x.value().shape().dim(4);
    return affine(c, x, normalised(x.value(), c.real("epsilon", 1e-5f), 2, 3), channels);
  }

  private static Term affine(Call c, Images x, Value unit, int channels) {
    Value scale = perChannel(c, 1, channels, "scale");
    Value shift = perChannel(c, 2, channels, "shift");
    return x.term(F.add(F.mul(unit, lifted(scale)), lifted(shift)));
  }

  private static Value lifted(Value v) {
    return F.reshape(v, Shape.of(v.shape().models(), 1, 1, 1, v.shape().dim(1)));
  }

  static Term groupNorm(Call c) {
    Images x = Images.of(c.term(0));
    int channels = x.value().shape().dim(4);
    int groups = Math.toIntExact(c.integer("num_groups", 1));
    if (c.integer("stash_type", 1) != 1 || groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "stash_type must be 1 and num_groups divide the " + channels + " channels");
    }
    Map<String, Value> p =
        Map.of(
            "scale", row(perChannel(c, 1, channels, "scale")),
            "shift", row(perChannel(c, 2, channels, "shift")));
    return x.term(new GroupNorm(groups, c.real("epsilon", 1e-5f)).apply(p, x.value()));
  }

  private static Value row(Value v) {
    return F.reshape(v, v.shape().insert(1, 1));
  }

  /**
   * Returns the axes of a softmax in the file: one, or up to operator set 12 all from a given one
   * together.
   */
  static int[] softmaxAxes(Call c, Term x) {
    boolean one = c.opset() >= 13;
    int axis = x.axis(c.integer("axis", one ? -1 : 1));
    return IntStream.range(axis, one ? axis + 1 : x.rank()).toArray();
  }

  static Term softmax(Call c, boolean logarithm) {
    int[] axes = softmaxAxes(c, c.term(0));
    Term x = c.term(0).along(axes);
    int[] stored = Arrays.stream(axes).map(x::at).toArray();
    Value v = x.value();
    return new Term(logarithm ? F.logSoftmax(v, stored) : F.softmax(v, stored), x.batch());
  }
}
