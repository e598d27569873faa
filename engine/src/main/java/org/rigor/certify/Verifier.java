// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * Decision of problems for M networks: which of their clauses no point of the box fulfils. Bounds
 * are in real arithmetic, computed in F64 with rounding enclosed; what a problem's outcome is does
 * not depend on the problems around it. Kept between calls, so that programs are compiled once.
 */
public final class Verifier implements AutoCloseable {
  /** Steps of an ascent. */
  private static final int STEPS = 6;

  /** Ascents of a margin before its box is split. */
  private static final int ASCENTS = 3;

  private static final int CPU_SLOTS = 8;
  private static final int SLOTS = 512;

  private final Models networks;
  private final int inputs;
  private final int classes;
  private Bounder bounder;
  private boolean reads;

  /**
   * @param networks M of them, which must stay open while this is used
   */
  public Verifier(Models networks) {
    this.networks = networks;
    this.inputs = Math.toIntExact(networks.network().input().size());
    this.classes = networks.network().outputs();
  }

  /** Searches without keeping evidence; see the other. */
  public List<List<Outcome>> run(List<Problem> problems, Budget budget, Witness witness) {
    return run(problems, budget, witness, false);
  }

  /**
   * Searches all problems for all models, together.
   *
   * @param budget of each problem of each model
   * @param witness asked about points that the search comes upon, on the calling thread
   * @param evidence whether to keep what proves the outcomes, of networks from ONNX files
   * @return by model and problem
   * @throws IllegalArgumentException if a problem is of another size than the networks
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   */
  public List<List<Outcome>> run(
      List<Problem> problems, Budget budget, Witness witness, boolean evidence) {
    problems.forEach(this::check);
    prepare(problems.stream().anyMatch(Problem::readsInputs));
    List<List<Outcome>> all = new ArrayList<>();
    for (int m = 0; m < networks.count(); m++) {
      all.add(new ArrayList<>());
    }
    for (int from = 0; from < problems.size(); from += Bounder.SITES) {
      int to = Math.min(problems.size(), from + Bounder.SITES);
      for (Decision d : new Part(problems, from, to, budget, witness).decide(evidence)) {
        all.get(d.model).add(d.outcome(0));
      }
    }
    return all;
  }

  private void prepare(boolean readsInputs) {
    if (bounder == null || readsInputs && !reads) {
      close();
      reads = readsInputs;
      int slots = networks.device().info().gpu() ? SLOTS : CPU_SLOTS;
      Stage.Setup setup = new Stage.Setup(networks, Box.NONE, Norm.LINF, slots);
      bounder = new Bounder(new Bounder.Plan(setup, STEPS, reads, false));
    }
  }

  private void check(Problem p) {
    boolean rows = Arrays.stream(p.outputs()).allMatch(r -> r.length == classes);
    boolean readings = Arrays.stream(p.inputs()).allMatch(r -> r.length == inputs);
    if (p.lower().length != inputs || !rows || !readings) {
      throw new IllegalArgumentException(
          "verify: the networks have %d inputs and %d outputs, the problem another number"
              .formatted(inputs, classes));
    }
  }

  /** Problems that are decided together. */
  private final class Part {
    private final Budget budget;
    private final Witness witness;
    private final List<Decision> decisions = new ArrayList<>();
    private final List<List<Site>> regions = new ArrayList<>();

    Part(List<Problem> problems, int from, int to, Budget budget, Witness witness) {
      this.budget = budget;
      this.witness = witness;
      for (int m = 0; m < networks.count(); m++) {
        List<Site> own = new ArrayList<>();
        for (int i = from; i < to; i++) {
          Problem p = problems.get(i);
          decisions.add(new Decision(m, i, own.size(), p, budget));
          own.add(Site.of(p.lower(), p.upper()));
        }
        regions.add(own);
      }
    }

    List<Decision> decide(boolean evidence) {
      List<List<Site>> sites = bounder.root(regions);
      new Tightening(bounder, evidence ? ledgers(sites) : List.of()).run(sites);
      grow(margins());
      return decisions;
    }

    private List<List<Ledger>> ledgers(List<List<Site>> sites) {
      List<List<Ledger>> all =
          sites.stream().map(own -> own.stream().map(bounder::ledger).toList()).toList();
      decisions.forEach(d -> d.owner.ledger = all.get(d.model).get(d.site));
      return all;
    }

    /** Bounds the rows of all open clauses; returns a tree for each that stays open. */
    private List<Tree> margins() {
      List<Clause> clauses = new ArrayList<>();
      for (Decision d : decisions) {
        for (int c : d.open()) {
          clauses.add(new Clause(d, c));
        }
      }
      for (int i = 0; i < ASCENTS; i++) {
        List<Clause> open = clauses.stream().filter(Clause::isOpen).toList();
        open.forEach(Clause::again);
        bounder.rows(bounder.margins(), open.stream().flatMap(c -> c.rows.stream()).toList(), true);
        open.forEach(c -> c.take(witness));
      }
      return clauses.stream().filter(Clause::isOpen).map(c -> c.tree(budget)).toList();
    }

    private void grow(List<Tree> trees) {
      Map<Tree.Owner, Decision> owners = new IdentityHashMap<>();
      decisions.forEach(d -> owners.put(d.owner, d));
      new Forest(bounder, bounder.margins(), budget)
          .grow(trees, one -> owners.get(one.tree.owner).ask(witness, one.tree.number, one.rows));
      trees.forEach(t -> owners.get(t.owner).take(t.number, t.bound()));
    }
  }

  /** Rows of a clause over the whole box. */
  private static final class Clause {
    private final Decision decision;
    private final int number;
    private final List<Row.Objective> objectives;
    private List<Row> rows = List.of();

    Clause(Decision decision, int number) {
      this.decision = decision;
      this.number = number;
      this.objectives = decision.objectives(number);
    }

    boolean isOpen() {
      return decision.isOpen() && !decision.refuted(number);
    }

    /** Makes rows that go on from where the last ones ended. */
    void again() {
      List<Row> next = new ArrayList<>();
      for (int i = 0; i < objectives.size(); i++) {
        Row.Numbers given = rows.isEmpty() ? null : rows.get(i).found;
        next.add(
            Row.margin(decision.model, decision.site, Row.Cell.WHOLE, objectives.get(i), given));
      }
      rows = next;
    }

    void take(Witness witness) {
      rows.forEach(r -> decision.take(number, r.bound));
      decision.owner.keep(number, rows);
      decision.ask(witness, number, rows);
    }

    Tree tree(Budget budget) {
      return new Tree(
          decision.model, decision.site, decision.owner, number, objectives, rows, budget.nodes());
    }
  }

  @Override
  public void close() {
    if (bounder != null) {
      bounder.close();
      bounder = null;
    }
  }
}
