// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Cells that cover a region, each with a lower side of the largest of some rows: the rows of a
 * clause, or one unit of a start. It grows by its own worst leaves, so that it does not depend on
 * the trees around it.
 */
final class Tree {
  /** Whoever a tree works for: when it has enough, its trees stop. */
  static final class Owner {
    /** Cells that may still be bounded. */
    int left;

    int nodes;
    boolean over;
    private final boolean needsAll;

    /** Keeps what proves cells, for a proof; null for none. */
    Ledger ledger;

    /**
     * @param needsAll whether all its trees are to be proved, so that they stop when one fails
     */
    Owner(int left, boolean needsAll) {
      this.left = left;
      this.needsAll = needsAll;
    }

    /** Keeps a row of a clause that is above 0 in its cell, if there is one. */
    void keep(int clause, List<Row> rows) {
      if (ledger != null) {
        rows.stream().filter(r -> r.bound > 0).findFirst().ifPresent(r -> ledger.proved(clause, r));
      }
    }
  }

  /** What is known of one of the rows in a cell. */
  private record Known(double bound, Row.Numbers numbers) {}

  /** A cell that is not proved. */
  private record Leaf(Row.Cell cell, List<Known> known, double bound, long order) {}

  /** A cell that is bounded now: a row for each of the rows of the tree. */
  static final class Try {
    final Tree tree;
    final List<Row> rows = new ArrayList<>();
    private final Leaf leaf;

    private Try(Tree tree, Leaf leaf) {
      this.tree = tree;
      this.leaf = leaf;
    }
  }

  private static final Comparator<Leaf> WORST =
      Comparator.comparingDouble(Leaf::bound).thenComparingLong(Leaf::order);

  final int model;
  final int site;
  final Owner owner;

  /** Number of the clause. */
  final int number;

  private final List<Row.Objective> objectives;
  private final int unit;
  private final PriorityQueue<Leaf> open = new PriorityQueue<>(WORST);
  private double closed = Double.POSITIVE_INFINITY;
  private int most;
  private int nodes;
  private long numbered;
  private boolean stuck;

  /**
   * @param objectives rows of a clause
   * @param known what was found of them on the whole region
   * @param most nodes
   */
  Tree(
      int model,
      int site,
      Owner owner,
      int number,
      List<Row.Objective> objectives,
      List<Row> known,
      int most) {
    this(model, site, owner, number, objectives, -1, known, most);
  }

  private Tree(
      int model,
      int site,
      Owner owner,
      int number,
      List<Row.Objective> objectives,
      int unit,
      List<Row> known,
      int most) {
    this.model = model;
    this.site = site;
    this.owner = owner;
    this.number = number;
    this.objectives = objectives;
    this.unit = unit;
    this.most = most;
    take(new Leaf(Row.Cell.WHOLE, nothing(), Double.NEGATIVE_INFINITY, 0), known);
  }

  private List<Known> nothing() {
    Known none = new Known(Double.NEGATIVE_INFINITY, null);
    return Collections.nCopies(Math.max(1, objectives.size()), none);
  }

  /** Returns the least bound of its leaves, which holds on the region. */
  double bound() {
    return open.isEmpty() ? closed : Math.min(closed, open.peek().bound());
  }

  boolean proved() {
    return open.isEmpty();
  }

  boolean grows() {
    return !open.isEmpty() && !stuck && !owner.over && owner.left > 0 && nodes < most;
  }

  int nodes() {
    return nodes;
  }

  /** Takes some of its worst leaves, to be bounded. */
  List<Try> worst(int count) {
    List<Try> tries = new ArrayList<>();
    int allowed = Math.min(count, Math.min(most - nodes, owner.left));
    while (tries.size() < allowed && !open.isEmpty()) {
      Leaf leaf = open.poll();
      Try t = new Try(this, leaf);
      for (int r = 0; r < leaf.known().size(); r++) {
        Row.Numbers given = leaf.known().get(r).numbers();
        t.rows.add(
            unit >= 0
                ? Row.unit(model, site, leaf.cell(), unit, given)
                : Row.margin(model, site, leaf.cell(), objectives.get(r), given));
      }
      tries.add(t);
      nodes++;
      owner.left--;
      owner.nodes++;
    }
    return tries;
  }

  /** Takes what was found of a cell, and splits it if it is not proved. */
  void take(Try t) {
    take(t.leaf, t.rows);
  }

  private void take(Leaf leaf, List<Row> rows) {
    List<Known> known = new ArrayList<>();
    double bound = leaf.bound(); // the parent's holds here too
    Row best = null;
    for (int r = 0; r < rows.size(); r++) {
      Row row = rows.get(r);
      Known before = leaf.known().get(r);
      double own = row.bound > before.bound() ? row.bound : before.bound();
      known.add(new Known(own, row.found));
      bound = Math.max(bound, own);
      if (row.score > 0 && (best == null || row.bound > best.bound)) {
        best = row;
      }
    }
    if (bound > 0) {
      closed = Math.min(closed, bound);
      owner.keep(number, rows);
    } else if (best == null || leaf.cell().depth() == RowPrograms.DEPTH) {
      open.add(new Leaf(leaf.cell(), known, bound, leaf.order()));
      stuck = true;
    } else {
      open.add(new Leaf(leaf.cell().and(best.branch, 1), known, bound, ++numbered));
      open.add(new Leaf(leaf.cell().and(best.branch, -1), known, bound, ++numbered));
    }
    owner.over |= owner.needsAll && !open.isEmpty() && (stuck || nodes >= most);
  }
}
