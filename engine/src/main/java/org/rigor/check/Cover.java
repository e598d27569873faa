// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.LinkedHashSet;
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
    return missing(inside, new LinkedHashSet<>(scope));
  }

  private static Optional<List<Literal>> missing(List<Set<Literal>> cells, Set<Literal> within) {
    List<Set<Literal>> left = cells;
    while (left.stream().noneMatch(within::containsAll)) {
      Optional<Literal> split = common(left, within);
      if (split.isEmpty()) {
        return Optional.of(List.copyOf(within));
      }
      Literal l = split.get();
      List<Set<Literal>> on = left.stream().filter(c -> c.contains(l)).toList();
      List<Set<Literal>> off = left.stream().filter(c -> !c.contains(l)).toList();
      // only the smaller half recurs, so that no number of literals makes it deep
      boolean smaller = on.size() <= off.size();
      Set<Literal> half = new LinkedHashSet<>(within);
      half.add(smaller ? l : l.opposite());
      Optional<List<Literal>> missing = missing(smaller ? on : off, half);
      if (missing.isPresent()) {
        return missing;
      }
      within.add(smaller ? l.opposite() : l);
      left = smaller ? off : on;
    }
    return Optional.empty();
  }

  /** Returns a literal whose unit every cell restricts, one way or the other. */
  private static Optional<Literal> common(List<Set<Literal>> cells, Set<Literal> within) {
    if (cells.isEmpty()) {
      return Optional.empty();
    }
    Set<Literal> units = new TreeSet<>(Literal.ORDER);
    cells.get(0).forEach(l -> units.add(l.positive() ? l : l.opposite()));
    within.forEach(l -> units.remove(l.positive() ? l : l.opposite()));
    for (Set<Literal> c : cells) {
      units.removeIf(l -> !c.contains(l) && !c.contains(l.opposite()));
    }
    return units.stream().findFirst();
  }
}
