// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Trees that grow together, in rounds that fill the slots of the device. */
final class Forest {
  /** Leaves of a tree in a round. */
  private static final int TAKE = 32;

  /** Rows of a round. */
  private static final int ROUND = 512;

  private final Bounder bounder;
  private final int start;
  private final Budget budget;

  /**
   * @param start whose rows the trees bound
   */
  Forest(Bounder bounder, int start, Budget budget) {
    this.bounder = bounder;
    this.start = start;
    this.budget = budget;
  }

  /**
   * Grows trees until each is proved or stops.
   *
   * @param bounded told of every cell before its tree takes it
   */
  void grow(List<Tree> trees, Consumer<Tree.Try> bounded) {
    List<Tree> growing = new ArrayList<>(trees);
    while (true) {
      growing.removeIf(t -> !t.grows());
      if (growing.isEmpty() || budget.isOver()) {
        return;
      }
      List<Tree.Try> tries = new ArrayList<>();
      List<Row> rows = new ArrayList<>();
      for (Tree t : growing) {
        if (rows.size() < ROUND * bounder.models()) { // others come in a later round, unchanged
          for (Tree.Try one : t.worst(TAKE)) {
            tries.add(one);
            rows.addAll(one.rows);
          }
        }
      }
      bounder.rows(start, rows, true);
      for (Tree.Try one : tries) {
        bounded.accept(one);
        one.tree.take(one);
      }
    }
  }
}
