// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.rigor.ir.Value;
import org.rigor.linalg.ConvAxis;
import org.rigor.linalg.ConvNorm;
import org.rigor.linalg.ConvShape;
import org.rigor.linalg.Rounding;
import org.rigor.op.Add;
import org.rigor.op.F;
import org.rigor.op.MatMul;
import org.rigor.op.Mul;
import org.rigor.op.Reshape;
import org.rigor.op.Sub;
import org.rigor.op.Sum;
import org.rigor.op.Transpose;
import org.rigor.op.Unfold;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/**
 * A convolution as {@link F#conv2d} composes it, windows times a matrix, treated as one linear map:
 * windows repeat elements, so the product of the norms of its steps is far larger. It also covers
 * sums over windows, as in average pooling, which are a convolution with ones, and a scaling of the
 * channels after it, as in a frozen batch norm, which is folded into the kernel.
 *
 * @param image what is convolved, [1, 1, H, W, C]
 * @param weights [M, 1, K, O] or [M, 1, G, K, O / G]; null for ones
 * @param scale of each output channel, [M, 1, 1, 1, O]; null if absent
 */
record ConvRule(Value image, ConvShape shape, Value weights, Value scale) {
  private static final List<Integer> GROUPS_FIRST = List.of(0, 1, 3, 2, 4);

  /** Returns the convolution that ends in {@code v}, or null if there is none of this form. */
  static ConvRule of(Value v, Set<Value> moving) {
    if (v.op() instanceof MatMul) {
      return product(v, moving);
    } else if (v.op() instanceof Sum s) {
      return windowSum(v, s);
    } else if (v.op() instanceof Mul) {
      return scaled(v, moving);
    }
    return null;
  }

  private static ConvRule product(Value v, Set<Value> moving) {
    MatMul op = (MatMul) v.op();
    Value rows = v.input(0);
    if (op.ta() || op.tb() || !moving.contains(rows) || moving.contains(v.input(1))) {
      return null;
    }
    boolean grouped = rows.op() instanceof Transpose t && t.order().equals(GROUPS_FIRST);
    Value flat = grouped ? rows.input(0) : rows;
    if (!(flat.op() instanceof Reshape) || !(flat.input(0).op() instanceof Unfold u)) {
      return null;
    }
    int[] d = flat.input(0).shape().dims(); // [1, 1, OH, OW, G, KH, KW, C / G]
    int inner = d[5] * d[6] * d[7];
    int places = d[2] * d[3];
    Shape whole =
        grouped ? Shape.of(1, 1, places, u.groups(), inner) : Shape.of(1, 1, places, inner);
    if (u.value() != 0 || u.groups() > 1 != grouped || !flat.shape().with(0, 1).equals(whole)) {
      return null;
    }
    int outputs = v.shape().dim(-1) * u.groups();
    Value image = flat.input(0).input(0);
    ConvShape shape = shape(u.windows(), image, image.shape().dim(4), outputs, u.groups());
    return new ConvRule(image, shape, v.input(1), null);
  }

  private static ConvRule windowSum(Value v, Sum s) {
    Value taps = v.input(0);
    boolean sums = s.axes().equals(List.of(5, 6)) && taps.op() instanceof Unfold;
    if (!sums || ((Unfold) taps.op()).value() != 0) {
      return null;
    }
    Value image = taps.input(0);
    // All channels are separate and treated alike.
    ConvShape one = shape(((Unfold) taps.op()).windows(), image, 1, 1, 1);
    return new ConvRule(image, one, null, null);
  }

