// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** Trees that grow together, in rounds that fill the slots of the device. */
final class Forest {
  /** Rows between two looks at the clock. */
  private static final int LOOK = 2048;

  private final Bounder bounder;
  private final int start;
  private final ToIntFunction<Tree> take;
  private final Budget budget;

  /**
   * @param start whose rows the trees bound
   * @param take leaves of a tree in a round
   */
  Forest(Bounder bounder, int start, int take, Budget budget) {
    this(bounder, start, tree -> take, budget);
  }

  /**
   * @param start whose rows the trees bound
   * @param take leaves of each tree in a round
   */
  Forest(Bounder bounder, int start, ToIntFunction<Tree> take, Budget budget) {
    this.bounder = bounder;
    this.start = start;
    this.take = take;
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
      growing.forEach(t -> tries.addAll(t.worst(take.applyAsInt(t))));
      int from = 0;
      while (from < tries.size()) {
        List<Row> rows = new ArrayList<>();
        int to = from;
        while (to < tries.size() && rows.size() < LOOK * bounder.models()) {
          rows.addAll(tries.get(to++).rows);
        }
        boolean over = budget.isOver();
        if (!over) {
          bounder.rows(start, rows, true);
        }
        for (Tree.Try one : tries.subList(from, to)) {
          if (over) {
            one.tree.giveBack(one);
          } else {
            bounded.accept(one);
            one.tree.take(one);
          }
        }
        from = to;
      }
    }
  }
}
