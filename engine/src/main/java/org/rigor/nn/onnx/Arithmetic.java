// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.Function;
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

  /** Takes remainders of integers, with the sign of the divisor or, if fmod is 1, the dividend. */
  static Operand mod(Call c) {
    boolean truncated = c.flag("fmod", false);
    return Ints.both(c.ints(0), c.ints(1), (a, b) -> truncated ? a % b : Math.floorMod(a, b));
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
    return all(List.of(a, b), v -> f.apply(v.get(0), v.get(1)));
  }

  /** Combines as {@link #both} does. */
  static Term all(List<Term> terms, Function<List<Value>, Value> f) {
    Term first = terms.get(0);
    if (terms.stream()
        .allMatch(t -> t.channelsLast() && Objects.equals(t.batch(), first.batch()))) {
      return Term.ofImages(f.apply(terms.stream().map(Term::stored).toList()), first.batch());
    }
    int rank = terms.stream().mapToInt(Term::rank).max().orElseThrow();
    Batch batch = met(terms, rank);
    if (batch == null) {
      return Term.constant(f.apply(terms.stream().map(t -> t.aligned(rank)).toList()));
    }
    int gone = batch.alone() ? batch.axis() : -1;
    return new Term(f.apply(terms.stream().map(t -> t.across(rank, gone)).toList()), batch);
  }

  /** Returns where samples are among axes aligned at their last; null if all are constants. */
  private static Batch met(List<Term> terms, int rank) {
    Batch batch = null;
    for (Term t : terms) {
      if (t.batched()) {
        Batch own = t.batch().behind(rank - t.rank());
        batch = batch == null ? own : Batch.both(batch, own);
      }
    }
    for (Term t : terms) {
      if (batch != null && batch.axis() >= 0 && !t.batched()) {
        batch = batch.against(extent(t, batch.axis(), rank));
      }
    }
    return batch;
  }

  /** Returns the extent of an axis among {@code rank}, to which a tensor is aligned at its last. */
  private static int extent(Term t, int axis, int rank) {
    int own = axis - (rank - t.rank());
    return own < 0 ? 1 : t.dims()[own];
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
    Term y = ta ? Term.constant(F.matmul(a.value(), b.value(), true, tb)) : product(a, b, tb);
    Term product = y.with(scaled(y.stored(), c.real("alpha", 1)));
    float beta = c.real("beta", 1);
    if (!c.has(2) || beta == 0) {
      return product;
    }
    Term addend = c.term(2);
    if (addend.rank() > 2) {
      throw new IllegalArgumentException("the addend must have at most two axes");
    }
    Term sum = both(product, addend.with(scaled(addend.stored(), beta)), F::add);
    if (sum.dims()[1] != product.dims()[1]) {
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
      return product(a, b, false);
    }
    Value v = b.value(); // a vector counts as a column, whose axis the result drops
    Term y = product(a, Term.constant(F.reshape(v, v.shape().insert(2, 1))), false);
    if (!y.batched()) {
      return Term.constant(F.reshape(y.value(), y.value().shape().remove(-1)));
    }
    return new Term(F.reshape(y.value(), y.value().shape().remove(-1)), y.batch());
  }

  /**
   * Multiplies over the last two axes.
   *
   * @param tb true if the last two axes of B are stored in the other order
   */
  static Term product(Term a, Term b, boolean tb) {
    int rank = Math.max(a.rank(), b.rank());
    if (a.rank() < 2 || b.rank() < 2) {
      throw notApart(a, b);
    }
    if (!a.batched() && !b.batched()) {
      return Term.constant(F.matmul(a.aligned(rank), b.aligned(rank), false, tb));
    }
    Batch batch = apart(a, b, rank, tb);
    int[] d = b.dims();
    boolean one = b.elements() == (long) d[d.length - 2] * d[d.length - 1];
    if (batch.alone() && batch.axis() == rank - 2 && one) {
      return new Term(F.matmul(a.across(rank, rank - 2), b.aligned(rank), false, tb), batch);
    }
    int gone = batch.alone() && batch.axis() < rank - 2 ? batch.axis() : -1;
    Value y = F.matmul(a.across(rank, gone), b.across(rank, gone), false, tb);
    return gone >= 0 ? new Term(y, batch) : Term.ofAll(y, batch);
  }

  /**
   * Returns where samples are in a product of {@code rank} axes.
   *
   * @throws IllegalArgumentException if it would join samples
   */
  private static Batch apart(Term a, Term b, int rank, boolean tb) {
    if (a.batched() && b.batched()) {
      Batch of = a.batch().behind(rank - a.rank());
      Batch other = b.batch().behind(rank - b.rank());
      boolean leads = of.axis() < rank - 2 && other.axis() < rank - 2;
      if (of.free() && other.free() && !(leads && of.equals(other))) {
        throw notApart(a, b);
      }
      return leads ? Batch.both(of, other) : Batch.NOWHERE;
    }
    Term x = a.batched() ? a : b;
    Batch batch = x.batch().behind(rank - x.rank());
    if (batch.axis() < rank - 2) {
      return batch.axis() < 0 ? batch : batch.against(extent(x == a ? b : a, batch.axis(), rank));
    }
    boolean inner = x == a || tb ? batch.axis() == rank - 1 : batch.axis() == rank - 2;
    // As many shared elements as one sample has inner ones fit a batch of one alone.
    return inner ? Batch.NOWHERE : batch.at(x == a ? rank - 2 : rank - 1);
  }

  private static IllegalArgumentException notApart(Term a, Term b) {
    return new IllegalArgumentException(
        "a product of "
            + a.extents()
            + " and "
            + b.extents()
            + " is not supported: operands must be matrices whose products keep samples apart");
  }
}
