// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import org.rigor.tensor.Shape;

/** The positions start + i * step along each axis that {@link Slice} and {@link Pad} share. */
final class Strided {
  private Strided() {}

  /** Returns the extents behind the model axis. */
  static List<Integer> extents(Shape s) {
    List<Integer> out = new ArrayList<>();
    for (int a = 1; a < s.rank(); a++) {
      out.add(s.dim(a));
    }
    return out;
  }

  /** Prepends the entry of a stack axis to a list. */
  static List<Integer> put(List<Integer> list, int first) {
    List<Integer> out = new ArrayList<>(list);
    out.add(0, first);
    return out;
  }

  /**
   * @throws IllegalArgumentException unless each axis of {@code outer} but the first holds {@code
   *     count} elements at distance {@code step >= 1} from {@code start >= 0} on
   */
  static void check(Shape outer, List<Integer> start, List<Integer> step, List<Integer> count) {
    int n = outer.rank() - 1;
    if (start.size() != n || step.size() != n || count.size() != n) {
      throw new IllegalArgumentException(
          "needs one entry for each of " + n + " axes behind the model axis");
    }
    for (int k = 0; k < n; k++) {
      long last = start.get(k) + (count.get(k) - 1L) * step.get(k);
      if (start.get(k) < 0 || step.get(k) < 1 || count.get(k) < 1 || last >= outer.dim(k + 1)) {
        throw new IllegalArgumentException(
            String.format(
                "axis %d of extent %d does not hold %d elements from %d on at step %d",
                k + 1, outer.dim(k + 1), count.get(k), start.get(k), step.get(k)));
      }
    }
  }
}
