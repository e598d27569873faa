// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;

/** A clause of a problem while it is decided: its rows over the whole box, then its tree. */
final class Clause {
  final Decision decision;
  private final int number;
  private final List<Row.Objective> objectives;
  private List<Row> rows = List.of();
  private Tree tree;

  Clause(Decision decision, int number) {
    this.decision = decision;
    this.number = number;
    this.objectives = decision.objectives(number);
  }

  boolean isOpen() {
    return decision.isOpen() && !decision.refuted(number);
  }

  /** Makes rows over the whole box that go on from where the last ones ended. */
  List<Row> again() {
    List<Row> next = new ArrayList<>();
    for (int i = 0; i < objectives.size(); i++) {
      Row.Numbers given = rows.isEmpty() ? null : rows.get(i).found;
      next.add(
          Row.margin(decision.model, decision.place, Row.Cell.WHOLE, objectives.get(i), given));
    }
    rows = next;
    return next;
  }

  int number() {
    return number;
  }

  List<Row.Objective> objectives() {
    return objectives;
  }

  /** Returns the last rows over the whole box. */
  List<Row> rows() {
    return rows;
  }

  /** Takes what was found of the rows. */
  void take(Witness witness) {
    rows.forEach(r -> Row.Numbers.drop(r.given));
    for (int i = 0; i < rows.size() && isOpen(); i++) {
      Row r = rows.get(i);
      decision.take(number, r.bound);
      if (decision.refuted(number) && decision.site.ledger != null) {
        Ledger.Proof whole = new Ledger.Proof(Row.Cell.WHOLE, r.found);
        decision.site.ledger.proved(number, objectives.get(i), List.of(whole));
      }
    }
    decision.ask(witness, number, rows);
  }

  /** Lets go of the numbers of its rows. */
  void end() {
    rows.forEach(r -> Row.Numbers.drop(r.found));
    rows = List.of();
  }

  /** Begins a tree whose root the rows are. */
  Tree tree(int nodes) {
    boolean records = decision.site.ledger != null;
    tree =
        new Tree(
            decision.model,
            decision.place,
            decision.owner,
            number,
            objectives,
            rows,
            nodes,
            records);
    return tree;
  }

  /** Asks about the points that a cell of its tree points to. */
  void ask(Witness witness, Tree.Try one) {
    decision.ask(witness, number, one.rows);
  }

  /** Takes what its tree found. */
  void takeTree() {
    decision.take(number, tree.bound());
    decision.stuck |= tree.isStuck();
    if (tree.proved() && decision.site.ledger != null) {
      List<List<Ledger.Proof>> proofs = tree.proofs();
      for (int r = 0; r < objectives.size(); r++) {
        if (!proofs.get(r).isEmpty()) {
          decision.site.ledger.proved(number, objectives.get(r), proofs.get(r));
        }
      }
    }
    tree.end();
  }
}
