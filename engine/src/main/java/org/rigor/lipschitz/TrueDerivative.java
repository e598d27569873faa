// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Detach;

/**
 * Check that differentiation returns the true derivative. A value that stops derivatives breaks
 * this: that of x - detach(x) evaluates to 1, although the function is 0 everywhere.
 */
final class TrueDerivative {
  private TrueDerivative() {}

  /**
   * @param y outputs
   * @param x the input they depend on
   * @throws IllegalArgumentException naming the line that stops a derivative with respect to x
   */
  static void require(Value y, Value x) {
    Set<Value> dependent = Collections.newSetFromMap(new IdentityHashMap<>());
    dependent.add(x);
    for (Value v : Program.topological(List.of(y))) {
      if (v.inputs().stream().anyMatch(dependent::contains)) {
        dependent.add(v);
        if (v.op() instanceof Detach d && !d.cancels()) {
          throw new IllegalArgumentException(
              "the derivative of a network must be that of its function, but detach stops it at "
                  + v.origin());
        }
      }
    }
  }
}