  private static ConvRule scaled(Value v, Set<Value> moving) {
    int i = moving.contains(v.input(0)) ? 0 : 1;
    Value scale = v.input(1 - i);
    Shape s = v.shape();
    boolean perChannel =
        !moving.contains(scale)
            && s.rank() == 5
            && scale.shape().with(0, 1).equals(Shape.of(1, 1, 1, 1, s.dim(4)));
    Value u = v.input(i);
    while (perChannel && (u.op() instanceof Add || u.op() instanceof Sub)) {
      int k = moving.contains(u.input(0)) ? 0 : 1;
      Value next = u.input(k);
      if (moving.contains(u.input(1 - k)) || elements(next) != elements(u)) {
        return null;
      }
      u = next;
    }
    if (!perChannel || !(u.op() instanceof Reshape)) {
      return null;
    }
    u = u.input(0);
    boolean grouped = u.op() instanceof Transpose t && t.order().equals(GROUPS_FIRST);
    u = grouped ? u.input(0) : u;
    ConvRule conv = u.op() instanceof MatMul ? product(u, moving) : null;
    boolean whole =
        conv != null
            && conv.shape.groups() > 1 == grouped
            && s.dim(2) == conv.shape.rows().outputs()
            && s.dim(3) == conv.shape.cols().outputs()
            && s.dim(4) == conv.shape.outputs();
    return whole ? new ConvRule(conv.image, conv.shape, conv.weights, scale) : null;
  }

  private static long elements(Value v) {
    return v.shape().size() / v.shape().models();
  }

  private static ConvShape shape(Windows w, Value image, int inputs, int outputs, int groups) {
    Shape s = image.shape();
    ConvAxis.Padding zero = ConvAxis.Padding.ZERO;
    return new ConvShape(
        new ConvAxis(s.dim(2), w.height(), w.strideH(), w.dilationH(), w.top(), w.bottom(), zero),
        new ConvAxis(s.dim(3), w.width(), w.strideW(), w.dilationW(), w.left(), w.right(), zero),
        inputs,
        outputs,
        groups);
  }

  /** Returns an upper bound of the norm of one model's map. */
  double norm(SideValues sides, int model, Norm norm) {
    if (weights == null) {
      double[] ones = new double[shape.kernelSize()];
      Arrays.fill(ones, 1);
      return one(ones, norm);
    }
    SideValues.Sides w = sides.of(weights);
    double[] kernel = kernel(w.centre(model));
    boolean exact = w.exact() && scale == null;
    double[] off = exact ? null : kernel(w.radius(model));
    if (scale != null) {
      scale(kernel, off, sides.of(scale), model);
    }
    double most = one(kernel, norm);
    return exact ? most : Rounding.addUp(most, small(off, norm));
  }

  private double one(double[] kernel, Norm norm) {
    return norm == Norm.L2 ? ConvNorm.upper(kernel, shape) : ConvNorm.rowSum(kernel, shape);
  }

  /**
   * Returns an upper bound of the norm of the kernel's radius, a cheap one since the radius is
   * tiny.
   */
  private double small(double[] radius, Norm norm) {
    double rows = ConvNorm.rowSum(radius, shape);
    return norm == Norm.L2
        ? Rounding.sqrtUp(Rounding.mulUp(rows, ConvNorm.columnSum(radius, shape)))
        : rows;
  }

  /** Scales the columns; the radius absorbs the factor's radius and the rounding. */
  private void scale(double[] kernel, double[] off, SideValues.Sides factor, int model) {
    double[] c = factor.centre(model);
    double[] r = factor.radius(model);
    for (int i = 0; i < kernel.length; i++) {
      int o = i % c.length;
      double size = Math.abs(c[o]);
      double own = Rounding.mulUp(off[i], Rounding.addUp(size, r[o]));
      double other = Rounding.mulUp(Math.abs(kernel[i]), r[o]);
      kernel[i] *= c[o];
      double rounded = Rounding.addUp(Math.ulp(kernel[i]), Double.MIN_VALUE);
      off[i] = Rounding.addUp(Rounding.addUp(own, other), rounded);
    }
  }

  /** Reorders [G, K, O / G] to [K, O]. */
  private double[] kernel(double[] w) {
    int groups = shape.groups();
    if (groups == 1) {
      return w;
    }
    int own = shape.outputs() / groups;
    int inner = w.length / shape.outputs();
    double[] out = new double[w.length];
    for (int g = 0; g < groups; g++) {
      for (int k = 0; k < inner; k++) {
        System.arraycopy(w, (g * inner + k) * own, out, k * groups * own + g * own, own);
      }
    }
    return out;
  }
}
