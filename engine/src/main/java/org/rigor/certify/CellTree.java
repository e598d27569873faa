// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;

/**
 * Cells that cover the region of a problem, for all its open clauses together, each with sides of
 * its own: what a split tightens in one layer, those above it gain from. It grows by its own worst
 * leaves, so that it does not depend on the trees around it.
 */
final class CellTree {
  /** A side of a unit of a start that holds in a cell; units counted on for negatives. */
  private record Found(int start, int unit, Ledger.Proof proof) {}

  /** A cell in which a row of a clause is above 0. */
  private record Closed(Node node, int row, Ledger.Proof proof) {}

  /** A cell, and what is known in it. */
  static final class Node {
    final CellTree tree;
    final Site site;

    /** Elements of the logits' bent values that it restricts. */
    final Row.Cell cell;

    /** Rows of the clauses that are open, by clause, while it is bounded. */
    final List<List<Row>> rows = new ArrayList<>();

    /** Ascents so far, of a cell that cannot be split. */
    int tries;

    private final Node parent;
    private final double[] bounds;
    private final List<List<Row.Numbers>> numbers;
    private final List<Found> found = new ArrayList<>();
    private double bound = Double.NEGATIVE_INFINITY;
    private int branch = -1;

    /** Ascents begun, less one. */
    private int ascents = -1;

    private double point;
    private long order;

    private Node(CellTree tree, Node parent, Site site, Row.Cell cell) {
      this.tree = tree;
      this.parent = parent;
      this.site = site;
      this.cell = cell;
      this.bounds = parent == null ? new double[tree.clauses.size()] : parent.bounds.clone();
      this.numbers = parent == null ? new ArrayList<>() : new ArrayList<>(parent.numbers);
    }

    /**
     * Returns the number, among those below the logits, of the bent value that was split last; -1
     * if it was bounded before.
     */
    int lastSplit() {
      if (tries > 0) {
        return -1;
      }
      Start all = tree.all;
      return all.bends().get(all.bendOf(cell.at()[cell.depth() - 1])).number();
    }

    private boolean cannotClimb() {
      return numbers.stream().flatMap(List::stream).allMatch(Objects::isNull);
    }

    /** Takes a side that holds in the cell; keeps its numbers for cells of this one. */
    void tighten(int start, Row row) {
      if (site.tighten(start, row.unit, row.bound) && tree.records) {
        found.add(new Found(start, row.unit, new Ledger.Proof(row.cell, row.found)));
      }
      site.keep(start, row.unit, row.found);
    }

    /** Makes rows of the open clauses, which go on from the last ones. */
    List<Row> again(int place) {
      rows.clear();
      ascents++;
      List<Row> all = new ArrayList<>();
      for (int c = 0; c < bounds.length; c++) {
        List<Row> own = new ArrayList<>();
        List<Row.Objective> objectives = tree.clauses.get(c).objectives();
        for (int r = 0; r < objectives.size() && !(bounds[c] > 0); r++) {
          Row.Numbers given = numbers.get(c).get(r);
          Row row = Row.margin(tree.decision.model, place, cell, objectives.get(r), given);
          row.rate = (float) StrictMath.pow(SHORTER, tries);
          if (tree.all.cuts()) {
            row.rate *= CUT_RATES[Math.min(ascents, CUT_RATES.length - 1)];
          }
          own.add(row);
        }
        rows.add(own);
        all.addAll(own);
      }
      return all;
    }

    /** Takes what was found of the rows. */
    void take() {
      bound = Double.POSITIVE_INFINITY;
      Row worst = null;
      for (int c = 0; c < bounds.length; c++) {
        Row best = null;
        List<Row.Numbers> next = new ArrayList<>();
        for (Row row : rows.get(c)) {
          next.add(row.found);
          best = best == null || row.bound > best.bound ? row : best;
        }
        if (best == null) {
          continue;
        }
        bounds[c] = best.bound > bounds[c] ? best.bound : bounds[c];
        numbers.set(c, next);
        if (bounds[c] > 0) {
          tree.close(this, c, rows.get(c).indexOf(best), bounds[c], best.found);
        } else if (bounds[c] < bound) {
          bound = bounds[c];
          worst = best;
        }
      }
      branch = worst == null || !(worst.score > 0) ? -1 : worst.branch;
      point = worst == null ? 0 : worst.point;
    }

    private boolean isOpen() {
      for (double b : bounds) {
        if (!(b > 0)) {
          return true;
        }
      }
      return false;
    }
  }

  /** Most ascents of a cell that cannot be split: the last of them are as good as exact. */
  private static final int TRIES = 64;

  /** How often {@code most} rows it may take, if the share that is proved promises an end. */
  private static final double PATIENCE = 2;

  /** Length of the steps of an ascent over that of the last one of the same cell. */
  private static final double SHORTER = 0.85;

  /**
   * Lengths of the steps of a cell's ascents where smooth functions are cut, relative to others:
   * their multipliers are small, and long steps pass them by.
   */
  static final float[] CUT_RATES = {0.1f, 0.05f, 0.02f};

  private static final Comparator<Node> WORST =
      Comparator.<Node>comparingDouble(n -> n.bound).thenComparingLong(n -> n.order);

