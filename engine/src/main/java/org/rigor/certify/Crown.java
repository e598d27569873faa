// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * CROWN (Zhang et al. 2018): backward linear bounds with fixed slopes from the logits to the input,
 * intersected with interval propagation. An unstable ReLU is bounded below by the identity where u
 * &gt;= -l, else by zero, and above by the chord.
 *
 * @param hidden true to compute backward bounds of every pre-activation after the first
 *     nonlinearity too; false takes those from interval propagation (Zhang et al. 2020, CROWN-IBP),
 *     which is much cheaper and looser
 */
public record Crown(boolean hidden) implements Certificate {
  private static final int UNITS = 256;

  public Crown() {
    this(true);
  }

  @Override
  public String name() {
    return hidden ? "crown" : "crown-ibp";
  }

  @Override
  public boolean boundsHidden() {
    return hidden;
  }

  @Override
  public Value margins(Value logits, Region region, Value oneHot) {
    Value y = Reform.of(logits, region.x());
    LinearBounds bounds = Ibp.propagate(y, region, hidden);
    Value spec = Ibp.specification(oneHot);
    Value linear = bounds.lower(y, spec, Set.of());
    return Outward.higher(linear, Ibp.margins(bounds, y, spec));
  }

  /**
   * Intersects the sides of a pre-activation [M, B, units...] with backward bounds of each unit.
   */
  static void refine(LinearBounds bounds, Value h) {
    refine(bounds, h, UNITS);
  }

  /**
   * @param most most units whose coefficients propagate together: an image has thousands, each with
   *     coefficients for every unit before it
   */
  static void refine(LinearBounds bounds, Value h, int most) {
    Shape units = h.shape().remove(0).remove(0);
    int n = Math.toIntExact(units.size());
    List<Value> lowers = new ArrayList<>();
    List<Value> uppers = new ArrayList<>();
    for (int from = 0; from < n; from += most) {
      int count = Math.min(most, n - from);
      Value unit = F.add(F.iota(4, 1, count), from);
      Value each = F.cast(F.eq(unit, F.iota(4, 3, n)), DType.F64); // [1, count, 1, n]
      Shape shape = units.insert(0, 1).insert(0, 2 * count).insert(0, 1);
      Value a = F.reshape(F.concat(1, each, F.neg(each)), shape);
      Value both = bounds.lower(h, a, Set.of()); // [M, 2 count, B, 1]
      lowers.add(F.slice(both, 1, 0, count));
      uppers.add(F.slice(both, 1, count, 2 * count));
    }
    Value lower = perUnit(F.concat(1, lowers), h);
    Value upper = F.neg(perUnit(F.concat(1, uppers), h));
    Interval old = bounds.known(h);
    bounds.refine(
        h, new Interval(Outward.higher(old.lower(), lower), Outward.lower(old.upper(), upper)));
  }

  /** Reshapes [M, n, B, 1] to [M, B, units...]. */
  private static Value perUnit(Value v, Value like) {
    Shape s = v.shape();
    Value flat = F.reshape(v, Shape.of(s.dim(0), s.dim(1), s.dim(2)));
    return F.reshape(F.transpose(flat, List.of(0, 2, 1)), like.shape());
  }

  /** Returns whether {@code v}, or a value it depends on, is nonlinear in the input. */
  static boolean bendsBelow(LinearBounds bounds, Value v) {
    for (Value u : Program.topological(List.of(v))) {
      if (bounds.bends(u)) {
        return true;
      }
    }
    return false;
  }
}
