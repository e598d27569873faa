// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Compact QR factors of tall matrices by Householder reflections, {@code A = Q R} with a
 * nonnegative diagonal of R: [M, ..., m, n], m at least n, to [M, ..., m + n, n], Q above R. {@link
 * Solve#qr} takes them apart. A NaN or an infinity makes its matrix NaN, and so may entries whose
 * squares overflow; dependent columns give zeros on the diagonal of R, where there is no
 * derivative.
 */
public record ThinQr() implements Op {
  private static final int MOST_COLUMNS = 4096;

  @Override
  public TensorType type(List<TensorType> in) {
    Solve.floating(in);
    Shape s = in.get(0).shape();
    Factorisation.count(s);
    int n = s.dim(-1);
    if (s.dim(-2) < n || n > MOST_COLUMNS) {
      throw new IllegalArgumentException(
          "matrices must be tall, with at most " + MOST_COLUMNS + " columns, got " + s);
    }
    return new TensorType(in.get(0).dtype(), s.with(s.rank() - 2, s.dim(-2) + n));
  }

  /**
   * Returns {@code dA = (dQ + Q sym(low(R dR' - dQ' Q))) R^-T}, where sym copies the lower
   * triangle.
   */
  @Override
  public List<Value> vjp(Value y, Value ct) {
    int m = y.input(0).shape().dim(-2);
    Solve.Qr f = Solve.parts(y, m);
    Solve.Qr d = Solve.parts(ct, m);
    Value a = F.sub(F.matmul(f.r(), d.r(), false, true), F.matmul(d.q(), f.q(), true, false));
    Value low = Solve.strictlyLower(a);
    Value copied = F.add(F.add(low, Solve.transposed(low)), Solve.diagonal(a)); // [.., n, n]
    Value sum = F.add(d.q(), F.matmul(f.q(), copied)); // [.., m, n]
    Value left = Solve.triangular(f.r(), Solve.transposed(sum), true, false);
    return List.of(Solve.transposed(left));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    Solve.Qr f = Solve.parts(y, y.input(0).shape().dim(-2));
    Value b = Solve.transposed(Solve.triangular(f.r(), Solve.transposed(t.get(0)), true, true));
    Value c = F.matmul(f.q(), b, true, false); // Q' dA R^-1 [.., n, n]
    Value low = Solve.strictlyLower(c);
    Value rise = F.sub(c, F.sub(low, Solve.transposed(low))); // dR R^-1, upper
    Value dq = F.sub(b, F.matmul(f.q(), rise));
    return F.concat(y.shape().rank() - 2, dq, F.matmul(rise, f.r()));
  }

  @Override
  public Lowering lower(Value y) {
    int n = y.shape().dim(-1);
    int m = y.shape().dim(-2) - n;
    int count = Factorisation.count(y.shape());
    return new Lowering.Launch(
        "solve.cu",
        "qr",
        count,
        List.of(m, n),
        Optional.of(new Lowering.Blocks(n <= 4 ? 32 : n <= 32 ? 128 : 256, n * 8)),
        new Lowering.Items(
            count,
            (in, out, from, to) -> {
              for (int item = from; item < to; item++) {
                Factorisation.qr(RealBlock.of(in[0]), RealBlock.of(out), item, m, n);
              }
            }));
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(this, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return y.shape().rank() > 3;
  }
}
