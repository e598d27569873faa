// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Set;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * CROWN (Zhang et al. 2018): backward linear bounds with fixed slopes from the logits to the input,
 * met with interval propagation by taking the better side. Below an unstable ReLU stands the
 * identity where u &gt;= -l, else zero; above it the chord.
 *
 * @param hidden true for backward bounds of every pre-activation behind the first nonlinearity as
 *     well; false takes those from interval propagation (Zhang et al. 2020, CROWN-IBP), which costs
 *     a fraction and is looser
 */
public record Crown(boolean hidden) implements Certificate {
  public Crown() {
    this(true);
  }

  @Override
  public String name() {
    return hidden ? "crown" : "crown-ibp";
  }

  @Override
  public Value margins(Value logits, Region region, Value oneHot) {
    LinearBounds bounds = Ibp.propagate(logits, region, hidden);
    Value spec = Ibp.specification(oneHot);
    Value linear = bounds.lower(logits, spec, Set.of());
    return F.maximum(linear, Ibp.margins(bounds, logits, spec));
  }

  /** Meets the sides of a pre-activation [M, B, units...] with backward bounds of each unit. */
  static void refine(LinearBounds bounds, Value h) {
    Shape units = h.shape().remove(0).remove(0);
    int n = Math.toIntExact(units.size());
    Value each = F.cast(F.eq(F.iota(4, 1, n), F.iota(4, 3, n)), DType.F64); // [1, n, 1, n]
    Shape shape = units.insert(0, 1).insert(0, 2 * n).insert(0, 1);
    Value a = F.reshape(F.concat(1, each, F.neg(each)), shape);
    Value both = bounds.lower(h, a, Set.of()); // [M, 2n, B, 1]
    Value lower = perUnit(F.slice(both, 1, 0, n), h);
    Value upper = F.neg(perUnit(F.slice(both, 1, n, 2 * n), h));
    Interval old = bounds.known(h);
    bounds.refine(h, new Interval(F.maximum(old.lower(), lower), F.minimum(old.upper(), upper)));
  }

  /** [M, n, B, 1] as [M, B, units...]. */
  private static Value perUnit(Value v, Value like) {
    Shape s = v.shape();
    Value flat = F.reshape(v, Shape.of(s.dim(0), s.dim(1), s.dim(2)));
    return F.reshape(F.transpose(flat, List.of(0, 2, 1)), like.shape());
  }

  /** Whether {@code v} or something it depends on bends what comes from the input. */
  static boolean bendsBelow(LinearBounds bounds, Value v) {
    for (Value u : Program.topological(List.of(v))) {
      if (bounds.dependsOnInput(u) && !u.isInput() && bounds.bent(u) >= 0) {
        return true;
      }
    }
    return false;
  }
}
