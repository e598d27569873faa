// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.diff.Enclosure;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Op;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;

/**
 * Backward linear bounds (Zhang et al. 2018, CROWN): coefficients of a value propagate to its
 * operands, through linear operations by their transposes and through others by two lines, until
 * they reach values with known sides.
 *
 * <p>Any real coefficients are sound, so a computed product fl(A W) is used as is; its rounding
 * error, at most gamma |A| |W|, is multiplied by the known magnitude of the input and subtracted.
 * |W| times that magnitude does not depend on A: it is the upper side of the operation on [-H, H].
 */
final class LinearBounds {
  private final Region region;
  private final boolean enclosed;
  private final int batch;
  private final Set<Value> dependent = identitySet();
  private final Map<Value, Interval> known = new IdentityHashMap<>();
  private final Map<Value, List<Value>> bent = new IdentityHashMap<>();
  private final Map<Value, Curve> curves = new IdentityHashMap<>();
  private final Map<Value, List<Lines>> lines = new IdentityHashMap<>();
  private final Map<Value, Value> slopes = new IdentityHashMap<>();
  private final Map<Value, List<Restriction>> splits = new IdentityHashMap<>();
  private final Map<Value, Hull> hulls = new IdentityHashMap<>();
  private final Map<Value, Value> met = new IdentityHashMap<>();

  LinearBounds(Region region) {
    this(region, true);
  }

  /**
   * @param enclosed whether {@link #lower} charges rounding; without it, its results say where a
   *     bound is about, and what moves it
   */
  LinearBounds(Region region, boolean enclosed) {
    this.region = region;
    this.enclosed = enclosed;
    this.batch = region.x().shape().dim(1);
    dependent.add(region.x());
    known.put(region.x(), region.sides());
  }

  private static Set<Value> identitySet() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  Region region() {
    return region;
  }

  /** Returns the sides found for a value so far. */
  Interval known(Value v) {
    return known.get(v);
  }

  /** Replaces the sides of a value by others that also hold. */
  void refine(Value v, Interval sides) {
    settle(v, sides);
  }

  private void settle(Value v, Interval sides) {
    Interval own = sides;
    for (Restriction split : splits.getOrDefault(v, List.of())) {
      own = split.within(own);
    }
    known.put(v, own);
  }

  /**
   * Restricts all bounds to a cell, before anything is visited; {@link #lower} then takes one row a
   * sample.
   *
   * @param z a value that an operation with {@link #choose chosen} slopes bends, [M, B, units...]
   */
  void split(Value z, Restriction split) {
    splits.computeIfAbsent(z, k -> new ArrayList<>()).add(split);
  }

  /** Returns the coefficients that the last {@link #lower} met at a value's result, or null. */
  Value coefficients(Value v) {
    return met.get(v);
  }

  /** Chooses the lower slopes of an operation that {@link Op#choosesSlope lets them be chosen}. */
  void choose(Value v, Value slope) {
    slopes.put(v, slope);
  }

  /** Bounds an operation from above by functions of the input where they say more than a line. */
  void hull(Value v, Hull hull) {
    hulls.put(v, hull);
  }

  /** Returns the hull of an operation, or null. */
  Hull hull(Value v) {
    return hulls.get(v);
  }

  /** Recomputes the sides of a layout after its source was refined. */
  void renew(Value v, Value source) {
    if (v != source) {
      renew(v.input(0), source);
      settle(v, Enclosure.rule(v, List.of(known.get(v.input(0)))));
    }
  }

  boolean dependsOnInput(Value v) {
    return dependent.contains(v);
  }

  boolean dependsOnInput(List<Value> values) {
    return values.stream().anyMatch(dependent::contains);
  }

  /** Computes sides of a value from those of its operands, which must be visited first. */
  void visit(Value v) {
    if (known.containsKey(v)) {
      return;
    }
    if (dependsOnInput(v.inputs())) {
      dependent.add(v);
      requireSamplesApart(v);
    }
    if (v.inputs().stream().anyMatch(this::isPadded) && !v.op().ignoresPadding()) {
      throw v.op().noBoundRule(v); // coefficients of padding would not be 0
    }
    Interval apart = Enclosure.rule(v, v.inputs().stream().map(known::get).toList());
    settle(v, bends(v) && curves.containsKey(v) ? within(apart, curves.get(v)) : apart);
  }

  private Interval within(Interval apart, Curve curve) {
    Interval sides = curve.sides(known.get(curve.root()));
    return new Interval(
        Outward.higher(apart.lower(), sides.lower()), Outward.lower(apart.upper(), sides.upper()));
  }

