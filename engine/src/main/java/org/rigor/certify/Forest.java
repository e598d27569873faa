// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
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
  private final boolean hulls;
  private final Budget budget;
  private final Pipeline pipeline;

  /**
   * @param start whose rows the trees bound
   * @param take leaves of a tree in a turn
   */
  Forest(Bounder bounder, int start, int take, Budget budget) {
    this(bounder, start, tree -> take, false, budget);
  }

  /**
   * @param start whose rows the trees bound
   * @param take leaves of each tree in a turn
   * @param hulls whether their rows take hulls where they can
   */
  Forest(Bounder bounder, int start, ToIntFunction<Tree> take, boolean hulls, Budget budget) {
    this.bounder = bounder;
    this.start = start;
    this.take = take;
    this.hulls = hulls;
    this.budget = budget;
    this.pipeline = new Pipeline(bounder);
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
    Set<Tree> trees = new LinkedHashSet<>();
    tries.forEach(one -> trees.add(one.tree));
    int from = 0;
    while (from < tries.size()) {
      int rows = 0;
      int to = from;
      while (to < tries.size() && rows < LOOK * bounder.models()) {
        rows += tries.get(to++).rows.size();
      }
      List<Tree.Try> some = tries.subList(from, to);
      boolean over = budget.isOver();
      if (!over) {
        pipeline.parts(some.stream().filter(t -> t.task == null).toList()).forEach(this::begin);
      }
      for (Tree.Try one : some) {
        if (over) {
          one.tree.giveBack(one);
        } else {
          pipeline.finish(one.task, () -> early(trees));
          bounder.count(one.rows);
          bounded.accept(one);
          one.tree.take(one);
        }
      }
      from = to;
    }
  }

  /** Begins cells whose turn is to come, of trees that have theirs. */
  private void early(Set<Tree> trees) {
    List<Tree.Try> tries = new ArrayList<>();
    for (Tree t : trees) {
      tries.addAll(t.early(Math.max(1, take.applyAsInt(t) / 2)));
    }
    if (!tries.isEmpty()) {
      begin(tries);
    }
  }

  private void begin(List<Tree.Try> tries) {
    List<Row> rows = tries.stream().flatMap(t -> t.rows.stream()).toList();
    Pipeline.Task task =
        pipeline.begin(
            new Pipeline.Stages() {
              private boolean begun;

              @Override
              public Bounder.Pending next() {
                Bounder.Pending first = begun ? null : bounder.submit(start, rows, true, hulls);
                begun = true;
                return first;
              }

              @Override
              public void take() {
                // each cell is taken when it is its turn
              }
            });
    tries.forEach(t -> t.task = task);
  }
}
