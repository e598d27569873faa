// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import org.rigor.ir.Value;
import org.rigor.tensor.TensorType;

/**
 * Factorisations of batches of matrices [M, ..., n, n] in F32 or F64, on the device, with the same
 * bits on every device. A matrix that fails gives NaN in its own result, not an exception.
 */
public final class Solve {
  private Solve() {}

  /**
   * @param values ascending, [M, ..., 1, n]
   * @param vectors as columns, [M, ..., n, n]
   */
  public record Eigen(Value values, Value vectors) {}

  /**
   * @param q orthonormal columns, [M, ..., m, n]
   * @param r upper triangular, [M, ..., n, n]
   */
  public record Qr(Value q, Value r) {}

  /** Returns L with A = L L'; see {@link Cholesky}. */
  public static Value cholesky(Value a) {
    return Value.of(new Cholesky(), a);
  }

  /** Solves A X = B, B [M, ..., n, k], for symmetric positive definite A; NaN where A is not. */
  public static Value positiveDefinite(Value a, Value b) {
    Value l = cholesky(a);
    return triangular(l, triangular(l, b, false, false), false, true);
  }

  /** Solves op(T) X = B; see {@link TriangularSolve}. */
  public static Value triangular(Value t, Value b, boolean upper, boolean transposed) {
    return Value.of(new TriangularSolve(upper, transposed), t, b);
  }

  /** Returns the thin QR factors of tall matrices; see {@link ThinQr}. */
  public static Qr qr(Value a) {
    return parts(Value.of(new ThinQr(), a), a.shape().dim(-2));
  }

  /** Returns eigenvalues and vectors of symmetric matrices; see {@link SymmetricEigen}. */
  public static Eigen symmetricEigen(Value a) {
    return parts(Value.of(new SymmetricEigen(), a));
  }

  static Qr parts(Value packed, int m) {
    int rows = packed.shape().rank() - 2;
    int all = packed.shape().dim(-2);
    return new Qr(F.slice(packed, rows, 0, m), F.slice(packed, rows, m, all));
  }

  static Eigen parts(Value packed) {
    int rows = packed.shape().rank() - 2;
    int n = packed.shape().dim(-1);
    return new Eigen(F.slice(packed, rows, 0, 1), F.slice(packed, rows, 1, n + 1));
  }

  static void floating(List<TensorType> in) {
    for (TensorType t : in) {
      if (!t.dtype().isFloating() || t.dtype() != in.get(0).dtype()) {
        throw new IllegalArgumentException("operands must share one floating type, got " + in);
      }
    }
  }

  static Value transposed(Value a) {
    int rank = a.shape().rank();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < rank - 2; i++) {
      order.add(i);
    }
    order.add(rank - 1);
    order.add(rank - 2);
    return F.transpose(a, order);
  }

  static Value symmetric(Value a) {
    return F.mul(F.add(a, transposed(a)), 0.5);
  }

  /** Returns B T^-1 for lower T, or B T^-T. */
  static Value fromRight(Value t, Value b, boolean transposed) {
    return transposed(triangular(t, transposed(b), false, !transposed));
  }

  /** Returns the lower triangle with its diagonal halved. */
  static Value lowerHalf(Value a) {
    return F.add(strictlyLower(a), F.mul(diagonal(a), 0.5));
  }

  static Value strictlyLower(Value a) {
    return F.select(F.gt(row(a), column(a)), a, F.constant(a, 0));
  }

  static Value diagonal(Value a) {
    return F.select(F.eq(row(a), column(a)), a, F.constant(a, 0));
  }

  static Value triangle(Value a, boolean upper) {
    Value kept = upper ? F.le(row(a), column(a)) : F.ge(row(a), column(a));
    return F.select(kept, a, F.constant(a, 0));
  }

  /** Returns 1 / (l_j - l_i) in row i and column j, 0 where l_i = l_j: [.., 1, n] to [.., n, n]. */
  static Value gaps(Value values) {
    Value gap = F.sub(values, transposed(values));
    Value apart = F.ne(gap, F.constant(gap, 0));
    Value one = F.constant(gap, 1);
    return F.select(apart, F.div(one, F.select(apart, gap, one)), F.constant(gap, 0));
  }

  private static Value row(Value a) {
    return F.iota(a.shape().rank(), a.shape().rank() - 2, a.shape().dim(-2));
  }

  private static Value column(Value a) {
    return F.iota(a.shape().rank(), a.shape().rank() - 1, a.shape().dim(-1));
  }
}
