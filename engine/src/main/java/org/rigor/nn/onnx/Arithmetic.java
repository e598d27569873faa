// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.LongBinaryOperator;
import org.rigor.ir.Value;
import org.rigor.op.F;

/** Semantics of arithmetic and matrix products. */
final class Arithmetic {
  private Arithmetic() {}

  static Operand add(Call c) {
    return both(c, F::add, Math::addExact);
  }

  static Operand sub(Call c) {
    return both(c, F::sub, Math::subtractExact);
  }

  static Operand mul(Call c) {
    return both(c, F::mul, Math::multiplyExact);
  }

  static Operand div(Call c) {
    return both(c, F::div, (a, b) -> a / b);
  }

  private static Operand both(Call c, BinaryOperator<Value> f, LongBinaryOperator onIntegers) {
    return c.operand(0) instanceof Ints a && c.operand(1) instanceof Ints b
        ? Ints.both(a, b, onIntegers)
        : both(c.term(0), c.term(1), f);
  }

  /** Folds one or more operands from the left. */
  static Term fold(Call c, BinaryOperator<Value> f) {
    Term out = c.term(0);
    for (int i = 1; i < c.all().size(); i++) {
      out = both(out, c.term(i), f);
    }
    return out;
  }

  static Term mean(Call c) {
    Term sum = fold(c, F::add);
    int n = c.all().size();
    return n == 1 ? sum : sum.with(F.div(sum.stored(), F.constant(sum.stored(), n)));
  }

  /**
   * Combines as {@link #both} does; the second operand must broadcast to the extents of the first.
   */
  static Term onto(Term x, Term other, BinaryOperator<Value> f) {
    Term y = both(x, other, f);
    if (!Arrays.equals(y.dims(), x.dims())) {
      throw new IllegalArgumentException(
          "an operand " + other.extents() + " does not fit the input " + x.extents());
    }
    return y;
  }

  /** Combines operands aligned at their last axes, as in NumPy; the batch axes must coincide. */
  static Term both(Term a, Term b, BinaryOperator<Value> f) {
    if (a.channelsLast() && b.channelsLast() && a.batched() == b.batched()) {
      return Term.ofImages(f.apply(a.stored(), b.stored()), a.batched());
    }
    int rank = Math.max(a.rank(), b.rank());
    boolean batched = a.batched() || b.batched();
    for (Term t : List.of(a, b)) {
      Value v = t.aligned(rank);
      boolean lower = t.batched() && t.rank() < rank;
      boolean acrossBatch = batched && !t.batched() && rank > 0 && v.shape().dim(1) != 1;
      if (lower || acrossBatch) {
        throw new IllegalArgumentException(
            "operands "
                + a.extents()
                + " and "
                + b.extents()
                + " would meet across the batch axis");
      }
    }
    return new Term(f.apply(a.aligned(rank), b.aligned(rank)), batched);
  }

  /**
   * Raises x to a power; small integer and half exponents use operations that are exact and have
   * bounds.
   */
  static Term pow(Call c) {
    Term x = c.term(0);
    Term exponent = c.term(1);
    if (exponent.host() != null
        && exponent.host().shape().size() == 1
        && exponent.rank() <= x.rank()) {
      double e = exponent.host().get(0);
      Value v = x.stored();
      if (e == 1) {
        return x;
      } else if (e == 2) {
        return x.with(F.square(v));
      } else if (e == 3) {
        return x.with(F.mul(F.square(v), v));
      } else if (e == 0.5) {
        return x.with(F.sqrt(v));
      }
    }
    return both(x, exponent, F::pow);
  }

  /** Computes alpha op(A) op(B) + beta C. */
  static Term gemm(Call c) {
    Term a = c.term(0);
    Term b = c.term(1);
    boolean ta = c.flag("transA", false);
    boolean tb = c.flag("transB", false);
    if (a.rank() != 2 || b.rank() != 2) {
      throw new IllegalArgumentException("operands must be matrices");
    }
    if (b.batched() || (a.batched() && ta)) {
      throw new IllegalArgumentException("samples must be the rows of the first operand");
    }
    Value y = scaled(F.matmul(a.value(), b.value(), ta, tb), c.real("alpha", 1));
    Term product = new Term(y, a.batched());
    float beta = c.real("beta", 1);
    if (!c.has(2) || beta == 0) {
      return product;
    }
    Term addend = c.term(2);
    if (addend.rank() > 2) {
      throw new IllegalArgumentException("the addend must have at most two axes");
    }
    Term sum = both(product, addend.with(scaled(addend.stored(), beta)), F::add);
    if (sum.value().shape().dim(2) != y.shape().dim(2)) {
      throw new IllegalArgumentException("the addend is wider than the product");
    }
    return sum;
  }

  private static Value scaled(Value v, float factor) {
    return factor == 1 ? v : F.mul(v, factor);
  }

  /** Multiplies over the last two axes; the batch must precede them or be the rows of A. */
  static Term matMul(Call c) {
    Term a = c.term(0);
    Term b = c.term(1);
    if (b.rank() != 1 || b.batched() || a.rank() < 2) {
      return product(a, b);
    }
    Value v = b.value(); // a vector counts as a column, whose axis the result drops
    Value y = product(a, new Term(F.reshape(v, v.shape().insert(2, 1)), false)).value();
    return new Term(F.reshape(y, y.shape().remove(-1)), a.batched());
  }

  private static Term product(Term a, Term b) {
    int rank = Math.max(a.rank(), b.rank());
    boolean rows = a.batched() && !b.batched() && a.rank() == 2 && b.rank() == 2;
    boolean apart = rank >= 3 && !misaligned(a, b, rank) && !misaligned(b, a, rank);
    boolean fixed = !a.batched() && !b.batched();
    if (a.rank() < 2 || b.rank() < 2 || !(rows || apart || fixed)) {
      throw new IllegalArgumentException(
          "a product of "
              + a.extents()
              + " and "
              + b.extents()
              + " is not supported: operands must be matrices whose products keep samples apart");
    }
    return new Term(F.matmul(a.aligned(rank), b.aligned(rank)), a.batched() || b.batched());
  }

  /** Returns whether an operand's first axis is not the batch, nor 1 against a batch. */
  private static boolean misaligned(Term t, Term other, int rank) {
    return t.batched()
        ? t.rank() < rank
        : other.batched() && t.rank() == rank && t.value().shape().dim(1) != 1;
  }
}
