// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** State of a problem of a model while it is decided. */
final class Decision {
  final int model;

  /** Number of the problem in the list handed to the verifier. */
  final int problem;

  /** Place of its box among those that are loaded. */
  int place;

  /** Its box; null before it is looked at, and where memory had no room for it since. */
  Site site;

  final Problem of;
  final Tree.Owner owner;
  final double[] bounds;
  private final List<Evidence> evidence = new ArrayList<>();

  /** Clauses that are in the evidence. */
  private final boolean[] written;

  /** Steps of ascent of boxes that it had before, and of this one before it was its. */
  private long spent;

  private long before;
  private boolean violated;

  /** Whether a clause is open that no splits decide. */
  boolean stuck;

  /** Whether cells took all the room that they may on the host. */
  boolean full;

  /** Whether someone was told of its outcome. */
  boolean told;

  /** Bytes that its box was counted with. */
  long bytes;

  Decision(int model, int problem, Problem of, Budget budget) {
    this.model = model;
    this.problem = problem;
    this.of = of;
    this.owner = new Tree.Owner(budget.nodes(), false);
    this.bounds = new double[of.clauses().length];
    this.written = new boolean[bounds.length];
    Arrays.fill(bounds, Double.NEGATIVE_INFINITY);
  }

  /** Takes a box, on which other problems may have been decided. */
  void begin(Site own) {
    site = own;
    before = own.iterations;
    own.owner = owner;
    if (own.ledger != null) {
      own.ledger.begin();
    }
  }

  /** Begins anew on its box, whose slopes are chosen again; what is refuted stays. */
  void restart() {
    write();
    if (site.ledger != null) {
      site.ledger.begin();
    }
    site.restart();
  }

  /** Lets go of its box. */
  void end() {
    write();
    spent += site.iterations - before;
    site.end();
    site = null;
    bytes = 0;
  }

  /** Writes down what proves the clauses that were refuted since. */
  private void write() {
    int[] proved =
        IntStream.range(0, bounds.length).filter(c -> refuted(c) && !written[c]).toArray();
    if (site != null && site.ledger != null && proved.length > 0) {
      evidence.add(site.ledger.evidence(proved));
      IntStream.of(proved).forEach(c -> written[c] = true);
    }
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
    write();
    boolean[] refuted = new boolean[bounds.length];
    for (int c = 0; c < bounds.length; c++) {
      refuted[c] = refuted(c);
    }
    Outcome.End end =
        violated
            ? Outcome.End.VIOLATED
            : open().length == 0
                ? Outcome.End.REFUTED
                : stuck ? Outcome.End.STUCK : full ? Outcome.End.MEMORY : Outcome.End.BUDGET;
    long steps = spent + (site == null ? 0 : site.iterations - before);
    return new Outcome(refuted, bounds, end, owner.nodes, steps, List.copyOf(evidence));
  }
}
