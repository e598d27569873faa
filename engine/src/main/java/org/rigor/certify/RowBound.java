// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Bounds of the rows of {@link RowPrograms}, as one of its programs traces them. */
final class RowBound {
  /** Units that hulls bound. */
  static final String PICKED = "picked";

  private final Start start;
  private final Lanes slots;
  private final boolean margins;
  private final boolean reads;
  private final boolean cells;
  private final Optional<Hull.Affine> hull;
  final Traced t;
  final Value y;
  final List<Value> bends;
  final List<Value> slopes = new ArrayList<>();
  final List<Value> multipliers = new ArrayList<>();
  final List<Value> signs = new ArrayList<>();
  final LinearBounds bounds;

  /** Slopes, and numbers of a hull if there is one, F32. */
  final List<Value> chosen = new ArrayList<>();

  Value at;
  Value split;
  Value numbers;

  /** Level of each unit and tilt of each input, F64. */
  Value hulls;

  /**
   * @param prefix of the names of the numbers to bound with; null for zeros, where only sides are
   *     wanted
   */
  RowBound(RowPrograms of, String program, String prefix, boolean enclosed) {
    this(of, program, prefix, enclosed, false, of.hull);
  }

  /**
   * @param child whether the cell is halved by a candidate
   * @param hull what hulls bound
   */
  RowBound(
      RowPrograms of,
      String program,
      String prefix,
      boolean enclosed,
      boolean child,
      Optional<Hull.Affine> hull) {
    this.start = of.start;
    this.slots = of.slots;
    this.margins = of.margins;
    this.reads = of.reads;
    this.cells = of.cells;
    this.hull = hull;
    t = new Traced(of.setup, program, slots, of.cuts);
    y = t.start(of.number);
    LinearBounds dry =
        Ibp.propagate(new LinearBounds(t.region), y, affine -> true, (bounds, source) -> {});
    bends = t.bends(dry, y);
    LinearBounds own = new LinearBounds(t.region, enclosed);
    if (of.climbs()) {
      cell(own, prefix, child ? new Lookahead(slots).half(t.b, start.cuts()) : null);
    }
    bounds = t.given(own, y, enclosed);
  }

  /** Restricts the bound to a cell, and to a half of it unless that is null. */
  private void cell(LinearBounds own, String prefix, Lookahead.Half half) {
    if (cells) {
      at =
          t.b.input(
              slots.name("at"),
              new TensorType(DType.I32, slots.shape().insert(2, RowPrograms.DEPTH)));
      split = t.b.input(slots.name("split"), slots.f32(RowPrograms.DEPTH));
      if (prefix != null) {
        numbers = t.b.input(slots.name(prefix + "multipliers"), slots.f32(RowPrograms.DEPTH));
      }
    }
    if (half != null) {
      at = joined(at, half.unit());
      split = joined(split, half.sign());
      numbers = joined(numbers, F.fill(DType.F32, half.sign().shape(), 0));
    }
    Value sign = at == null ? null : scattered(split);
    Value dense = null;
    if (numbers != null) {
      Value none = F.constant(numbers, 0);
      dense = scattered(F.select(F.ne(split, none), numbers, none));
    }
    Value all = prefix == null ? null : chosen(prefix + "slopes", start.width());
    Cuts literals = start.cuts() ? anywhere(half) : null;
    for (int i = 0; i < bends.size(); i++) {
      Value v = bends.get(i);
      Value none = F.fill(DType.F64, v.shape(), 0);
      signs.add(sign == null ? none : part(sign, i, v));
      if (start.bends().get(i).cut()) {
        int n = i;
        own.split(v.input(0), literals.of(whole -> part(whole, n, v)));
        slopes.add(null);
      } else {
        Value slope = prefix == null ? none : part(all, i, v);
        slopes.add(slope);
        multipliers.add(dense == null ? none : part(dense, i, v));
        own.choose(v, slope);
        if (prefix != null && v == hulled()) {
          Hull.Affine h = h(v);
          hulls = chosen(prefix + "hull", h.numbers());
          Shape units = slots.shape().insert(2, h.picked());
          Value picked = t.b.input(slots.name(PICKED), new TensorType(DType.I32, units));
          own.hull(v, Hull.of(h, hulls, picked));
        }
        own.split(v.input(0), Split.of(signs.get(i), multipliers.get(i)));
      }
    }
  }

  private Value chosen(String name, int count) {
    Value v = t.b.input(slots.name(name), slots.f32(count));
    chosen.add(v);
    return F.cast(v, DType.F64);
  }

  /** Returns what hulls bound, or null. */
  Value hulled() {
    return hull.isEmpty() ? null : affine();
  }

  /** Returns what hulls may bound. */
  Value affine() {
    return bends.stream().filter(v -> h(v) != null).findFirst().orElseThrow();
  }

  private Hull.Affine h(Value v) {
    return Hull.affine(v, t.region.x()).orElse(null);
  }

  private static Value joined(Value list, Value more) {
    return list == null ? more : F.concat(2, list, more);
  }

  private Cuts anywhere(Lookahead.Half half) {
    Value point =
        t.b.input(slots.name("point"), Traced.f64(slots.shape().insert(2, RowPrograms.DEPTH)));
    point = half == null ? point : joined(point, half.point());
    Value multiplier = numbers == null ? F.constant(point, 0) : F.cast(numbers, DType.F64);
    return new Cuts(at, split, point, multiplier, start.width());
  }

  private Value scattered(Value list) {
    return F.scatterAlong(F.cast(list, DType.F64), at, start.width());
  }

  private Value part(Value all, int i, Value like) {
    int from = start.offset(i);
    Value own = F.slice(all, 2, from, from + start.bends().get(i).size());
    return F.reshape(own, like.shape());
  }

  /** Returns the coefficients of each row's number, [M, 1, B, units...]. */
  Value objective() {
    Value a;
    if (margins) {
      a = t.b.input(slots.name("outputs"), Traced.f64(slots.shape().insert(2, start.size())));
    } else {
      Value unit = t.b.input(slots.name("unit"), new TensorType(DType.I32, slots.shape()));
      Value sign = t.b.input(slots.name("sign"), Traced.f64(slots.shape()));
      Value one = F.oneHot(unit, start.size(), DType.F64);
      a = F.mul(one, F.reshape(sign, slots.shape().insert(2, 1)));
    }
    return F.reshape(a, y.shape().insert(1, 1));
  }

  /** Returns the coefficients of the input in each row's number, or null. */
  Value inputs() {
    Shape x = t.region.x().shape();
    return reads ? F.reshape(t.b.input(slots.name("inputs"), Traced.f64(x)), x.insert(1, 1)) : null;
  }

  Value constant() {
    return t.b.input(slots.name("constant"), Traced.f64(slots.shape()));
  }

  Value lower() {
    Value lower = bounds.lower(y, objective(), inputs(), Set.of());
    Value rowsOf = F.reshape(lower, slots.shape());
    return margins ? F.add(rowsOf, constant()) : rowsOf;
  }
}
