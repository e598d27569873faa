// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.rigor.diff.Diff;
import org.rigor.diff.Enclosure;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Elementwise operations that together form a continuous function of one value, such as x
 * sigmoid(x), or a GELU however written. Bounded one by one, they would lose the dependence between
 * factors.
 *
 * <p>The value's interval is cut into pieces. On each, the values at both ends and the enclosed
 * derivative bound the function; a monotone piece has the exact range of its ends. The same
 * argument for the function minus a line gives the lines.
 */
final class Curve {
  private static final int PIECES = 16;

  /** Below this width, relative to the ends, a difference quotient has no digits. */
  private static final double NARROW = 1e-6;

  private final Value root;
  private final Value template;
  private final Value f;
  private final Value slope;
  private final Map<Interval, Pieces> pieces = new IdentityHashMap<>();

  /** Returns the argument of the function. */
  Value root() {
    return root;
  }

  private Curve(Value y, Value root) {
    this.root = root;
    this.template = F.fill(root.dtype(), root.shape(), 0);
    this.f = Diff.substitute(List.of(y), Map.of(root, template)).get(0);
    Value one = F.fill(root.dtype(), root.shape(), 1);
    this.slope = Diff.jvp(List.of(f), List.of(template), List.of(one)).get(0);
  }

  /**
   * Returns {@code y} as a function of the last value that all of it depends on; null if it depends
   * on several, or not elementwise.
   *
   * @param dependent values that depend on the network's input
   */
  static Curve of(Value y, Set<Value> dependent) {
    List<Value> order = Program.topological(List.of(y));
    Map<Value, Integer> place = new IdentityHashMap<>();
    order.forEach(v -> place.put(v, place.size()));
    TreeMap<Integer, Value> frontier = new TreeMap<>(Map.of(order.size() - 1, y));
    while (true) {
      Value v = frontier.pollLastEntry().getValue();
      if (!v.shape().equals(y.shape())) {
        return null;
      }
      if (frontier.isEmpty() && v != y) {
        return new Curve(y, v);
      }
      if (v.isInput() || !v.op().continuous()) {
        return null;
      }
      for (Value x : v.inputs()) {
        if (dependent.contains(x)) {
          frontier.put(place.get(x), x);
        }
      }
    }
  }

  /** Returns sides of the function while its operand lies in {@code x}. */
  Interval sides(Interval x) {
    Pieces p = pieces(x);
    return new Interval(p.least(null), p.most(null));
  }

  /** Returns lines around the function while its operand lies in {@code x}. */
  Lines lines(Interval x) {
    Pieces p = pieces(x);
    Value middle = F.add(F.mul(x.lower(), 0.5), F.mul(x.upper(), 0.5));
    Value tangent = p.tangent();
    Value chord = p.chord(x, tangent);
    Value lowC = p.least(chord);
    Value lowT = p.least(tangent);
    Value upC = p.most(chord);
    Value upT = p.most(tangent);
    Value atC = F.mul(chord, middle);
    Value atT = F.mul(tangent, middle);
    Value chordBelow = F.ge(F.add(atC, lowC), F.add(atT, lowT));
    Value chordAbove = F.le(F.add(atC, upC), F.add(atT, upT));
    return new Lines(
        F.select(chordBelow, chord, tangent),
        F.select(chordBelow, lowC, lowT),
        F.select(chordAbove, chord, tangent),
        F.select(chordAbove, upC, upT));
  }

  private Pieces pieces(Interval x) {
    return pieces.computeIfAbsent(x, this::cut);
  }

  private Pieces cut(Interval x) {
    Shape shape = x.lower().shape(); // [M, B, units...]
    int rank = shape.rank() + 1;
    Value l = F.reshape(x.lower(), shape.insert(1, 1));
    Value u = F.reshape(x.upper(), shape.insert(1, 1));
    Value k = F.iota(rank, 1, PIECES + 1);
    Value share = F.mul(F.cast(k, DType.F64), 1.0 / PIECES);
    Value cut = F.minimum(F.add(l, F.mul(F.sub(u, l), share)), u);
    Value ends = F.select(F.eq(k, F.constant(k, PIECES)), u, cut); // [M, P + 1, B, units...]
    Value from = F.slice(ends, 1, 0, PIECES);
    Value to = F.slice(ends, 1, 1, PIECES + 1);
    Interval at = enclosed(f, Interval.point(ends));
    Interval d = enclosed(slope, new Interval(from, to));
    return new Pieces(ends, from, to, at, d);
  }

