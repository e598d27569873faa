// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.diff.Enclosure;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Compare;
import org.rigor.op.Extremum;
import org.rigor.op.F;
import org.rigor.op.MatMul;
import org.rigor.op.Outward;
import org.rigor.op.Sign;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Sides of every element of the product J'u of each sample's Jacobian with a vector, all rounding
 * included, and whether the sample is clear of kinks. For any u, {@code ||J'u|| / ||u||} is at most
 * the norm of J, so one product certifies the norm that the full Jacobian suggests.
 *
 * <p>The product is a vector-Jacobian product walked in interval arithmetic from a point. Its
 * branches are comparisons: where the two operands' intervals are disjoint, the branch holds in a
 * whole neighbourhood, the network is differentiable there and J is its derivative. Where they
 * meet, the branch is the computed one, as in automatic differentiation; at a kink the result may
 * lie outside the Clarke Jacobian and exceed the Lipschitz constant.
 *
 * @param product sides of J'u, of the shape of z
 * @param clear BOOL [M or 1, B]: true where no branch is in doubt
 */
record JacobianEnclosure(Interval product, Value clear) {

  /**
   * @param y outputs [M, B, K] in F64
   * @param x the input they depend on, [M, B, features...]
   * @param z the value to differentiate by: x or one between, [M, B, ...]
   * @param u vectors [M, B, K], which may depend on anything
   * @param ties whether to test if operands whose intervals meet are the same function around x,
   *     which costs more; else all such branches are in doubt
   * @throws UnsupportedOperationException if an operation has no bound rule
   */
  static JacobianEnclosure of(Value y, Value x, Value z, Value u, boolean ties) {
    // The walk treats u as an input: how it was computed does not matter.
    Value stand = Program.builder("u").input("u", u.type());
    Value gradient = Diff.vjp(y, stand, List.of(z)).get(0);
    Map<Value, Interval> known = new IdentityHashMap<>(Map.of(x, Interval.point(x)));
    Set<Value> moving = Collections.newSetFromMap(new IdentityHashMap<>());
    moving.add(x);
    Set<Value> network = Collections.newSetFromMap(new IdentityHashMap<>());
    network.addAll(Program.topological(List.of(y)));
    LocalFunctions functions = ties ? new LocalFunctions(x, moving) : null;
    Value clear = null;
    for (Value v : Program.topological(List.of(gradient))) {
      if (v.inputs().stream().anyMatch(moving::contains)) {
        moving.add(v);
      }
      if (known.containsKey(v)) {
        continue;
      }
      List<Interval> in = v.inputs().stream().map(known::get).toList();
      if (moving.contains(v) && isBranch(v)) {
        known.put(v, Interval.point(v));
        Value sure = Compare.asksIfFinite(v) ? v : asksIfExtreme(v) ? alone(v, in) : apart(v, in);
        if (ties && !network.contains(v)) {
          sure = F.or(sure, same(v, in, functions));
        }
        sure = everywhere(sure, y);
        clear = clear == null ? sure : F.and(clear, sure);
      } else {
        known.put(v, rule(v, in));
        if (ties && moving.contains(v) && network.contains(v)) {
          functions.add(v, in);
        }
      }
    }
    Value always = F.eq(F.iota(2, 1, y.shape().dim(1)), F.iota(2, 1, y.shape().dim(1)));
    Interval found = known.get(gradient);
    List<Value> real =
        Diff.substitute(
            List.of(found.lower(), found.upper(), clear == null ? always : clear),
            Map.of(stand, u));
    return new JacobianEnclosure(new Interval(real.get(0), real.get(1)), real.get(2));
  }

  private static Interval rule(Value v, List<Interval> in) {
    return v.op() instanceof MatMul m && in.get(1).isPoint()
        ? product(v, m, in.get(0), in.get(1).lower())
        : Enclosure.rule(v, in);
  }

  /**
   * Encloses a product with a known matrix B. Widths here come from rounding, so one bound per
   * inner product suffices, {@code |r'b| <= ||r|| ||b||}, which saves a second matrix product.
   */
  private static Interval product(Value v, MatMul m, Interval a, Value b) {
    Value[] parts = a.isPoint() ? new Value[] {a.lower()} : Outward.centred(a);
    int inner = b.shape().dim(m.tb() ? -1 : -2);
    double gamma = 2 * Outward.gamma(inner + 8);
    Value error = F.add(F.mul(F.abs(parts[0]), gamma), Outward.TINY);
    error = a.isPoint() ? error : F.add(parts[1], error);
    int rank = v.shape().rank();
    Value rows = length(error, rank - (m.ta() ? 2 : 1));
    Value columns = length(b, rank - (m.tb() ? 1 : 2));
    Value radius = F.matmul(rows, columns, m.ta(), m.tb()); // inner extent 1
    Value most = F.add(F.mul(radius, 1 + gamma), Outward.TINY);
    return Outward.around(F.matmul(parts[0], b, m.ta(), m.tb()), most);
  }

  /** Returns an upper bound of the Euclidean length along an axis, kept with extent 1. */
  private static Value length(Value x, int axis) {
    int n = x.shape().dim(axis);
    Value squares = F.add(F.sum(F.square(x), axis), Outward.TINY * Outward.TINY);
    return Outward.up(F.sqrt(F.mul(squares, 1 + 2 * Outward.gamma(n + 8))));
  }

  private static boolean isBranch(Value v) {
    return v.op() instanceof Sign || (v.op() instanceof Compare && v.input(0).dtype().isFloating());
  }

  /** Returns whether {@code v} marks the elements that attain the extremum of some axes. */
  private static boolean asksIfExtreme(Value v) {
    return v.op() instanceof Compare c
        && c.kind() == Compare.Kind.EQ
        && v.input(1).op() instanceof Extremum
        && v.input(1).input(0) == v.input(0);
  }

  /** Returns true where only one element can be the extremum and it is the computed one. */
  private static Value alone(Value v, List<Interval> in) {
    Extremum e = (Extremum) v.input(1).op();
    Value may = exact(e.candidates(in.get(0)));
    Value one = F.eq(F.sum(may, e.axes()), F.constant(may, 1));
    return F.and(one, F.eq(may, exact(v)));
  }

  /**
   * Returns true where what a derivative rule compares is the same function around x: a constant,
   * to which no branch passes anything back, or copies, which may share what is passed back.
   * Comparisons of the network itself do not qualify: they may choose between different functions.
   */
  private static Value same(Value v, List<Interval> in, LocalFunctions functions) {
    Value first = functions.of(v.input(0));
    if (asksIfExtreme(v)) {
      Value none = F.fill(DType.F64, v.input(1).shape(), Double.NaN);
      Value common =
          v.input(1).op().localFunctions(v.input(1), List.of(in.get(0)), List.of(first), none);
      Value may = ((Extremum) v.input(1).op()).candidates(in.get(0));
      return F.and(F.or(F.not(v), may), F.eq(common, common)); // only candidates are taken
    }
    Value second =
        in.size() == 2 ? functions.of(v.input(1)) : F.constant(first, 0); // a sign is of x - 0
    return F.eq(first, second);
  }

  /**
   * Returns true where the operands' intervals are disjoint and the computed branch agrees with
   * them.
   */
  private static Value apart(Value v, List<Interval> in) {
    Interval a = in.get(0);
    Interval b = in.size() == 2 ? in.get(1) : Interval.point(F.constant(v.input(0), 0));
    Value separate = F.or(F.gt(a.lower(), b.upper()), F.lt(a.upper(), b.lower()));
    Value exact =
        in.size() == 2
            ? v.withInputs(List.of(a.lower(), b.lower()))
            : v.withInputs(List.of(a.lower()));
    return F.and(separate, F.eq(exact(v), exact(exact)));
  }

  private static Value exact(Value v) {
    return F.cast(v, v.dtype() == DType.BOOL ? DType.I32 : v.dtype());
  }

  /** Reduces [M or 1, B, ...] to [M or 1, B]: true where all elements of the sample are. */
  private static Value everywhere(Value each, Value y) {
    int batch = y.shape().dim(1);
    int rank = each.shape().rank();
    if (rank < 2 || each.shape().dim(1) != batch) {
      throw new UnsupportedOperationException(
          "jacobian norms need [M, B, ...] with samples apart, " + each + " joins them");
    }
    Value all = F.cast(each, DType.I32);
    if (rank > 2) {
      all = F.min(all, IntStream.range(2, rank).toArray());
      all = F.reshape(all, Shape.of(all.shape().models(), batch));
    }
    return F.gt(all, F.constant(all, 0));
  }
}
