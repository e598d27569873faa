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
 * Eigenvalues, ascending, and vectors of symmetric matrices: [M, ..., n, n] to [M, ..., 1 + n, n],
 * the values in row 0, the vectors as columns below, each of length 1 with its largest entry
 * positive. {@link Solve#symmetricEigen} takes them apart. The operand counts as (A + A') / 2; a
 * NaN or an infinity makes its matrix NaN. Where two matrices of the element type do not fit in 48
 * KiB (from n = 56 in F64, n = 79 in F32), the result has n more rows of zeros as work space.
 *
 * <p>The vectors of equal eigenvalues have no derivative. Their part is left out, which is correct
 * for functions of the values or of the spanned space alone. Nearly equal eigenvalues give large
 * derivatives of vectors.
 */
public record SymmetricEigen() implements Op {
  private static final int MOST = 900;
  private static final int SWEEPS = 40;

  @Override
  public TensorType type(List<TensorType> in) {
    Solve.floating(in);
    Shape s = in.get(0).shape();
    Factorisation.square(s);
    int n = s.dim(-1);
    if (n > MOST) {
      throw new IllegalArgumentException(
          "matrices may have at most " + MOST + " rows, got " + s + "; use Lanczos steps instead");
    }
    int rows = shared(n, in.get(0).dtype().bytes()) > 0 ? n + 1 : 2 * n + 1;
    return new TensorType(in.get(0).dtype(), s.with(s.rank() - 2, rows));
  }

  /** Returns the shared memory for two matrices in bytes, or 0 if they do not fit. */
  private static int shared(int n, int bytes) {
    int all = 2 * n * n * bytes + work(n, bytes);
    return all <= Factorisation.SHARED ? 2 * n * n * bytes : 0;
  }

  private static int work(int n, int bytes) {
    return (4 * ((n + 1) / 2) + 2 * n) * bytes + 4 * n;
  }

  /** Returns the symmetric part of {@code V (diag(dl) + (V' dV) / (l_j - l_i)) V'}. */
  @Override
  public List<Value> vjp(Value y, Value ct) {
    Solve.Eigen e = Solve.parts(y);
    Solve.Eigen d = Solve.parts(ct);
    Value inner = F.mul(Solve.gaps(e.values()), F.matmul(e.vectors(), d.vectors(), true, false));
    inner = F.add(inner, Solve.diagonal(F.broadcast(d.values(), inner.shape()))); // [.., n, n]
    Value outer = F.matmul(F.matmul(e.vectors(), inner), e.vectors(), false, true);
    return List.of(Solve.symmetric(outer));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    Solve.Eigen e = Solve.parts(y);
    Value moved = F.matmul(Solve.symmetric(t.get(0)), e.vectors());
    Value inner = F.matmul(e.vectors(), moved, true, false); // V' dA V
    Value dv = F.matmul(e.vectors(), F.mul(Solve.gaps(e.values()), inner));
    int rows = y.shape().rank() - 2;
    Value all = F.concat(rows, F.sum(Solve.diagonal(inner), rows), dv);
    int more = y.shape().dim(-2) - all.shape().dim(-2);
    return more == 0 ? all : F.pad(all, rows, 0, more, 0);
  }

  @Override
  public Lowering lower(Value y) {
    int n = y.shape().dim(-1);
    int bytes = y.dtype().bytes();
    int shared = shared(n, bytes);
    int rows = y.shape().dim(-2);
    int count = Factorisation.count(y.shape());
    int threads = n <= 16 ? 32 : n <= 32 ? 128 : 256;
    return new Lowering.Launch(
        "solve.cu",
        "symmetric_eigen",
        count,
        List.of(n, shared > 0 ? 1 : 0, SWEEPS),
        Optional.of(new Lowering.Blocks(threads, shared + work(n, bytes))),
        new Lowering.Items(
            count,
            (in, out, from, to) -> {
              RealBlock a = RealBlock.of(in[0]);
              RealBlock b = RealBlock.of(out);
              Jacobi jacobi = new Jacobi(n, b);
              for (int item = from; item < to; item++) {
                jacobi.run(a, item * n * n, b, item * rows * n, SWEEPS);
                if (rows > n + 1) {
                  b.fill(item * rows * n + (n + 1) * n, n * n, 0);
                }
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
