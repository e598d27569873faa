// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import java.util.Map;
import org.rigor.ir.ExprType;

/**
 * Bounds on how far a function of {@link Functions} may be from the exact value of its rounded
 * argument, in units in the last place of the exact value (of the smallest subnormal below the
 * normal range).
 *
 * <p>The F32 bounds of one-argument functions were checked on every float. A double has too many
 * values for that: the F64 bounds are one and a half times the largest error found on millions of
 * dense and random arguments; the margin covers coincidences of rounding errors that those
 * arguments missed. The bounds of rsqrt, and of pow in F32, follow from the roundings themselves.
 */
public final class UlpBounds {
  private record Bound(double f32, double f64) {}

  private static final Map<String, Bound> BOUNDS =
      Map.ofEntries(
          Map.entry("exp", new Bound(1.0, 1.4)),
          Map.entry("expm1", new Bound(1.5, 2.8)),
          Map.entry("log", new Bound(1.0, 1.3)),
          Map.entry("log1p", new Bound(1.0, 1.3)),
          Map.entry("tanh", new Bound(1.0, 3.8)),
          Map.entry("sigmoid", new Bound(2.1, 3.0)),
          Map.entry("softplus", new Bound(1.8, 2.4)),
          Map.entry("erf", new Bound(1.1, 1.6)),
          Map.entry("erfinv", new Bound(4.6, 8.0)),
          Map.entry("sin", new Bound(1.6, 2.2)),
          Map.entry("cos", new Bound(1.6, 2.2)),
          Map.entry("rsqrt", new Bound(1.5, 1.51)),
          Map.entry("pow", new Bound(0.51, 2.1)));

  private UlpBounds() {}

  /**
   * Returns the bound of {@code function} in {@code type}.
   *
   * @throws IllegalArgumentException if there is no such function in that type
   */
  public static double of(String function, ExprType type) {
    Bound bound = BOUNDS.get(function);
    double ulp = bound == null ? Double.NaN : type == ExprType.F32 ? bound.f32 : bound.f64;
    if (!type.isFloat() || Double.isNaN(ulp)) {
      throw new IllegalArgumentException("no ulp bound for " + function + " in " + type);
    }
    return ulp;
  }
}
