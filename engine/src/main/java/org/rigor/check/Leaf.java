// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a proof says of one cell. Any numbers give a bound; good ones give a good bound.
 *
 * @param multipliers by literal of the cell
 * @param slopes lower slopes by bend and unit; NaN where the proof gives none
 */
record Leaf(Map<Literal, Float> multipliers, float[][] slopes) {
  /** Returns the leaf in a cell that restricts it further. */
  Leaf within(Set<Literal> scope) {
    if (multipliers.keySet().containsAll(scope)) {
      return this;
    }
    Map<Literal, Float> all = new LinkedHashMap<>(multipliers);
    scope.forEach(l -> all.putIfAbsent(l, 0f));
    return new Leaf(all, slopes);
  }
}
