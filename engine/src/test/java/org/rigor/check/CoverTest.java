// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CoverTest {
  private static Literal on(int unit) {
    return new Literal(0, unit, true);
  }

  private static Literal off(int unit) {
    return new Literal(0, unit, false);
  }

  @Test
  void theWholeRegionIsCoveredByACellWithoutLiterals() {
    assertThat(Cover.gap(List.of(Set.of()), Set.of())).isEmpty();
    assertThat(Cover.gap(List.of(), Set.of())).contains(List.of());
  }

  @Test
  void namesTheCellThatIsMissing() {
    List<Set<Literal>> cells = List.of(Set.of(on(1)), Set.of(off(1), on(2)));
    assertThat(Cover.gap(cells, Set.of())).contains(List.of(off(1), off(2)));
  }

  @Test
  void cellsThatShareNoUnitDoNotCover() {
    assertThat(Cover.gap(List.of(Set.of(on(1)), Set.of(off(2))), Set.of())).isPresent();
  }

  /** A chain of cells as long as a file may hold, and one cell of as many literals. */
  @Test
  void lengthIsNoDepth() {
    List<Set<Literal>> chain = new ArrayList<>();
    Set<Literal> before = new TreeSet<>(Literal.ORDER);
    for (int unit = 0; unit < 300; unit++) {
      Set<Literal> cell = new TreeSet<>(Literal.ORDER);
      cell.addAll(before);
      cell.add(off(unit));
      chain.add(cell);
      before.add(on(unit));
    }
    assertThat(Cover.gap(chain, Set.of())).contains(List.copyOf(before));
    chain.add(before);
    assertThat(Cover.gap(chain, Set.of())).isEmpty();
    Set<Literal> lengthy = new TreeSet<>(Literal.ORDER);
    for (int unit = 0; unit < 100_000; unit++) {
      lengthy.add(on(unit));
    }
    assertThat(Cover.gap(List.of(lengthy), Set.of())).contains(List.of(off(0)));
  }

  @Test
  void withinAScopeOtherCellsNeedNoCover() {
    List<Set<Literal>> cells = List.of(Set.of(on(1), on(2)), Set.of(on(1), off(2)));
    assertThat(Cover.gap(cells, Set.of(on(1)))).isEmpty();
    assertThat(Cover.gap(cells, Set.of(off(1)))).contains(List.of(off(1)));
    assertThat(Cover.gap(cells, Set.of())).contains(List.of(off(1)));
  }

  /** Leaves of random trees cover; without one of them they do not, seen by all sign patterns. */
  @Test
  void agreesWithAllPatternsOnRandomTrees() {
    Random random = new Random(3);
    for (int n = 0; n < 200; n++) {
      List<Set<Literal>> leaves = new ArrayList<>();
      grow(new TreeSet<>(Literal.ORDER), leaves, random);
      assertThat(Cover.gap(leaves, Set.of())).isEmpty();
      leaves.remove(random.nextInt(leaves.size()));
      assertThat(Cover.gap(leaves, Set.of())).isPresent();
      assertThat(covers(leaves)).isFalse();
    }
  }

  private static void grow(Set<Literal> cell, List<Set<Literal>> leaves, Random random) {
    List<Integer> free = new ArrayList<>(List.of(0, 1, 2, 3, 4));
    cell.forEach(l -> free.remove(Integer.valueOf(l.unit())));
    if (free.isEmpty() || random.nextInt(3) == 0) {
      leaves.add(Set.copyOf(cell));
      return;
    }
    int unit = free.get(random.nextInt(free.size()));
    for (Literal l : List.of(on(unit), off(unit))) {
      Set<Literal> child = new TreeSet<>(Literal.ORDER);
      child.addAll(cell);
      child.add(l);
      grow(child, leaves, random);
    }
  }

  private static boolean covers(List<Set<Literal>> leaves) {
    for (int pattern = 0; pattern < 32; pattern++) {
      int p = pattern;
      boolean met =
          leaves.stream()
              .anyMatch(c -> c.stream().allMatch(l -> ((p >> l.unit() & 1) == 1) == l.positive()));
      if (!met) {
        return false;
      }
    }
    return true;
  }
}
