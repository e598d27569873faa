// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Detach;
import org.rigor.op.Div;
import org.rigor.op.Exp;
import org.rigor.op.F;
import org.rigor.op.MatMul;
import org.rigor.op.Pointwise;
import org.rigor.op.Sum;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Rewriting of a real-arithmetic function into operations with tighter bounds, or with lines at
 * all:
 *
 * <ul>
 *   <li>terms that cancel, such as the shift of a softmax, become 0;
 *   <li>a value through which no derivative flows becomes the value itself;
 *   <li>a softmax becomes 1 / sum_j e^(x_j - x_i), with a single x_i;
 *   <li>a quotient becomes a product with a reciprocal;
 *   <li>a product of two matrices that both depend on the input becomes a sum of products;
 *   <li>operands of joint nonlinearities are broadcast to the extents of the result.
 * </ul>
 *
 * All other nodes stay unchanged.
 */
final class Reform {
  private final Set<Value> dependent = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Map<Value, Value> done = new IdentityHashMap<>();

  private Reform() {}

  /** Rewrites {@code y} as an equal function of {@code x}. */
  static Value of(Value y, Value x) {
    Reform r = new Reform();
    r.dependent.add(x);
    for (Value v : Program.topological(List.of(y))) {
      Value next = v.isInput() ? v : v.withInputs(v.inputs().stream().map(r.done::get).toList());
      if (next.inputs().stream().anyMatch(r.dependent::contains)) {
        Value formed = r.formed(v, next);
        if (formed == next) {
          r.dependent.add(next);
        } else {
          r.follow(formed);
        }
        next = formed;
      }
      r.done.put(v, next);
    }
    return r.done.get(y);
  }

  private void follow(Value y) {
    for (Value v : Program.topological(List.of(y))) {
      if (v.inputs().stream().anyMatch(dependent::contains)) {
        dependent.add(v);
      }
    }
  }

  private Value formed(Value old, Value v) {
    if (v.op() instanceof Detach d) {
      return d.cancels() ? F.fill(v.dtype(), v.shape(), 0) : v.input(0);
    }
    if (v.op() instanceof Div && dependent.contains(v.input(1))) {
      return Curve.of(v, dependent) != null ? v : quotient(old, v);
    }
    if (v.op() instanceof MatMul m && both(v)) {
      return product(m, v.input(0), v.input(1));
    }
    return v.op() instanceof Pointwise && bendsSeveral(v) ? widened(v) : v;
  }

  /**
   * Returns whether an elementwise operation of several numbers is not linear in what depends on x.
   */
  private boolean bendsSeveral(Value v) {
    List<Integer> from =
        IntStream.range(0, v.inputs().size())
            .filter(i -> dependent.contains(v.input(i)))
            .boxed()
            .toList();
    boolean linear = v.op().additive() || from.size() == 1 && v.op().linearIn(from.get(0));
    return v.inputs().size() > 1 && !linear;
  }

  private boolean both(Value v) {
    return v.inputs().stream().filter(dependent::contains).distinct().count() > 1;
  }

  private Value quotient(Value old, Value v) {
    Value e = old.input(0);
    if (e.op() instanceof Exp
        && old.input(1).op() instanceof Sum s
        && old.input(1).input(0) == e
        && s.axes().equals(List.of(e.shape().rank() - 1))) {
      return softmax(done.get(e.input(0)));
    }
    Value reciprocal = F.div(F.constant(v.input(1), 1), v.input(1));
    return widened(F.mul(v.input(0), F.broadcast(reciprocal, v.input(1).shape())));
  }

  /** Rewrites a softmax over the last axis. */
  private Value softmax(Value x) {
    Shape s = x.shape();
    int n = s.dim(-1);
    int rank = s.rank() + 1;
    Shape wide = s.insert(s.rank() - 1, n); // [.., i, j]
    Value xi = F.broadcast(F.reshape(x, s.insert(s.rank(), 1)), wide);
    Value xj = F.broadcast(F.reshape(x, s.insert(s.rank() - 1, 1)), wide);
    Value other = F.cast(F.ne(F.iota(rank, rank - 2, n), F.iota(rank, rank - 1, n)), DType.F64);
    Value sum = F.sum(F.exp(F.mul(F.sub(xj, xi), other)), -1); // x_i - x_i is 0
    return F.reshape(F.div(F.fill(DType.F64, sum.shape(), 1), sum), s);
  }

  private Value product(MatMul m, Value a, Value b) {
    Value left = m.ta() ? turned(a) : a; // [.., R, K]
    Value right = m.tb() ? b : turned(b); // [.., C, K]
    int rank = left.shape().rank();
    Value rows = F.reshape(left, left.shape().insert(rank - 1, 1));
    Value columns = F.reshape(right, right.shape().insert(rank - 2, 1));
    Value sum = F.sum(widened(F.mul(rows, columns)), -1);
    return F.reshape(sum, sum.shape().remove(rank));
  }

  private static Value turned(Value v) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < v.shape().rank(); i++) {
      order.add(i);
    }
    Collections.swap(order, order.size() - 2, order.size() - 1);
    return F.transpose(v, order);
  }

  private static Value widened(Value v) {
    return v.withInputs(v.inputs().stream().map(x -> F.broadcast(x, v.shape())).toList());
  }
}
