// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.rigor.ir.Range;
import org.rigor.ir.Value;

/** Rule for several operations that together are an elementwise function of one value. */
interface UnitRule {
  /** Returns the rule for the function that ends in {@code v}, or null if there is none. */
  static UnitRule of(Value v, Set<Value> moving) {
    UnitRule gated = GateRule.of(v, moving);
    return gated != null ? gated : EluRule.of(v, moving);
  }

  /** Returns the value that it is a function of. */
  Value unit();

  /**
   * Returns an upper bound of the function's largest slope.
   *
   * @param fixed gives what values that do not depend on the network's input may be
   */
  double factor(Function<Value, Range> fixed);

  /** Returns an upper bound of the largest slope of one model's function. */
  default double factor(SideValues sides, int model) {
    return factor(v -> sides.of(v).range(model));
  }

  /** Returns the values that {@link #factor} asks for. */
  default List<Value> fixed() {
    List<Value> out = new ArrayList<>();
    factor(
        v -> {
          out.add(v);
          return Range.of(1);
        });
    return out;
  }
}