  /**
   * Returns whether an operation is not jointly linear in the operands that depend on the input.
   */
  boolean bends(Value v) {
    return !bentFrom(v).isEmpty();
  }

  /**
   * Returns the values that a nonlinear operation bends; none for linear ones and for what is
   * fixed.
   */
  List<Value> bentFrom(Value v) {
    return bent.computeIfAbsent(v, this::findBent);
  }

  private List<Value> findBent(Value v) {
    if (v.isInput() || !dependsOnInput(v.inputs()) || v.op().additive() || isPadded(v)) {
      return List.of();
    }
    List<Integer> from = dependentInputs(v);
    if (from.size() == 1 && v.op().linearIn(from.get(0))) {
      return List.of();
    }
    List<Value> operands = from.stream().map(v::input).distinct().toList();
    Curve curve = operands.size() > 1 ? Curve.of(v, dependent) : null;
    if (curve == null) {
      return operands;
    }
    curves.put(v, curve);
    return List.of(curve.root());
  }

  /** Marks what depends on the input, before anything is bounded. */
  void follow(Value y) {
    for (Value v : Program.topological(List.of(y))) {
      if (dependsOnInput(v.inputs())) {
        dependent.add(v);
        requireSamplesApart(v);
      }
    }
  }

  /** Returns the values through which {@code y} is bounded: all except those inside curves. */
  Set<Value> used(Value y) {
    Set<Value> used = identitySet();
    used.add(y);
    List<Value> order = Program.topological(List.of(y));
    for (int n = order.size() - 1; n >= 0; n--) {
      Value v = order.get(n);
      if (used.contains(v)) {
        used.addAll(bends(v) && curves.containsKey(v) ? bentFrom(v) : v.inputs());
      }
    }
    return used;
  }

  /**
   * Returns whether a value has padding of -infinity. What uses it gives padding the coefficient 0,
   * so any value may replace it; 0 does.
   */
  private boolean isPadded(Value v) {
    return dependent.contains(v) && !v.isInput() && v.op().zeroPadded(v) != v;
  }

  /** Returns an upper bound of the magnitude of a value where a nonzero coefficient may meet it. */
  private Value size(Value v) {
    return isPadded(v)
        ? v.op().zeroPadded(v).withInputs(List.of(size(v.input(0))))
        : Outward.magnitude(known.get(v));
  }

  private List<Integer> dependentInputs(Value v) {
    List<Integer> at = new ArrayList<>();
    for (int i = 0; i < v.inputs().size(); i++) {
      if (dependent.contains(v.input(i))) {
        at.add(i);
      }
    }
    return at;
  }

  /** Requires that a sample's coefficients never meet another sample's values. */
  private void requireSamplesApart(Value v) {
    boolean apart = v.shape().rank() >= 2 && v.shape().dim(1) == batch;
    if (!apart || !v.op().keepsSamplesApart(v, dependent::contains)) {
      throw new UnsupportedOperationException(
          "bounds need [M, B, ...] with samples apart, " + v + " at " + v.origin() + " joins them");
    }
  }

  /**
   * Returns a lower side of the sum over units of a y, in real arithmetic over the region.
   *
   * @param y a visited value [M, B, units...]
   * @param a coefficients [M or 1, S, B or 1, units...]
   * @param stops values to stop at, besides the input, using their known sides
   * @return [M, S, B, 1]
   */
  Value lower(Value y, Value a, Set<Value> stops) {
    return lower(y, a, null, stops);
  }

  /**
   * Returns a lower side as {@link #lower(Value, Value, Set)} does, of a sum in which the input has
   * coefficients too.
   *
   * @param x coefficients of the input, [M or 1, S, B or 1, features...], or null
   */
  Value lower(Value y, Value a, Value x, Set<Value> stops) {
    int stack = a.shape().dim(1);
    Map<Value, Value> bar = new IdentityHashMap<>(Map.of(y, a));
    if (x != null) {
      bar.put(region.x(), x);
    }
    Terms terms = new Terms(enclosed);
    List<Value> order = Program.topological(List.of(y));
    for (int n = order.size() - 1; n >= 0; n--) {
      Value v = order.get(n);
      Value c = bar.get(v);
      if (c == null) {
        continue;
      }
      for (Restriction split : splits.getOrDefault(v, List.of())) {
        for (Restriction.Term own : split.terms()) {
          carry(v, own.coefficients(), 0, bar, terms);
          if (own.point() != null) {
            terms.known(own.coefficients(), Interval.point(F.neg(own.point())));
          }
        }
        c = bar.get(v);
      }
      met.put(v, c);
      if (v == region.x()) {
        terms.input(c, region);
      } else if (!dependent.contains(v) || stops.contains(v)) {
        terms.known(c, known.get(v));
      } else {
        through(v, c, stack, bar, terms);
      }
    }
    return terms.total();
  }

