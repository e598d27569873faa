// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/**
 * Trees that grow together. The trees of an owner take turns of their own, so that what becomes of
 * them does not depend on others; the turns of a model's owners fill the slots of the device.
 */
final class Forest {
  /** Rows between two looks at the clock. */
  private static final int LOOK = 2048;

  /** Rows of a model that are bounded together, if enough of its trees grow. */
  private static final int FULL = 512;

  private final Bounder bounder;
  private final int start;
  private final ToIntFunction<Tree> take;
  private final Budget budget;

  /**
   * @param start whose rows the trees bound
   * @param take leaves of a tree in a turn
   */
  Forest(Bounder bounder, int start, int take, Budget budget) {
    this(bounder, start, tree -> take, budget);
  }

  /**
   * @param start whose rows the trees bound
   * @param take leaves of each tree in a turn
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
    List<Queue<List<Tree>>> lines = new ArrayList<>(); // owners' trees, by model
    for (int m = 0; m < bounder.models(); m++) {
      int model = m;
      Map<Tree.Owner, List<Tree>> owners = new LinkedHashMap<>();
      trees.stream()
          .filter(t -> t.model == model)
          .forEach(t -> owners.computeIfAbsent(t.owner, o -> new ArrayList<>()).add(t));
      lines.add(new ArrayDeque<>(owners.values()));
    }
    while (lines.stream().anyMatch(line -> !line.isEmpty()) && !budget.isOver()) {
      List<Tree.Try> tries = new ArrayList<>();
      lines.forEach(line -> tries.addAll(turns(line)));
      bound(tries, bounded);
    }
  }

  /** Takes turns of owners at the head of a line, which then wait at its end. */
  private List<Tree.Try> turns(Queue<List<Tree>> line) {
    List<Tree.Try> tries = new ArrayList<>();
    int rows = 0;
    for (int left = line.size(); left > 0 && rows < FULL; left--) {
      List<Tree> own = line.remove();
      own.removeIf(t -> !t.grows());
      for (Tree t : own) {
        for (Tree.Try one : t.worst(take.applyAsInt(t))) {
          tries.add(one);
          rows += one.rows.size();
        }
      }
      if (!own.isEmpty()) {
        line.add(own);
      }
    }
    return tries;
  }

  private void bound(List<Tree.Try> tries, Consumer<Tree.Try> bounded) {
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