  /** Returns the interval of a template function, stacked along axis 1. */
  private Interval enclosed(Value y, Interval x) {
    int extent = x.lower().shape().dim(1);
    Value t = F.fill(DType.F64, x.lower().shape(), 0);
    Value stacked = Diff.stack(List.of(y), Map.of(template, t), extent).get(0);
    Map<Value, Interval> known = new IdentityHashMap<>(Map.of(t, x));
    Set<Value> moves = Collections.newSetFromMap(new IdentityHashMap<>());
    moves.add(t);
    for (Value v : Program.topological(List.of(stacked))) {
      if (known.containsKey(v)) {
        continue;
      }
      if (v.inputs().stream().anyMatch(moves::contains)) {
        moves.add(v);
      }
      boolean doubt = moves.contains(v) && v.dtype() == DType.BOOL && !x.isPoint();
      known.put(
          v,
          doubt
              ? new Interval(F.fill(DType.BOOL, v.shape(), 0), F.fill(DType.BOOL, v.shape(), 1))
              : Enclosure.rule(v, v.inputs().stream().map(known::get).toList()));
    }
    return known.get(stacked);
  }

  /**
   * @param ends of all pieces, [M, P + 1, B, units...]
   * @param at encloses the function there
   * @param slope encloses the derivative on each piece, [M, P, B, units...]
   */
  private record Pieces(Value ends, Value from, Value to, Interval at, Interval slope) {
    /** Returns roughly the derivative in the middle. */
    Value tangent() {
      Value lower = F.slice(slope.lower(), 1, PIECES / 2, PIECES / 2 + 1);
      Value upper = F.slice(slope.upper(), 1, PIECES / 2, PIECES / 2 + 1);
      return flat(F.add(F.mul(lower, 0.5), F.mul(upper, 0.5)));
    }

    Value chord(Interval x, Value otherwise) {
      Value first = flat(F.slice(at.lower(), 1, 0, 1));
      Value last = flat(F.slice(at.lower(), 1, PIECES, PIECES + 1));
      Value width = F.sub(x.upper(), x.lower());
      Value size = F.add(Outward.magnitude(x), Outward.TINY);
      Value quotient = F.div(F.sub(last, first), width);
      return F.select(F.gt(width, F.mul(size, NARROW)), quotient, otherwise);
    }

    /** Returns a lower bound of f(t) - a t over all t; null for a = 0. */
    Value least(Value a) {
      return flat(F.min(piece(at, slope, a), 1));
    }

    /** Returns an upper bound of f(t) - a t over all t; null for a = 0. */
    Value most(Value a) {
      Interval f = negative(at);
      return F.neg(flat(F.min(piece(f, negative(slope), a == null ? null : F.neg(a)), 1)));
    }

    private Value piece(Interval f, Interval d, Value a) {
      Value g = f.lower();
      Value falls = d.lower();
      Value rises = d.upper();
      if (a != null) {
        Value s = F.reshape(a, a.shape().insert(1, 1));
        g = Outward.down(F.sub(g, Outward.up(F.mul(s, ends))));
        falls = Outward.down(F.sub(falls, s));
        rises = Outward.up(F.sub(rises, s));
      }
      Value zero = F.constant(g, 0);
      Value width = Outward.up(F.sub(to, from));
      Value left = F.slice(g, 1, 0, PIECES);
      Value right = F.slice(g, 1, 1, PIECES + 1);
      Value fallen = Outward.down(F.mul(F.minimum(falls, zero), width));
      Value risen = Outward.up(F.mul(F.maximum(rises, zero), width));
      return F.maximum(Outward.down(F.add(left, fallen)), Outward.down(F.sub(right, risen)));
    }

    private static Interval negative(Interval x) {
      return new Interval(F.neg(x.upper()), F.neg(x.lower()));
    }

    private static Value flat(Value v) {
      return F.reshape(v, v.shape().remove(1));
    }
  }
}
