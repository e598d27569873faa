// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/**
 * Interval bound propagation (Gowal et al. 2018), with the linear operations after the last
 * nonlinearity joined to the margin, as there. Products and quotients of values that depend on the
 * input, as in attention, are supported with loose intervals.
 */
public record Ibp() implements Certificate {
  @Override
  public String name() {
    return "ibp";
  }

  @Override
  public Value margins(Value logits, Region region, Value oneHot) {
    Value y = Reform.of(logits, region.x());
    return margins(propagate(y, region, false), y, specification(oneHot));
  }

  /**
   * Returns bounds with the sides of every value. Sides of a value that is affine in the input are
   * tight: intervals give them over a box, the dual norm over a Euclidean ball. With {@code
   * hidden}, backward bounds refine the operands of later nonlinearities too.
   */
  static LinearBounds propagate(Value logits, Region region, boolean hidden) {
    return propagate(new LinearBounds(region), logits, hidden, Crown::refine);
  }

  /**
   * Propagates as {@link #propagate(Value, Region, boolean)} does.
   *
   * @param bounds without any value visited; returned
   * @param refine refines the sides of a value that intervals leave loose, in place of {@link
   *     Crown#refine}; called in topological order
   */
  static LinearBounds propagate(
      LinearBounds bounds, Value logits, boolean hidden, BiConsumer<LinearBounds, Value> refine) {
    boolean ball = bounds.region().norm() != Norm.LINF;
    return propagate(bounds, logits, affine -> affine ? ball : hidden, refine);
  }

  /**
   * @param which whether to refine values that are affine in the input, or those that are not
   */
  static LinearBounds propagate(
      LinearBounds bounds,
      Value logits,
      Predicate<Boolean> which,
      BiConsumer<LinearBounds, Value> refine) {
    bounds.follow(logits);
    Set<Value> used = bounds.used(logits);
    Set<Value> refined = new HashSet<>();
    for (Value v : Program.topological(List.of(logits))) {
      if (used.contains(v)) {
        for (Value h : bounds.bentFrom(v)) {
          Value source = source(bounds, h);
          boolean known = source.isInput() || bounds.bends(source);
          boolean affine = !Crown.bendsBelow(bounds, source);
          if (!known && which.test(affine) && refined.add(source)) {
            refine.accept(bounds, source);
            bounds.renew(h, source);
          }
        }
      }
      bounds.visit(v);
    }
    return bounds;
  }

  /** Returns what windows take their elements from: they repeat them, and each is refined once. */
  private static Value source(LinearBounds bounds, Value h) {
    Value source = h;
    while (!source.isInput() && source.op().movesElements() && bounds.dependsOnInput(source)) {
      source = source.input(0);
    }
    return source;
  }

  /** Returns margins from the sides of the last nonlinear values. */
  static Value margins(LinearBounds bounds, Value logits, Value spec) {
    Set<Value> stops = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Value v : Program.topological(List.of(logits))) {
      if (bounds.bends(v)) {
        stops.add(v);
      }
    }
    return bounds.lower(logits, spec, stops);
  }

  /**
   * Returns the coefficients of z_y - z_j: [M or 1, K, B, K] from one-hot classes [M or 1, B, K].
   */
  static Value specification(Value oneHot) {
    Shape s = oneHot.shape();
    int k = s.dim(2);
    Value right = F.reshape(oneHot, s.insert(1, 1)); // [M, 1, B, K]
    Value other = F.cast(F.eq(F.iota(4, 1, k), F.iota(4, 3, k)), oneHot.dtype()); // [1, K, 1, K]
    return F.sub(right, other);
  }
}
