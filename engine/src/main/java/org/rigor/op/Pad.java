// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A tensor of the given extents behind the model axis: the operand at positions start + i * step of
 * each axis, {@code value} elsewhere. With value 0 it is the transpose of {@link Slice}; steps
 * above 1 put gaps between elements. Entry k of the lists belongs to axis k + 1.
 */
public record Pad(List<Integer> start, List<Integer> step, List<Integer> extent, double value)
    implements Op {
  /** Axes behind the model axis that the kernel knows; adjacent whole axes count as one. */
  private static final int AXES = 5;

  public Pad {
    start = List.copyOf(start);
    step = List.copyOf(step);
    extent = List.copyOf(extent);
  }

  @Override
  public TensorType type(List<TensorType> in) {
    Shape s = in.get(0).shape();
    if (in.get(0).dtype() == DType.BOOL) {
      throw new IllegalArgumentException("the operand must be numbers, got " + in.get(0));
    }
    if (extent.size() != s.rank() - 1) {
      throw new IllegalArgumentException("needs one extent for each axis behind the model axis");
    }
    int[] d = s.dims();
    for (int k = 0; k < extent.size(); k++) {
      d[k + 1] = extent.get(k);
    }
    Strided.check(Shape.of(d), start, step, Strided.extents(s));
    return new TensorType(in.get(0).dtype(), Shape.of(d));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    List<Integer> from = Strided.extents(y.input(0).shape());
    return List.of(Value.of(new Slice(start, step, from), ct)); // [M, extent..] -> [M, n..]
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return Value.of(new Pad(start, step, extent, 0), t.get(0));
  }

  @Override
  public Lowering lower(Value y) {
    int[][] axes = axes(y.input(0).shape());
    List<Integer> params = new ArrayList<>();
    for (int[] list : axes) {
      Arrays.stream(list).forEach(params::add);
    }
    long bits = Double.doubleToRawLongBits(value);
    params.add((int) (bits >>> 32));
    params.add((int) bits);
    int items = Math.toIntExact(y.shape().size() / y.shape().models());
    return new Lowering.Launch(
        "layout.cu", "pad", items, params, (in, out) -> reference(axes, items, in[0], out));
  }

  /**
   * Returns operand extents, result extents, starts and steps of exactly {@link #AXES} axes,
   * outermost first. Joins an axis that is kept whole to the one before it if that is kept whole
   * too.
   */
  private int[][] axes(Shape in) {
    List<int[]> joined = new ArrayList<>();
    for (int k = 0; k < extent.size(); k++) {
      int n = in.dim(k + 1);
      int[] axis = {n, extent.get(k), start.get(k), step.get(k)};
      int[] top = joined.isEmpty() ? null : joined.get(joined.size() - 1);
      if (top != null && top[0] == top[1] && n == axis[1]) {
        top[0] *= n;
        top[1] *= n;
      } else {
        joined.add(axis);
      }
    }
    while (joined.size() < AXES) {
      joined.add(0, new int[] {1, 1, 0, 1});
    }
    if (joined.size() > AXES) {
      throw new IllegalArgumentException("pad: more than " + AXES + " separate axes in " + in);
    }
    int[][] out = new int[4][AXES];
    for (int k = 0; k < AXES; k++) {
      for (int list = 0; list < 4; list++) {
        out[list][k] = joined.get(k)[list];
      }
    }
    return out;
  }

  private void reference(int[][] axes, int items, Lowering.Block in, Lowering.Block out) {
    fill(out, items);
    int[] n = axes[0];
    int last = AXES - 1;
    int rows = n[0] * n[1] * n[2] * n[3];
    for (int row = 0; row < rows; row++) {
      int at = 0;
      int scale = axes[1][last];
      int rest = row;
      for (int k = last - 1; k >= 0; k--) {
        at += (axes[2][k] + rest % n[k] * axes[3][k]) * scale;
        rest /= n[k];
        scale *= axes[1][k];
      }
      at += axes[2][last];
      if (axes[3][last] == 1) {
        in.copyTo(row * n[last], out, at, n[last]);
      } else {
        for (int i = 0; i < n[last]; i++) {
          in.copyTo(row * n[last] + i, out, at + i * axes[3][last], 1);
        }
      }
    }
  }

  private void fill(Lowering.Block out, int n) {
    int from = out.offset();
    if (out.array() instanceof float[] a) {
      Arrays.fill(a, from, from + n, (float) value);
    } else if (out.array() instanceof double[] a) {
      Arrays.fill(a, from, from + n, value);
    } else {
      Arrays.fill(out.ints(), from, from + n, (int) value);
    }
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int n) {
    return Value.of(
        new Pad(Strided.put(start, 0), Strided.put(step, 1), Strided.put(extent, n), value), in);
  }

  @Override
  public boolean linearIn(int i) {
    return value == 0;
  }

  @Override
  public Value fold(Value y) {
    Value x = y.input(0);
    if (x.shape().equals(y.shape())) {
      return x;
    }
    boolean same = x.op() instanceof Fill f && Double.compare(f.value(), value) == 0;
    return same ? F.fill(y.dtype(), y.shape(), value) : y;
  }

  @Override
  public int roundings(Value y, int i) {
    return 0;
  }

  /** Keeps the functions of moved elements; filled ones are constant. */
  @Override
  public Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    return jvp(y, of);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return true;
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }
}
