// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A cell, and what is known in it. */
final class CellNode {
  /** A side of a unit of a start that holds in a cell; units counted on for negatives. */
  record Found(int start, int unit, Ledger.Proof proof) {}

  /** A cell in which a row of a clause is above 0. */
  record Closed(CellNode node, int clause, int row, double bound, Row.Numbers numbers) {
    Ledger.Proof proof() {
      return new Ledger.Proof(node.cell, numbers);
    }
  }

  /**
   * Lengths of the steps of a cell's ascents where smooth functions are cut, relative to others:
   * their multipliers are small, and long steps pass them by.
   */
  static final float[] CUT_RATES = {0.1f, 0.05f, 0.02f};

  /** Length of the steps of an ascent over that of the last one of the same cell. */
  private static final double SHORTER = 0.85;

  final CellTree tree;
  final Site site;

  /** Elements of the logits' bent values that it restricts. */
  final Row.Cell cell;

  /** Rows of the clauses that are open, by clause, while it is bounded. */
  final List<List<Row>> rows = new ArrayList<>();

  /** Rows that are bounded, whose numbers it has not taken. */
  final List<Row> underway = new ArrayList<>();

  /** Ascents so far, of a cell that cannot be split. */
  int tries;

  final CellNode parent;
  final double[] bounds;
  final List<List<Row.Numbers>> numbers;
  final List<Found> found = new ArrayList<>();

  /** Clauses that were proved in it and that its tree has not taken. */
  final List<Closed> closed = new ArrayList<>();

  final Map<Integer, Row.Cell> below = new HashMap<>();
  double bound = Double.NEGATIVE_INFINITY;
  int branch = -1;

  /** Ascents begun, less one. */
  int ascents = -1;

  double point;
  long order;

  /** Rows that were bounded in it and that its tree has not counted. */
  int spent;

  /** Its rows under way; null if they are not. */
  Pipeline.Task task;

  /** What is bounded in its place, if that was begun before it was its turn; else null. */
  List<CellNode> ahead;

  CellNode(CellTree tree, CellNode parent, Site site, Row.Cell cell) {
    this.tree = tree;
    this.parent = parent;
    this.site = site;
    this.cell = cell;
    this.bounds = parent == null ? new double[tree.clauses.size()] : parent.bounds.clone();
    this.numbers = parent == null ? new ArrayList<>() : new ArrayList<>(parent.numbers);
    numbers.forEach(own -> own.forEach(Row.Numbers::keep));
  }

  /** Returns this cell with an ascent more, which may be given up. */
  CellNode again() {
    CellNode next = new CellNode(tree, this, site, cell);
    site.keep();
    next.tries = tries + 1;
    next.ascents = ascents;
    next.bound = bound;
    return next;
  }

  /** Returns whether it has a value to split and room for one more. */
  boolean splits() {
    return branch >= 0 && cell.depth() < RowPrograms.DEPTH;
  }

  /**
   * Returns the number, among those below the logits, of the bent value that was split last; -1 if
   * it was bounded before.
   */
  int lastSplit() {
    if (tries > 0) {
      return -1;
    }
    Start all = tree.all;
    return all.bends().get(all.bendOf(cell.at()[cell.depth() - 1])).number();
  }

  /** Returns the cell as rows of a start see it. */
  Row.Cell below(Bounder bounder, int k) {
    if (parent == null) {
      return bounder.below(k, Row.Cell.WHOLE, cell);
    }
    Row.Cell known = below.get(k);
    if (known == null) {
      known = bounder.below(k, parent.below(bounder, k), cell);
      below.put(k, known);
    }
    return known;
  }

  boolean cannotClimb() {
    return numbers.stream().flatMap(List::stream).allMatch(Objects::isNull);
  }

  /** Takes a side that holds in the cell; keeps its numbers for cells of this one. */
  void tighten(int start, Row row) {
    spent++;
    if (site.tightened(start, row.unit, row.bound) && tree.records) {
      found.add(new Found(start, row.unit, new Ledger.Proof(row.cell, row.found)));
      Row.Numbers.keep(row.found);
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
      numbers.get(c).forEach(Row.Numbers::drop);
      numbers.set(c, next);
      if (bounds[c] > 0) {
        closed.add(new Closed(this, c, rows.get(c).indexOf(best), bounds[c], best.found));
      } else if (bounds[c] < bound) {
        bound = bounds[c];
        worst = best;
      }
    }
    branch = worst == null ? -1 : worst.branch;
    point = worst == null ? 0 : worst.point;
  }

  /** Counts rows of the clauses that are bounded. */
  void spend(int more) {
    spent += more;
  }

  /** Lets go of what others do not use, and of what was begun in its place. */
  void end() {
    if (ahead != null) {
      ahead.forEach(CellNode::leave);
      ahead = null;
    }
    numbers.forEach(own -> own.forEach(Row.Numbers::drop));
    numbers.clear();
    rows.clear();
    below.clear();
    if (site != tree.decision.site) {
      site.end();
    }
  }

  /** Lets go of everything, wherever its stages are. */
  void leave() {
    underway.forEach(r -> Row.Numbers.drop(r.found));
    underway.clear();
    forget();
    end();
  }

  /** Lets go of the numbers that prove its sides. */
  void forget() {
    found.forEach(f -> Row.Numbers.drop(f.proof().numbers()));
    found.clear();
  }

  boolean isOpen() {
    for (double b : bounds) {
      if (!(b > 0)) {
        return true;
      }
    }
    return false;
  }
}
