// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;

/**
 * Cells that cover the region of a problem, for all its open clauses together, each with sides of
 * its own: what a split tightens in one layer, those above it gain from. It grows by its own worst
 * leaves, so that it does not depend on the trees around it.
 */
final class CellTree {
  /** Most ascents of a cell that cannot be split: the last of them are as good as exact. */
  private static final int TRIES = 64;

  /** Bytes of a leaf besides its sides, about. */
  private static final long LEAF = 1 << 13;

  /** How often {@code most} rows it may take, if the share that is proved promises an end. */
  private static final double PATIENCE = 2;

  private static final Comparator<CellNode> WORST =
      Comparator.<CellNode>comparingDouble(n -> n.bound).thenComparingLong(n -> n.order);

  final Decision decision;
  final Start all;
  final List<Clause> clauses;
  final boolean records;
  private final PriorityQueue<CellNode> open = new PriorityQueue<>(WORST);
  private final List<List<CellNode.Closed>> closed = new ArrayList<>();
  private final List<CellNode> inOrder = new ArrayList<>();
  private final double[] least;
  private long rows;
  private final long most;
  private boolean stuck;
  private final long room;
  private long numbered;

  /** Leaves of which something was begun before it was their turn. */
  private int early;

  /**
   * @param all describes the logits
   * @param clauses of one problem that are open, with rows over its whole region
   * @param most rows that are bounded; more if an end is in sight
   * @param room bytes that its leaves may take on the host, but for their rows' numbers
   */
  CellTree(Start all, List<Clause> clauses, long most, long room) {
    this.room = room;
    this.all = all;
    this.clauses = clauses;
    this.decision = clauses.get(0).decision;
    this.records = decision.site.ledger != null;
    this.most = most;
    this.least = new double[clauses.size()];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    CellNode root = new CellNode(this, null, decision.site, Row.Cell.WHOLE);
    for (int c = 0; c < clauses.size(); c++) {
      closed.add(new ArrayList<>());
      root.rows.add(clauses.get(c).rows());
      clauses.get(c).rows().forEach(r -> Row.Numbers.keep(r.found));
      root.numbers.add(List.of());
      root.bounds[c] = decision.bounds[clauses.get(c).number()];
    }
    root.take();
    root.closed.forEach(this::close);
    root.closed.clear();
    open.add(root);
  }

  /** Returns whether its leaves take all the room that they may. */
  boolean isFull() {
    return open.size() * (LEAF + decision.site.sides()) > room;
  }

  boolean grows() {
    return !open.isEmpty()
        && !stuck
        && !isFull()
        && !decision.owner.over
        && decision.owner.left > 1
        && (rows < most || rows < most * PATIENCE * (1 - left()));
  }

  /** Returns the share of the region that is left: halves count half as much, clauses alike. */
  private double left() {
    double left = 0;
    for (CellNode n : open) {
      double clause = StrictMath.scalb(1.0 / n.bounds.length, -n.cell.depth());
      for (double b : n.bounds) {
        left += b > 0 ? 0 : clause;
      }
    }
    return left;
  }

  /** Takes some of its worst leaves and returns what is to be bounded of them: their halves. */
  List<CellNode> worst(int count) {
    List<CellNode> halves = new ArrayList<>();
    int allowed = Math.min(count, decision.owner.left / 2);
    for (int n = 0; n < allowed && !open.isEmpty(); n++) {
      CellNode node = open.poll();
      if (node.ahead == null && !node.splits()) {
        node.tries++;
        halves.add(node);
        continue;
      }
      List<CellNode> next = node.ahead == null ? halves(node) : node.ahead;
      early -= node.ahead == null ? 0 : 1;
      node.ahead = null;
      for (CellNode one : next) {
        one.order = node.splits() ? ++numbered : node.order;
      }
      halves.addAll(next);
      node.end();
    }
    return halves;
  }

