// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.certify.Evidence;
import org.rigor.property.Property;
import org.rigor.property.RoundedProblem;

/**
 * What is known of properties: which of their clauses are refuted, with which bounds, and which
 * properties are decided. A property has a problem for each of its boxes.
 */
final class Board {
  private final List<Property> properties;
  private final long start = System.nanoTime();
  private final Decider.Listener listener;
  private final List<Integer> owner = new ArrayList<>();
  private final List<RoundedProblem> problems = new ArrayList<>();
  private final List<boolean[]> refuted = new ArrayList<>();
  private final List<double[]> bounds = new ArrayList<>();
  private final List<List<Evidence>> evidence = new ArrayList<>();
  private final long[] nodes;
  private final long[] iterations;
  private final boolean[] decided;

  Board(List<Property> properties, Decider.Listener listener) {
    this.properties = properties;
    this.listener = listener;
    this.nodes = new long[properties.size()];
    this.iterations = new long[properties.size()];
    this.decided = new boolean[properties.size()];
    for (int i = 0; i < decided.length; i++) {
      evidence.add(new ArrayList<>());
      for (RoundedProblem p : RoundedProblem.of(properties.get(i))) {
        owner.add(i);
        problems.add(p);
        refuted.add(new boolean[p.clauses().length]);
        double[] own = new double[p.clauses().length];
        Arrays.fill(own, Double.NEGATIVE_INFINITY);
        bounds.add(own);
      }
    }
  }

  /** Returns {@link System#nanoTime} at which the job began. */
  long start() {
    return start;
  }

  List<Property> properties() {
    return properties;
  }

  List<RoundedProblem> problems() {
    return problems;
  }

  /** Returns the clauses that are refuted, by problem. */
  List<boolean[]> refuted() {
    return refuted;
  }

  /** Returns the property that a problem belongs to. */
  int owner(int problem) {
    return owner.get(problem);
  }

  boolean decided(int property) {
    return decided[property];
  }

  /** Returns whether some property with a problem is not decided. */
  boolean left() {
    return !problems.isEmpty() && IntStream.range(0, decided.length).anyMatch(i -> !decided[i]);
  }

  /** Returns whether a clause is to be decided. */
  boolean open(int problem, int clause) {
    return !decided[owner(problem)] && !refuted.get(problem)[clause];
  }

  /** Returns the clauses of a problem that are to be decided. */
  int[] open(int problem) {
    return IntStream.range(0, refuted.get(problem).length).filter(c -> open(problem, c)).toArray();
  }

  /** Returns all clauses that are to be decided. */
  List<ClauseAttack.Target> targets() {
    List<ClauseAttack.Target> targets = new ArrayList<>();
    for (int p = 0; p < problems.size(); p++) {
      for (int c : open(p)) {
        targets.add(new ClauseAttack.Target(p, c));
      }
    }
    return targets;
  }

  /** Takes a lower side of the largest row of a clause, and whether no point is in the clause. */
  void bound(int problem, int clause, double bound, boolean none) {
    double[] own = bounds.get(problem);
    own[clause] = Math.max(own[clause], bound);
    refuted.get(problem)[clause] |= none;
  }

  void count(int problem, long more, long steps) {
    nodes[owner(problem)] += more;
    iterations[owner(problem)] += steps;
  }

  void keep(int problem, Evidence e) {
    evidence.get(owner(problem)).add(e);
  }

  /** Says which properties have no clause left. */
  void sayVerified() {
    boolean[] open = new boolean[decided.length];
    for (int p = 0; p < problems.size(); p++) {
      open[owner(p)] |= open(p).length > 0;
    }
    for (int i = 0; i < decided.length; i++) {
      boolean rows = properties.get(i).clauses().stream().noneMatch(c -> c.rows().isEmpty());
      if (!decided[i] && !open[i] && rows) {
        String by = nodes[i] == 0 ? "bounds" : "search";
        say(i, Verdict.Answer.VERIFIED, Optional.empty(), by);
      }
    }
  }

  /** Decides a property, or leaves it. */
  void say(int property, Verdict.Answer answer, Optional<Counterexample> found, String by) {
    decided[property] = true;
    double worst = Double.POSITIVE_INFINITY;
    int out = 0;
    int all = 0;
    for (int p = 0; p < problems.size(); p++) {
      for (int c = 0; c < refuted.get(p).length && owner(p) == property; c++) {
        all++;
        out += refuted.get(p)[c] ? 1 : 0;
        worst = Math.min(worst, bounds.get(p)[c]);
      }
    }
    listener.decided(
        property,
        new Verdict(
            answer,
            found,
            out,
            Math.max(all, properties.get(property).clauses().size()),
            worst,
            by,
            nodes[property],
            iterations[property],
            (System.nanoTime() - start) / 1e9,
            List.copyOf(evidence.get(property))));
    evidence.get(property).clear();
  }
}
