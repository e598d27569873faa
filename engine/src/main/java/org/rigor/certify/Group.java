// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Problems whose rows are bounded together, at most {@link Bounder#SITES} of each model. */
final class Group {
  /** Ascents of a clause before its box is split. */
  private static final int ASCENTS = 3;

  /** Leaves of a clause's tree in a round. */
  private static final int LEAVES = 32;

  /** Share of a region that is left when the end of a clause's tree is in sight. */
  private static final double SIGHT = 0.25;

  /** How many times the cells of a phase such a tree may have. */
  private static final int SIGHTED = 4;

  private final Bounder bounder;
  private final long room;
  private final Budget budget;
  private final Witness witness;
  private final Consumer<Decision> settle;
  private final List<Decision> decisions = new ArrayList<>();
  private final List<List<Site>> sites = new ArrayList<>();

  /**
   * @param decisions by model, each with a box of its own
   * @param room bytes that leaves with sides of their own may take
   * @param settle told of decisions after each step
   */
  Group(
      Bounder bounder,
      List<List<Decision>> decisions,
      long room,
      Budget budget,
      Witness witness,
      Consumer<Decision> settle) {
    this.bounder = bounder;
    this.room = room;
    this.budget = budget;
    this.witness = witness;
    this.settle = settle;
    for (List<Decision> own : decisions) {
      List<Site> boxes = new ArrayList<>();
      for (Decision d : own) {
        d.place = boxes.size();
        boxes.add(d.site);
      }
      sites.add(boxes);
      this.decisions.addAll(own);
    }
  }

  /**
   * Decides what CROWN's sides of hidden units suffice for, with an ascent of each clause. Boxes
   * whose sides are known were looked at before.
   */
  void look() {
    List<Decision> fresh = decisions.stream().filter(d -> d.site.lower == null).toList();
    root();
    bounder.load(sites);
    List<Clause> all = clauses(fresh);
    margins(all, 1);
    all.forEach(Clause::end);
    fresh.forEach(settle);
    fresh.stream().filter(Decision::isOpen).forEach(Decision::restart);
  }

  private void root() {
    List<List<Site>> fresh = where(s -> s.lower == null);
    if (fresh.stream().anyMatch(own -> !own.isEmpty())) {
      bounder.root(fresh);
    }
  }

  private List<List<Site>> where(Predicate<Site> which) {
    return sites.stream().map(own -> own.stream().filter(which).toList()).toList();
  }

  private static List<Clause> clauses(List<Decision> decisions) {
    List<Clause> all = new ArrayList<>();
    for (Decision d : decisions) {
      for (int c : d.open()) {
        all.add(new Clause(d, c));
      }
    }
    return all;
  }

  /** Searches phase by phase until all is decided or the budget is spent. */
  void decide(List<Verifier.Phase> phases) {
    root();
    List<List<Site>> loose = where(s -> !s.tight);
    if (loose.stream().anyMatch(own -> !own.isEmpty())) {
      new Tightening(bounder, loose).run();
      loose.forEach(own -> own.forEach(s -> s.tight = true));
    }
    bounder.load(sites);
    List<Clause> all = clauses(decisions);
    decide(new ArrayList<>(all), phases);
    all.forEach(Clause::end);
  }

  private void decide(List<Clause> clauses, List<Verifier.Phase> phases) {
    margins(clauses, ASCENTS);
    decisions.forEach(settle);
    for (int p = 0; p < phases.size(); p++) {
      int number = p;
      clauses.removeIf(c -> !c.isOpen() || c.decision.owner.left < 2);
      if (clauses.isEmpty() || budget.isOver()) {
        return;
      }
      phase(clauses.stream().filter(c -> c.decision.site.phases <= number).toList(), phases.get(p));
      decisions.forEach(settle);
      for (Decision d : decisions) {
        if (d.owner.left > 0 && !budget.isOver() && p < phases.size() - 1) {
          d.site.phases = Math.max(d.site.phases, p + 1);
        }
      }
    }
  }

  private void phase(List<Clause> clauses, Verifier.Phase phase) {
    if (phase.units() > 0) {
      refine(clauses, phase.units());
      margins(clauses, ASCENTS);
    }
    if (phase.cells() > 0) {
      grow(clauses, phase.cells());
    }
    if (phase.rows() > 0) {
      branch(clauses, phase.rows());
    }
  }

  private void refine(List<Clause> clauses, int nodes) {
    Set<Site> open = new HashSet<>();
    clauses.stream()
        .filter(c -> c.isOpen() && c.decision.owner.left > 0)
        .forEach(c -> open.add(c.decision.site));
    new Tightening(bounder, sites).refine(open::contains, nodes, budget);
  }

  private void margins(List<Clause> clauses, int ascents) {
    for (int i = 0; i < ascents; i++) {
      List<Clause> open = clauses.stream().filter(Clause::isOpen).toList();
      List<Row> rows = open.stream().flatMap(c -> c.again().stream()).toList();
      bounder.rows(bounder.margins(), rows, true);
      open.forEach(c -> c.take(witness));
    }
  }

  private void branch(List<Clause> clauses, long rows) {
    Map<Decision, List<Clause>> open = new LinkedHashMap<>();
    clauses.stream()
        .filter(Clause::isOpen)
        .forEach(c -> open.computeIfAbsent(c.decision, d -> new ArrayList<>()).add(c));
    Start logits = bounder.start(bounder.margins());
    List<CellTree> trees =
        open.values().stream()
            .map(own -> new CellTree(logits, own, rows, room / open.size()))
            .toList();
    new CellForest(bounder, budget)
        .grow(
            trees,
            witness,
            tree -> {
              tree.finish();
              settle.accept(tree.decision);
            });
    bounder.load(sites);
  }

  private void grow(List<Clause> clauses, int nodes) {
    Map<Tree, Clause> owners = new IdentityHashMap<>();
    List<Tree> trees = new ArrayList<>();
    for (Clause c : clauses) {
      if (c.isOpen()) {
        Tree t = c.tree(nodes);
        trees.add(t);
        owners.put(t, c);
      }
    }
    Forest forest = new Forest(bounder, bounder.margins(), LEAVES, budget);
    forest.grow(trees, one -> owners.get(one.tree).ask(witness, one));
    trees.stream().filter(t -> t.left() < SIGHT).forEach(t -> t.allow(SIGHTED * nodes));
    forest.grow(trees, one -> owners.get(one.tree).ask(witness, one));
    trees.forEach(t -> owners.get(t).takeTree());
  }
}
