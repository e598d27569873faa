// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Decides whether cells cover a region: no tree needs to be told. */
final class Cover {
  private Cover() {}

  /**
   * Returns a cell within a scope that no cell of the list covers as a whole, or nothing if all is
   * covered.
   */
  static Optional<List<Literal>> gap(List<Set<Literal>> cells, Set<Literal> scope) {
    List<Set<Literal>> inside =
        cells.stream()
            .filter(c -> scope.stream().noneMatch(l -> c.contains(l.opposite())))
            .toList();
    return gap(inside, new ArrayList<>(scope));
  }

  private static Optional<List<Literal>> gap(List<Set<Literal>> cells, List<Literal> within) {
    if (cells.isEmpty()) {
      return Optional.of(List.copyOf(within));
    }
    if (cells.stream().anyMatch(c -> within.containsAll(c))) {
      return Optional.empty();
    }
    Optional<Literal> split = common(cells, within);
    if (split.isEmpty()) {
      return Optional.of(List.copyOf(within));
    }
    for (Literal side : List.of(split.get(), split.get().opposite())) {
      within.add(side);
      Optional<List<Literal>> missing =
          gap(cells.stream().filter(c -> !c.contains(side.opposite())).toList(), within);
      if (missing.isPresent()) {
        return missing;
      }
      within.remove(within.size() - 1);
    }
    return Optional.empty();
  }

  /** Returns a literal whose unit every cell restricts, one way or the other. */
  private static Optional<Literal> common(List<Set<Literal>> cells, List<Literal> within) {
    Set<Literal> units = new TreeSet<>(Literal.ORDER);
    cells.get(0).forEach(l -> units.add(l.positive() ? l : l.opposite()));
    within.forEach(l -> units.remove(l.positive() ? l : l.opposite()));
    for (Set<Literal> c : cells) {
      units.removeIf(l -> !c.contains(l) && !c.contains(l.opposite()));
    }
    return units.stream().findFirst();
  }
}
