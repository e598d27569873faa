// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Elements of bent values that rows may split, after their bound is traced.
 *
 * @param start of the rows
 * @param bends bent values, as the start numbers them
 * @param bounds after the rows' bound
 * @param slopes lower slopes by bend; null where it can be cut anywhere
 * @param signs of the cell by bend, 0 where it restricts nothing
 * @param lowest point that the bound points to, where what hulls lose there counts; else null
 */
record Branches(
    Start start,
    List<Value> bends,
    LinearBounds bounds,
    List<Value> slopes,
    List<Value> signs,
    Value lowest) {
  /** Weight of a split that is better than none. */
  private static final double LAST = 1e-3;

  /**
   * Share of what a unit's chord loses that counts beside its hull: at corners of a box a hull
   * loses nothing, so that its unit would be split last wherever the bound points to one.
   */
  private static final double CHORD = 0.1;

  /** Returns the score of each element of all bends, not positive where there is no split. */
  Value scores(Branching by) {
    List<Value> scores = new ArrayList<>();
    for (int i = 0; i < bends.size(); i++) {
      Value v = bends.get(i);
      Interval x = bounds.known(v.input(0));
      if (start.bends().get(i).cut()) {
        scores.add(flat(Cuts.score(v, x, bounds.coefficients(v)), v));
        continue;
      }
      Lines lines = v.op().relax(v, List.of(x), slopes.get(i)).get(0);
      Value a = F.reshape(bounds.coefficients(v), v.shape());
      Value zero = F.constant(a, 0);
      Value bias = by == Branching.INTERCEPT ? null : bias(v.input(0));
      Value lost = lines.upperIntercept();
      Hull hull = lowest == null ? null : bounds.hull(v);
      lost = hull == null ? lost : F.add(hull.lost(lowest, lost), F.mul(lost, CHORD));
      Value gain = by.score(new Branching.Unit(a, lines.upperSlope(), lost, bias));
      // where no upper line loses anything, lower lines do: the widest of them
      Value width = F.minimum(F.neg(x.lower()), x.upper());
      Value last = F.mul(F.mul(F.add(F.abs(a), LAST), width), LAST);
      Value free = F.eq(signs.get(i), zero);
      Value open = F.and(free, F.and(F.lt(x.lower(), zero), F.gt(x.upper(), zero)));
      scores.add(flat(F.select(open, F.add(gain, last), F.constant(a, -1)), v));
    }
    return F.concat(2, scores);
  }

  /** Returns where each element of all bends is split. */
  Value points() {
    List<Value> points = new ArrayList<>();
    for (int i = 0; i < bends.size(); i++) {
      Value v = bends.get(i);
      Value cut = v.op().cut(v, bounds.known(v.input(0)));
      boolean anywhere = start.bends().get(i).cut();
      points.add(flat(anywhere ? cut : F.fill(DType.F64, v.shape(), 0), v));
    }
    return F.concat(2, points);
  }

  /** Returns a value where what bends below it, and the input, are 0. */
  private Value bias(Value z) {
    Map<Value, Value> known = new IdentityHashMap<>();
    for (Value v : Program.topological(List.of(z))) {
      if (!bounds.dependsOnInput(v)) {
        known.put(v, v);
      } else if (v.isInput() || bounds.bends(v)) {
        known.put(v, F.fill(v.dtype(), v.shape(), 0));
      } else {
        known.put(v, v.withInputs(v.inputs().stream().map(known::get).toList()));
      }
    }
    return known.get(z);
  }

  private static Value flat(Value v, Value like) {
    Shape s = like.shape();
    int models = s.models();
    int rows = s.dim(1);
    return F.reshape(v, Shape.of(models, rows, Math.toIntExact(s.size() / models / rows)));
  }
}
