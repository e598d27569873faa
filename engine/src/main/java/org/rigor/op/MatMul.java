// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Matrix products over the last two axes, {@code op(A) op(B)}; {@code ta} and {@code tb} transpose
 * the stored operand. Leading axes broadcast where an extent is 1.
 */
public record MatMul(boolean ta, boolean tb) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape a = in.get(0).shape();
    Shape b = in.get(1).shape();
    if (a.rank() < 3 || a.rank() != b.rank()) {
      throw new IllegalArgumentException(
          "operands must be [models, ..., rows, cols] of equal rank, got " + a + " and " + b);
    }
    if (in.get(0).dtype() != in.get(1).dtype() || !in.get(0).dtype().isFloating()) {
      throw new IllegalArgumentException("operands must share one floating type");
    }
    int k = a.dim(ta ? -2 : -1);
    int k2 = b.dim(tb ? -1 : -2);
    if (k != k2) {
      throw new IllegalArgumentException("inner extents differ: " + k + " and " + k2);
    }
    Shape lead = Pointwise.broadcast(List.of(leading(a), leading(b)));
    int[] d = Arrays.copyOf(lead.dims(), a.rank());
    d[a.rank() - 2] = a.dim(ta ? -1 : -2);
    d[a.rank() - 1] = b.dim(tb ? -2 : -1);
    return new TensorType(in.get(0).dtype(), Shape.of(d));
  }

  private static Shape leading(Shape s) {
    return Shape.of(Arrays.copyOf(s.dims(), s.rank() - 2));
  }

  @Override
  public List<Value> vjp(Value y, Value g) {
    Value a = y.input(0);
    Value b = y.input(1);
    // g [.., R, C]: dA = g B^T (or its transpose), dB = A^T g (or its transpose)
    Value da = ta ? F.matmul(b, g, tb, true) : F.matmul(g, b, false, !tb);
    if (sharedRows(y) > 1) {
      // one product over the rows of all leading axes, not one per index and a sum
      Value ar = rows(a); // [M, R.., K]
      Value gr = rows(g); // [M, R.., C]
      Value sum = tb ? F.matmul(gr, ar, true, false) : F.matmul(ar, gr, true, false);
      Value like = F.reshape(sum, b.shape().with(0, sum.shape().models()));
      return List.of(F.sumTo(da, a.shape()), F.sumTo(like, b.shape()));
    }
    Value db = tb ? F.matmul(g, a, true, ta) : F.matmul(a, g, !ta, false);
    return List.of(F.sumTo(da, a.shape()), F.sumTo(db, b.shape()));
  }

  /**
   * Returns how many products share one B, so that their rows join in one product; 1 if B is not
   * shared.
   */
  private int sharedRows(Value y) {
    Shape b = y.input(1).shape();
    boolean one = !ta && leading(b).with(0, 1).size() == 1;
    return one ? Math.toIntExact(leading(y.shape()).with(0, 1).size()) : 1;
  }

  /** Reshapes [M, .., R, C] to [M, .. * R, C]. */
  private static Value rows(Value x) {
    Shape s = x.shape();
    int rows = Math.toIntExact(s.size() / s.models() / s.dim(-1));
    return F.reshape(x, Shape.of(s.models(), rows, s.dim(-1)));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    Value da = t.get(0) == null ? null : F.matmul(t.get(0), y.input(1), ta, tb);
    Value db = t.get(1) == null ? null : F.matmul(y.input(0), t.get(1), ta, tb);
    return F.addOrNull(da, db);
  }

  @Override
  public Lowering lower(Value y) {
    return new Lowering.Gemm(ta, tb);
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Value a = in.get(0);
    if (!stacked.get(1) && !ta && a.shape().rank() == 4) {
      // [M, S, R, K] x [M, K, C]: the stack becomes more rows of one product
      int[] d = a.shape().dims();
      Value rows = F.reshape(a, Shape.of(d[0], d[1] * d[2], d[3]));
      Value c = F.matmul(rows, in.get(1), false, tb);
      return F.reshape(c, Shape.of(c.shape().models(), d[1], d[2], c.shape().dim(-1)));
    }
    return Value.of(this, F.alignStacked(in, stacked));
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public int roundings(Value y, int i) {
    int inner = i == 0 ? y.shape().dim(-1) : y.shape().dim(-2) * sharedRows(y);
    return inner + Outward.repeats(leading(y.shape()), leading(y.input(i).shape()));
  }

  /**
   * Returns a constant where the row of op(A) and the column of op(B) are constant; an operand
   * without functions counts as constant.
   */
  @Override
  public Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    Value still = null;
    for (int i = 0; i < 2; i++) {
      if (of.get(i) != null) {
        boolean turned = i == 0 ? ta : tb;
        // op(A) is [.., R, K], op(B) is [.., K, C]: reduce the inner extent
        Value most = F.max(of.get(i), (i == 0) == turned ? -2 : -1);
        most = turned ? F.transpose(most, Reductions.swapLast(most.shape().rank())) : most;
        Value zero = F.eq(most, F.constant(most, 0));
        still = still == null ? zero : F.and(still, zero);
      }
    }
    return F.select(still, F.constant(fresh, 0), fresh);
  }

  /**
   * Bounds the product in centre-radius form (Rump 1999): its centre, and the radius |A| rad(B) +
   * rad(A) (|B| + rad(B)). The same products include the rounding of the centre, gamma_k |A| |B|.
   */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    Value[] a = Outward.centred(in.get(0));
    Value[] b = Outward.centred(in.get(1));
    int k = y.input(0).shape().dim(ta ? -2 : -1);
    double gamma = 2 * Outward.gamma(k + 8);
    Value sizeA = F.abs(a[0]);
    Value sizeB = F.abs(b[0]);
    Value rounded = F.add(F.mul(sizeA, gamma), Outward.TINY);
    Value error = in.get(0).isPoint() ? rounded : F.add(a[1], rounded);
    Value radius = F.matmul(error, sizeB, ta, tb);
    if (!in.get(1).isPoint()) {
      Value most = in.get(0).isPoint() ? sizeA : F.add(sizeA, a[1]);
      radius = F.add(radius, F.matmul(most, b[1], ta, tb));
    }
    Value error1 = F.add(F.mul(radius, 1 + gamma), Outward.TINY);
    return Outward.around(F.matmul(a[0], b[0], ta, tb), error1);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return y.shape().rank() > 3 || !ta && !moves.test(y.input(1));
  }

  /** Returns whether samples are rows: the matrix that all rows share has no axis of samples. */
  @Override
  public boolean treatsSamplesAlike(Value y, Predicate<Value> moves) {
    return y.shape().rank() == 3 && keepsSamplesApart(y, moves);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(of.map());
  }

  @Override
  public boolean slopeReadsOperands() {
    return true;
  }
}
