// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.TensorType;

/**
 * Lower factor L of symmetric positive definite matrices, {@code A = L L'}: [M, ..., n, n] to [M,
 * ..., n, n], zero above the diagonal. The operand counts as (A + A') / 2. A matrix that is not
 * finite, or not positive definite within rounding, gives a matrix of NaN.
 *
 * <p>Derivatives: Murray, Differentiation of the Cholesky decomposition, 2016.
 */
public record Cholesky() implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Solve.floating(in);
    Factorisation.square(in.get(0).shape());
    return in.get(0);
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    // ct [.., n, n]: S = L^-T half(L' ct) L^-1, and its symmetric part
    Value half = Solve.lowerHalf(F.matmul(y, ct, true, false));
    Value left = Solve.triangular(y, half, false, true);
    return List.of(Solve.symmetric(Solve.fromRight(y, left, false)));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    Value left = Solve.triangular(y, Solve.symmetric(t.get(0)), false, false);
    return F.matmul(y, Solve.lowerHalf(Solve.fromRight(y, left, true)));
  }

  @Override
  public Lowering lower(Value y) {
    int n = y.shape().dim(-1);
    int bytes = n * n * y.dtype().bytes();
    boolean cached = bytes <= Factorisation.SHARED;
    int count = Factorisation.count(y.shape());
    return new Lowering.Launch(
        "solve.cu",
        "cholesky",
        count,
        List.of(n, cached ? 1 : 0),
        Optional.of(new Lowering.Blocks(n <= 16 ? 32 : n <= 48 ? 128 : 256, cached ? bytes : 0)),
        new Lowering.Items(
            count,
            (in, out, from, to) -> {
              for (int item = from; item < to; item++) {
                Factorisation.cholesky(RealBlock.of(in[0]), RealBlock.of(out), item, n);
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