  private void through(Value v, Value a, int stack, Map<Value, Value> bar, Terms terms) {
    if (bends(v)) {
      Value rest = hulls.containsKey(v) ? overInput(v, a, bar, terms) : a;
      List<Lines> all = lines.computeIfAbsent(v, this::lines);
      List<Value> operands = curves.containsKey(v) ? bentFrom(v) : v.inputs();
      for (int i = 0; i < operands.size(); i++) {
        if (all.get(i) != null) {
          Value next = terms.relaxed(rest, all.get(i));
          carry(operands.get(i), next, Outward.UNIT, bar, terms);
        }
      }
      return;
    }
    linear(v.op().zeroPadded(v), a, stack, bar, terms);
  }

  private Value overInput(Value v, Value a, Map<Value, Value> bar, Terms terms) {
    Hull h = hulls.get(v);
    List<Value> parts = h.take(a, known.get(v.input(0)), known.get(region.x()), terms);
    carry(region.x(), parts.get(0), 0, bar, terms);
    return parts.get(1);
  }

  private List<Lines> lines(Value v) {
    Curve curve = curves.get(v);
    if (curve != null) {
      return List.of(curve.lines(known.get(curve.root())));
    }
    List<Interval> in = v.inputs().stream().map(known::get).toList();
    Value slope = slopes.get(v);
    return slope == null ? v.op().relax(v, in) : v.op().relax(v, in, slope);
  }

  private void linear(Value v, Value a, int stack, Map<Value, Value> bar, Terms terms) {
    List<Integer> from = dependentInputs(v);
    Op op = v.op();
    List<Interval> in = new ArrayList<>();
    Value exact = v;
    for (int k = 0; k < v.inputs().size(); k++) {
      Value x = v.input(k);
      boolean moves = from.contains(k);
      in.add(moves ? Interval.point(F.fill(x.dtype(), x.shape(), 0)) : known.get(x));
      if (!moves && !op.additive() && !known.get(x).isPoint()) {
        exact = nearest(v, k, a, terms);
      }
    }
    if (op.additive() && (from.size() < in.size() || in.size() == 1)) {
      terms.known(a, Enclosure.rule(v, in));
    }
    List<Value> next = Transposes.of(exact, a, stack, dependent::contains);
    for (int k : from) {
      Value x = v.input(k);
      int roundings = op.roundings(v, k);
      if (roundings > 0 && enclosed) {
        List<Interval> spread = new ArrayList<>(op.additive() ? Transposes.alone(v, k, in) : in);
        Value size = size(x);
        spread.set(k, around(size));
        Value most = Enclosure.rule(v, spread).upper();
        terms.error(a, F.mul(most, 2 * Outward.gamma(roundings + 4)));
        terms.underflow(size);
      }
      carry(x, next.get(k), 0, bar, terms);
    }
  }

  /**
   * Replaces a rounded factor of a bilinear operation by its midpoint. The rest, the operation on
   * the factor's radius, is charged as an error.
   */
  private Value nearest(Value v, int factor, Value a, Terms terms) {
    if (v.inputs().size() > 2 || !v.op().linearIn(factor)) {
      throw v.op().noBoundRule(v);
    }
    Value[] f = Outward.centred(known.get(v.input(factor)));
    Value size = size(v.input(1 - factor));
    List<Interval> off = new ArrayList<>(Collections.nCopies(2, around(size)));
    off.set(factor, around(f[1]));
    terms.error(a, Enclosure.rule(v, off).upper());
    List<Value> in = new ArrayList<>(v.inputs());
    in.set(factor, f[0]);
    return v.withInputs(in);
  }

  private static Interval around(Value size) {
    return new Interval(F.neg(size), size);
  }

  /** Adds coefficients to those of a value; sum and relaxation round once each. */
  private void carry(Value x, Value a, double unit, Map<Value, Value> bar, Terms terms) {
    Value before = bar.get(x);
    Value sum = before == null ? a : F.add(before, a);
    bar.put(x, sum);
    if (unit == 0 && before == null || !enclosed) {
      return;
    }
    Value size = size(x);
    terms.underflow(size);
    if (unit > 0) {
      terms.error(a, F.mul(size, 4 * unit)); // charged to the summand that was rounded
    }
    if (before != null) {
      terms.error(sum, F.mul(size, 4 * Outward.UNIT));
    }
  }
}
