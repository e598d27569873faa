// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** State of a problem of a model while it is decided. */
final class Decision {
  final int model;

  /** Number of the problem in the list handed to the verifier. */
  final int problem;

  /** Place of its box among those that are loaded. */
  final int place;

  final Site site;

  final Tree.Owner owner;
  final double[] bounds;
  private final Problem of;
  private final long before;
  private boolean violated;

  /** Whether a clause is open that no splits decide. */
  boolean stuck;

  Decision(int model, int problem, int place, Site site, Problem of, Budget budget) {
    this.model = model;
    this.problem = problem;
    this.place = place;
    this.site = site;
    this.of = of;
    this.owner = new Tree.Owner(budget.nodes(), false);
    this.before = site.iterations;
    site.owner = owner;
    if (site.ledger != null) {
      site.ledger.begin();
    }
    this.bounds = new double[of.clauses().length];
    Arrays.fill(bounds, Double.NEGATIVE_INFINITY);
  }

  boolean refuted(int clause) {
    return bounds[clause] > 0;
  }

  boolean isOpen() {
    return !violated && !owner.over && open().length > 0;
  }

  /** Returns the clauses that are not refuted. */
  int[] open() {
    return IntStream.range(0, bounds.length).filter(c -> !refuted(c)).toArray();
  }

  /** Returns the coefficients of a clause's rows. */
  List<Row.Objective> objectives(int clause) {
    List<Row.Objective> rows = new ArrayList<>();
    for (int r : of.clauses()[clause]) {
      rows.add(
          new Row.Objective(
              of.outputs()[r], of.readsInputs() ? of.inputs()[r] : null, of.constants()[r]));
    }
    return rows;
  }

  /** Takes lower sides of a clause's rows over the whole box. */
  void take(int clause, double bound) {
    bounds[clause] = bound > bounds[clause] ? bound : bounds[clause];
  }

  /** Asks about the points that rows of a clause point to. */
  void ask(Witness witness, int clause, List<Row> rows) {
    for (Row r : rows) {
      if (!owner.over && r.corner != null && witness.violates(model, problem, clause, r.corner)) {
        violated = true;
        owner.over = true;
      }
    }
  }

  Outcome outcome() {
    boolean[] refuted = new boolean[bounds.length];
    for (int c = 0; c < bounds.length; c++) {
      refuted[c] = refuted(c);
    }
    Outcome.End end =
        violated
            ? Outcome.End.VIOLATED
            : open().length == 0
                ? Outcome.End.REFUTED
                : stuck ? Outcome.End.STUCK : Outcome.End.BUDGET;
    int[] proved = IntStream.range(0, bounds.length).filter(this::refuted).toArray();
    Optional<Evidence> evidence =
        Optional.ofNullable(site.ledger).map(ledger -> ledger.evidence(proved));
    return new Outcome(refuted, bounds, end, owner.nodes, site.iterations - before, evidence);
  }
}
