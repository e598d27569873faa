// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a proof says of one cell. Any numbers give a bound; good ones give a good bound.
 *
 * @param multipliers by literal of the cell
 * @param slopes lower slopes by bend, for the units that the proof gives them for; empty for none
 * @param places by bend and unit, the place of its slope, or -1; shared by leaves
 */
record Leaf(Map<Literal, Float> multipliers, float[][] slopes, int[][] places) {
  private static final Leaf PLAIN = new Leaf(Map.of(), new float[0][], new int[0][]);

  /** Returns the leaf without a cell, with the nearest slopes. */
  static Leaf plain() {
    return PLAIN;
  }

  /** Returns the slope of a unit; NaN where the proof gives none. */
  float slope(int bend, int unit) {
    boolean given = bend < slopes.length && slopes[bend].length > 0 && places[bend][unit] >= 0;
    return given ? slopes[bend][places[bend][unit]] : Float.NaN;
  }

  /** Returns the leaf in a cell that restricts it further. */
  Leaf within(Set<Literal> scope) {
    if (multipliers.keySet().containsAll(scope)) {
      return this;
    }
    Map<Literal, Float> all = new LinkedHashMap<>(multipliers);
    scope.forEach(l -> all.putIfAbsent(l, 0f));
    return new Leaf(all, slopes, places);
  }
}
