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

    /**
     * @param needsAll whether all its trees are to be proved, so that they stop when one fails
     */
    Owner(int left, boolean needsAll) {
      this.left = left;
      this.needsAll = needsAll;
    }
  }

  /**
   * What is known of one of the rows in a cell.
   *
   * @param proof cell and numbers that give the bound; the cell may be larger
   * @param next numbers that an ascent goes on from. Those of a larger cell need not be as good in
   *     this one: what a slope gave there a multiplier has to give here.
   */
  private record Known(double bound, Ledger.Proof proof, Row.Numbers next) {
    private void keepProof() {
      Row.Numbers.keep(proof == null ? null : proof.numbers());
    }

    /** Adds a user of its numbers. */
    void keep() {
      keepProof();
      Row.Numbers.keep(next);
    }

    void drop() {
      Row.Numbers.drop(proof == null ? null : proof.numbers());
      Row.Numbers.drop(next);
    }
  }

  /**
   * A cell that is not proved.
   *
   * @param tries ascents so far, of a cell that cannot be split
   */
  private record Leaf(
      Row.Cell cell, List<Known> known, double bound, long order, int tries, Begun begun) {
    Leaf(Row.Cell cell, List<Known> known, double bound, long order, int tries) {
      this(cell, known, bound, order, tries, new Begun());
    }
  }

  /** A cell's rows, if they were queued before it was the cell's turn; else null. */
  private static final class Begun {
    private Try of;
  }

  /** A cell in which one of the rows is above 0. */
  private record Closed(int row, Ledger.Proof proof) {}

  /** A cell that is bounded now: a row for each of the rows of the tree. */
  static final class Try {
    final Tree tree;
    final List<Row> rows = new ArrayList<>();

    /** Its rows under way; null if they are not. */
    Pipeline.Task task;

    private final Leaf leaf;

    private Try(Tree tree, Leaf leaf) {
      this.tree = tree;
      this.leaf = leaf;
    }
  }

  /** Most ascents of a cell that cannot be split: the last of them are as good as exact. */
  private static final int TRIES = 64;

  /** Length of the steps of an ascent over that of the last one of the same cell. */
  private static final double SHORTER = 0.85;

  /** Cells of a unit at the first look at what they gained. */
  private static final int FIRST_LOOK = 16;

  /** Share of a unit's side that twice as many cells have to gain. */
  private static final double STALL = 0.04;

  private static final Comparator<Leaf> WORST =
      Comparator.comparingDouble(Leaf::bound).thenComparingLong(Leaf::order);

  final int model;
  final int site;
  final Owner owner;

  /** Number of the clause. */
  final int number;

  private final List<Row.Objective> objectives;

  /** Unit of a start, counted on for negatives; -1 for a clause. */
  final int unit;

  private final List<Closed> done;
  private final PriorityQueue<Leaf> open = new PriorityQueue<>(WORST);
  private double closed = Double.POSITIVE_INFINITY;
  private int most;
  private int nodes;
  private long numbered;

  /** Leaves whose rows were queued before it was their turn. */
  private int early;

  private boolean stuck;

  /** Cells at the last look at what they gained, and the bound then. */
  private int seen = FIRST_LOOK / 2;

  private double before = Double.NEGATIVE_INFINITY;
  private boolean stalls;

  /**
   * @param objectives rows of a clause
   * @param known what was found of them on the whole region
   * @param most nodes
   * @param records whether to keep what {@link #proofs} returns
   */
  Tree(
      int model,
      int site,
      Owner owner,
      int number,
      List<Row.Objective> objectives,
      List<Row> known,
      int most,
      boolean records) {
    this(model, site, owner, number, objectives, -1, known, most, records);
  }

  /** Returns a tree of a unit of a start, or of its negative. */
  static Tree unit(Row known, Owner owner, int most, boolean records) {
    return new Tree(
        known.model, known.site, owner, 0, List.of(), known.unit, List.of(known), most, records);
  }

  private Tree(
      int model,
      int site,
      Owner owner,
      int number,
      List<Row.Objective> objectives,
      int unit,
      List<Row> known,
      int most,
      boolean records) {
    this.done = records ? new ArrayList<>() : null;
    this.model = model;
    this.site = site;
    this.owner = owner;
    this.number = number;
    this.objectives = objectives;
    this.unit = unit;
    this.most = most;
    known.forEach(row -> Row.Numbers.keep(row.found)); // whoever bounded them uses them, too
    take(new Leaf(Row.Cell.WHOLE, nothing(), Double.NEGATIVE_INFINITY, 0, 0), known);
  }

  private List<Known> nothing() {
    Known none = new Known(Double.NEGATIVE_INFINITY, null, null);
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
    return !open.isEmpty() && !stuck && !stalls && !owner.over && owner.left > 0 && nodes < most;
  }

  /** Returns the number of cells that are not proved. */
  int waiting() {
    return open.size();
  }

  /** Returns the share of the region that is not proved: halves count half as much. */
  double left() {
    return open.stream().mapToDouble(l -> StrictMath.scalb(1.0, -l.cell().depth())).sum();
  }

  /** Lets it grow to a number of nodes. */
  void allow(int nodes) {
    most = nodes;
  }

  /** Stops the tree of a unit whose side moves little by twice as many cells. */
  private void look() {
    if (unit >= 0 && nodes >= 2 * seen) {
      stalls = bound() - before < STALL * Math.abs(before);
      seen = nodes;
      before = bound();
    }
  }

  /** Returns whether its worst cell cannot be split. */
  boolean isStuck() {
    return stuck;
  }

  /** Takes some of its worst leaves, to be bounded. */
  List<Try> worst(int count) {
    List<Try> tries = new ArrayList<>();
    int allowed = Math.min(count, Math.min(most - nodes, owner.left));
    look();
    while (!stalls && tries.size() < allowed && !open.isEmpty()) {
      Leaf leaf = open.poll();
      early -= leaf.begun().of == null ? 0 : 1;
      tries.add(leaf.begun().of == null ? begin(leaf) : leaf.begun().of);
      leaf.begun().of = null;
      nodes++;
      owner.left--;
      owner.nodes++;
    }
    return tries;
  }

  private Try begin(Leaf leaf) {
    Try t = new Try(this, leaf);
    for (int r = 0; r < leaf.known().size(); r++) {
      Row.Numbers given = leaf.known().get(r).next();
      Row row =
          unit >= 0
              ? Row.unit(model, site, leaf.cell(), unit, given)
              : Row.margin(model, site, leaf.cell(), objectives.get(r), given);
      row.rate = (float) StrictMath.pow(SHORTER, leaf.tries());
      t.rows.add(row);
    }
    return t;
  }

  /**
   * Returns cells whose turn comes next as far as is known, to be bounded ahead of it. They stay
   * among the leaves, and count once they are taken.
   */
  List<Try> early(int count) {
    List<Try> tries = new ArrayList<>();
    if (!grows()) {
      return tries;
    }
    int allowed = Math.min(count, Math.min(most - nodes, owner.left) - early);
    List<Leaf> seen = new ArrayList<>();
    while (tries.size() < allowed && !open.isEmpty()) {
      Leaf leaf = open.poll();
      seen.add(leaf);
      if (leaf.begun().of == null) {
        leaf.begun().of = begin(leaf);
        tries.add(leaf.begun().of);
      }
    }
    early += tries.size();
    open.addAll(seen);
    return tries;
  }

  /** Takes a cell back that was not bounded. */
  void giveBack(Try t) {
    open.add(t.leaf);
    if (t.task != null) {
      t.leaf.begun().of = t;
      early++;
    }
    nodes--;
    owner.left++;
    owner.nodes--;
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
      boolean better = row.bound > before.bound() || before.proof() == null;
      double own = row.bound > before.bound() ? row.bound : before.bound();
      Ledger.Proof proof = done == null ? null : new Ledger.Proof(leaf.cell(), row.found);
      Known now = new Known(own, better ? proof : before.proof(), row.found);
      now.keepProof();
      known.add(now);
      bound = Math.max(bound, own);
      if (row.branch >= 0 && (best == null || row.bound > best.bound)) {
        best = row;
      }
    }
    if (bound > 0) {
      closed = Math.min(closed, bound);
      close(known);
      drop(known);
    } else if (best == null || leaf.cell().depth() == RowPrograms.DEPTH) {
      open.add(new Leaf(leaf.cell(), known, bound, leaf.order(), leaf.tries() + 1));
      stuck = leaf.tries() == TRIES || cannotClimb(known);
    } else {
      known.forEach(Known::keep); // each half uses them
      open.add(new Leaf(leaf.cell().and(best.branch, 1, best.point), known, bound, ++numbered, 0));
      open.add(new Leaf(leaf.cell().and(best.branch, -1, best.point), known, bound, ++numbered, 0));
    }
    drop(leaf.known());
    owner.over |= owner.needsAll && !open.isEmpty() && (stuck || nodes >= most);
  }

  private static void drop(List<Known> known) {
    known.forEach(Known::drop);
  }

  /** Lets go of the numbers that its cells would go on from; it grows no more. */
  void end() {
    for (Leaf leaf : open) {
      drop(leaf.known());
      if (leaf.begun().of != null) {
        leaf.begun().of.rows.forEach(r -> Row.Numbers.drop(r.found));
      }
    }
    open.clear();
    if (done != null) {
      done.forEach(c -> Row.Numbers.drop(c.proof().numbers()));
      done.clear();
    }
  }

  private static boolean cannotClimb(List<Known> known) {
    return known.stream().allMatch(k -> k.next() == null);
  }

  private void close(List<Known> known) {
    for (int r = 0; r < known.size() && done != null; r++) {
      if (known.get(r).bound() > 0) {
        known.get(r).keepProof();
        done.add(new Closed(r, known.get(r).proof()));
        return;
      }
    }
  }

  /** Returns the rows of the tree, each with the cells in which it is above 0. */
  List<List<Ledger.Proof>> proofs() {
    List<List<Ledger.Proof>> all = new ArrayList<>();
    for (int r = 0; r < Math.max(1, objectives.size()); r++) {
      int row = r;
      all.add(done.stream().filter(c -> c.row() == row).map(Closed::proof).toList());
    }
    return all;
  }

  /** Returns all leaves of a tree of one row, which together hold its bound. */
  List<Ledger.Proof> leaves() {
    List<Ledger.Proof> all = new ArrayList<>(proofs().get(0));
    open.forEach(l -> all.add(l.known().get(0).proof()));
    return all;
  }
}