  private List<CellNode> halves(CellNode node) {
    List<CellNode> two = new ArrayList<>();
    int bend = all.bendOf(node.branch);
    int start = all.bends().get(bend).start();
    for (int sign : new int[] {1, -1}) {
      CellNode half =
          new CellNode(this, node, node.site.cell(), node.cell.and(node.branch, sign, node.point));
      if (start >= 0) {
        half.site.restrict(start, node.branch - all.offset(bend), sign, node.point);
      }
      half.bound = node.bound;
      two.add(half);
    }
    return two;
  }

  /**
   * Returns what is to be bounded ahead of its turn: of leaves whose turn comes next, as far as is
   * known, the halves, or the same cells again. It counts once it is its turn.
   *
   * @param count most leaves
   */
  List<CellNode> early(int count) {
    List<CellNode> all = new ArrayList<>();
    if (!grows()) {
      return all;
    }
    int allowed = Math.min(count, decision.owner.left / 2 - early);
    List<CellNode> seen = new ArrayList<>();
    for (int n = 0; n < allowed && !open.isEmpty(); ) {
      CellNode node = open.poll();
      seen.add(node);
      if (node.ahead == null && (node.splits() || node.site != decision.site)) {
        node.ahead = node.splits() ? halves(node) : List.of(node.again());
        all.addAll(node.ahead);
        early++;
        n++;
      }
    }
    open.addAll(seen);
    return all;
  }

  /** Takes a cell that was bounded. */
  void take(CellNode node) {
    rows += node.spent;
    decision.owner.left = (int) Math.max(0, decision.owner.left - (long) node.spent);
    node.spent = 0;
    node.closed.forEach(this::close);
    node.closed.clear();
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
          close(
              new CellNode.Closed(
                  node, c, 0, Double.POSITIVE_INFINITY, node.numbers.get(c).get(0)));
        }
      }
      node.end();
    } else if (node.isOpen()) {
      stuck |= node.tries == TRIES || node.branch < 0 && node.cannotClimb();
      open.add(node);
    } else {
      node.end();
    }
  }

  private void close(CellNode.Closed one) {
    least[one.clause()] = Math.min(least[one.clause()], one.bound());
    if (records) {
      closed.get(one.clause()).add(one);
      Row.Numbers.keep(one.numbers());
    }
  }

  /** Asks about the points that the rows of a cell point to. */
  void ask(Witness witness, CellNode node) {
    for (int c = 0; c < node.rows.size(); c++) {
      decision.ask(witness, clauses.get(c).number(), node.rows.get(c));
    }
  }

  /** Hands what was found to the decision. */
  void finish() {
    decision.stuck |= stuck;
    decision.full |= isFull();
    open.forEach(CellNode::end);
    Set<CellNode> used = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int c = 0; c < clauses.size(); c++) {
      double bound = least[c];
      for (CellNode n : open) {
        bound = Math.min(bound, n.bounds[c]);
      }
      boolean proved = bound > 0;
      decision.take(clauses.get(c).number(), bound);
      for (CellNode.Closed one : proved ? closed.get(c) : List.<CellNode.Closed>of()) {
        for (CellNode n = one.node(); n != null && used.add(n); ) {
          n = n.parent;
        }
      }
    }
    if (records) {
      write(used);
      inOrder.forEach(CellNode::forget);
      closed.forEach(own -> own.forEach(c -> Row.Numbers.drop(c.numbers())));
    }
  }

  private void write(Set<CellNode> used) {
    Ledger ledger = decision.site.ledger;
    for (CellNode n : inOrder) {
      if (used.contains(n)) {
        n.found.forEach(f -> ledger.tightened(n.cell, f.start(), f.unit(), f.proof()));
      }
    }
    for (int c = 0; c < clauses.size(); c++) {
      int number = clauses.get(c).number();
      Map<Integer, List<Ledger.Proof>> byRow = new TreeMap<>();
      for (CellNode.Closed one : closed.get(c)) {
        byRow.computeIfAbsent(one.row(), r -> new ArrayList<>()).add(one.proof());
      }
      if (decision.refuted(number)) {
        List<Row.Objective> objectives = clauses.get(c).objectives();
        byRow.forEach((r, proofs) -> ledger.proved(number, objectives.get(r), proofs));
      }
    }
  }
}