  final Decision decision;
  private final Start all;
  private final List<Clause> clauses;
  private final boolean records;
  private final PriorityQueue<Node> open = new PriorityQueue<>(WORST);
  private final List<List<Closed>> closed = new ArrayList<>();
  private final List<Node> inOrder = new ArrayList<>();
  private final double[] least;
  private long rows;
  private final long most;
  private boolean stuck;
  private long numbered;

  /**
   * @param all describes the logits
   * @param clauses of one problem that are open, with rows over its whole region
   * @param most rows that are bounded; more if an end is in sight
   */
  CellTree(Start all, List<Clause> clauses, long most) {
    this.all = all;
    this.clauses = clauses;
    this.decision = clauses.get(0).decision;
    this.records = decision.site.ledger != null;
    this.most = most;
    this.least = new double[clauses.size()];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    Node root = new Node(this, null, decision.site, Row.Cell.WHOLE);
    for (int c = 0; c < clauses.size(); c++) {
      closed.add(new ArrayList<>());
      root.rows.add(clauses.get(c).rows());
      root.numbers.add(List.of());
      root.bounds[c] = decision.bounds[clauses.get(c).number()];
    }
    root.take();
    open.add(root);
  }

  boolean grows() {
    return !open.isEmpty()
        && !stuck
        && !decision.owner.over
        && decision.owner.left > 1
        && (rows < most || rows < most * PATIENCE * (1 - left()));
  }

  /** Returns the share of the region that is left: halves count half as much, clauses alike. */
  private double left() {
    double left = 0;
    for (Node n : open) {
      double clause = StrictMath.scalb(1.0 / n.bounds.length, -n.cell.depth());
      for (double b : n.bounds) {
        left += b > 0 ? 0 : clause;
      }
    }
    return left;
  }

  /** Takes some of its worst leaves and returns their halves, which are to be bounded. */
  List<Node> worst(int count) {
    List<Node> halves = new ArrayList<>();
    int allowed = Math.min(count, decision.owner.left / 2);
    for (int n = 0; n < allowed && !open.isEmpty(); n++) {
      Node node = open.poll();
      if (node.branch < 0 || node.cell.depth() == RowPrograms.DEPTH) {
        node.tries++;
        halves.add(node);
        continue;
      }
      int bend = all.bendOf(node.branch);
      int start = all.bends().get(bend).start();
      for (int sign : new int[] {1, -1}) {
        Node half =
            new Node(this, node, node.site.cell(), node.cell.and(node.branch, sign, node.point));
        if (start >= 0) {
          half.site.restrict(start, node.branch - all.offset(bend), sign, node.point);
        }
        half.order = ++numbered;
        half.bound = node.bound;
        halves.add(half);
      }
    }
    return halves;
  }

  /** Counts rows that were bounded. */
  void count(int more) {
    rows += more;
    decision.owner.left = (int) Math.max(0, decision.owner.left - (long) more);
  }

  /** Takes a cell that was bounded. */
  void take(Node node) {
    decision.owner.nodes++;
    if (node.site != decision.site) {
      decision.site.iterations += node.site.iterations;
      node.site.iterations = 0;
    }
    if (records && node.tries == 0) {
      inOrder.add(node);
    }
    if (node.site.isEmpty()) {
      for (int c = 0; c < node.bounds.length; c++) {
        if (!(node.bounds[c] > 0)) {
          close(node, c, 0, Double.POSITIVE_INFINITY, node.numbers.get(c).get(0));
        }
      }
    } else if (node.isOpen()) {
      stuck |= node.tries == TRIES || node.branch < 0 && node.cannotClimb();
      open.add(node);
    }
  }

  private void close(Node node, int clause, int row, double bound, Row.Numbers numbers) {
    least[clause] = Math.min(least[clause], bound);
    if (records) {
      closed.get(clause).add(new Closed(node, row, new Ledger.Proof(node.cell, numbers)));
    }
  }

  /** Asks about the points that the rows of a cell point to. */
  void ask(Witness witness, Node node) {
    for (int c = 0; c < node.rows.size(); c++) {
      decision.ask(witness, clauses.get(c).number(), node.rows.get(c));
    }
  }

  /** Hands what was found to the decision. */
  void finish() {
    decision.stuck |= stuck;
    Set<Node> used = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int c = 0; c < clauses.size(); c++) {
      double bound = least[c];
      for (Node n : open) {
        bound = Math.min(bound, n.bounds[c]);
      }
      boolean proved = bound > 0;
      decision.take(clauses.get(c).number(), bound);
      for (Closed one : proved ? closed.get(c) : List.<Closed>of()) {
        for (Node n = one.node(); n != null && used.add(n); ) {
          n = n.parent;
        }
      }
    }
    if (records) {
      write(used);
    }
  }

  private void write(Set<Node> used) {
    Ledger ledger = decision.site.ledger;
    for (Node n : inOrder) {
      if (used.contains(n)) {
        n.found.forEach(f -> ledger.tightened(n.cell, f.start(), f.unit(), f.proof()));
      }
    }
    for (int c = 0; c < clauses.size(); c++) {
      int number = clauses.get(c).number();
      Map<Integer, List<Ledger.Proof>> byRow = new TreeMap<>();
      for (Closed one : closed.get(c)) {
        byRow.computeIfAbsent(one.row(), r -> new ArrayList<>()).add(one.proof());
      }
      if (decision.refuted(number)) {
        List<Row.Objective> objectives = clauses.get(c).objectives();
        byRow.forEach((r, proofs) -> ledger.proved(number, objectives.get(r), proofs));
      }
    }
  }
}
