// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.data.Box;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * Decision of problems for M networks: which of their clauses no point of the box fulfils. Bounds
 * are in real arithmetic, computed in F64 with rounding enclosed; what a problem's outcome is does
 * not depend on the problems around it. Kept between calls, so that programs are compiled once and
 * boxes that the last call left open need not be bounded again.
 */
public final class Verifier implements AutoCloseable {
  /** Steps of an ascent. */
  private static final int STEPS = 6;

  /** Ascents of a clause before its box is split. */
  private static final int ASCENTS = 3;

  /** Leaves of a clause's tree in a round. */
  private static final int LEAVES = 32;

  /**
   * Work on a problem between two looks at its clauses.
   *
   * @param units cells for each side of a hidden unit
   * @param cells cells for each clause, all with the sides of the whole region
   * @param rows rows that are bounded in cells with sides of their own
   */
  record Phase(int units, int cells, long rows) {}

  /**
   * Work on a problem until it is decided. Sides of units are what deep networks lack, and cost
   * much where they are not.
   */
  static final List<Phase> PHASES =
      List.of(
          new Phase(0, 40, 0),
          new Phase(12, 0, 1500),
          new Phase(50, 0, 15_000),
          new Phase(200, 0, 100_000),
          new Phase(800, 0, 400_000),
          new Phase(3200, 0, Long.MAX_VALUE));

  /** Share of a region that is left when the end of a clause's tree is in sight. */
  private static final double SIGHT = 0.25;

  /** How many times the cells of a phase such a tree may have. */
  private static final int SIGHTED = 4;

  private static final int CPU_SLOTS = 8;
  private static final int SLOTS = 512;

  private final Models networks;
  private final List<Phase> phases;
  private final Branching branching;
  private final int inputs;
  private final int classes;
  private final int slots;
  private Bounder bounder;
  private boolean reads;

  /** Most rows of a start whose slopes and multipliers stay on the device. */
  int places = Integer.MAX_VALUE;

  private List<List<Site>> kept = List.of();

  /**
   * @param networks M of them, which must stay open, and as they are, while this is used
   */
  public Verifier(Models networks) {
    this(networks, Branching.INTERCEPT);
  }

  /**
   * @param networks M of them, which must stay open, and as they are, while this is used
   * @param branching how cells are split
   */
  public Verifier(Models networks, Branching branching) {
    this(networks, PHASES, branching);
  }

  /**
   * @param phases one after the other
   */
  Verifier(Models networks, List<Phase> phases) {
    this(networks, phases, Branching.INTERCEPT);
  }

  private Verifier(Models networks, List<Phase> phases, Branching branching) {
    this(networks, phases, branching, networks.device().info().gpu() ? SLOTS : CPU_SLOTS);
  }

  /**
   * @param slots regions that are bounded at a time, an eighth of the rows
   */
  Verifier(Models networks, List<Phase> phases, Branching branching, int slots) {
    this.slots = slots;
    this.branching = branching;
    this.networks = networks;
    this.phases = phases;
    this.inputs = Math.toIntExact(networks.network().input().size());
    this.classes = networks.network().outputs();
  }

  /** Told what became of a problem once it is decided, on the calling thread. */
  @FunctionalInterface
  public interface Listener {
    /** Waits for what is returned at the end. */
    Listener NONE = (model, problem, outcome) -> {};

    void decided(int model, int problem, Outcome outcome);
  }

  /** Searches as {@link #run(List, Budget, Witness, boolean, Listener)} does, without evidence. */
  public List<List<Outcome>> run(List<Problem> problems, Budget budget, Witness witness) {
    return run(problems, budget, witness, false, Listener.NONE);
  }

  /**
   * Searches all problems for all models, together.
   *
   * @param budget of each problem of each model
   * @param witness asked about points that the search comes upon, on the calling thread
   * @param evidence whether outcomes are to say how their bounds can be computed again: those that
   *     the listener is told, else those that are returned
   * @param listener is told of problems that are decided before the others
   * @return by model and problem
   * @throws IllegalArgumentException if a problem is of another size than the networks
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   */
  public List<List<Outcome>> run(
      List<Problem> problems, Budget budget, Witness witness, boolean evidence, Listener listener) {
    problems.forEach(this::check);
    prepare(problems.stream().anyMatch(Problem::readsInputs));
    Set<Site> old = Collections.newSetFromMap(new IdentityHashMap<>());
    kept.forEach(old::addAll);
    List<List<Outcome>> all = new ArrayList<>();
    List<List<Site>> used = new ArrayList<>();
    for (int m = 0; m < networks.count(); m++) {
      all.add(new ArrayList<>());
      used.add(new ArrayList<>());
    }
    for (int from = 0; from < problems.size(); from += Bounder.SITES) {
      int to = Math.min(problems.size(), from + Bounder.SITES);
      Part part = new Part(problems, from, to, budget, evidence, listener);
      part.decide(witness);
      part.sites.forEach(old::addAll);
      for (Decision d : part.decisions) {
        boolean known = part.told.contains(d) && listener != Listener.NONE;
        all.get(d.model).add(known ? d.outcome().withoutEvidence() : d.outcome());
        if (d.isOpen() && !used.get(d.model).contains(d.site)) {
          used.get(d.model).add(d.site); // the others' rows would fill memory
        }
      }
    }
    used.forEach(old::removeAll);
    old.forEach(Site::end);
    kept = used;
    return all;
  }

  private void prepare(boolean readsInputs) {
    if (bounder == null || readsInputs && !reads) {
      close();
      reads = readsInputs;
      Stage.Setup setup = new Stage.Setup(networks, Box.NONE, Norm.LINF, slots);
      bounder = new Bounder(new Bounder.Plan(setup, STEPS, reads, false, true, branching));
      bounder.places = places;
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

  /** Returns the box as the last call left it, if it had one that was open. */
  private Site known(int model, Problem p, boolean evidence) {
    for (Site s : model < kept.size() ? kept.get(model) : List.<Site>of()) {
      if (s.isBox(p.lower(), p.upper()) && (s.ledger != null || !evidence)) {
        return s;
      }
    }
    return null;
  }

  /** Problems that are decided together. */
  private final class Part {
    private final Budget budget;
    private final Listener listener;
    private final List<Decision> decisions = new ArrayList<>();
    private final Set<Decision> told = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<List<Site>> sites = new ArrayList<>();
    private final List<List<Site>> fresh = new ArrayList<>();

    Part(
        List<Problem> problems,
        int from,
        int to,
        Budget budget,
        boolean evidence,
        Listener listener) {
      this.budget = budget;
      this.listener = listener;
      for (int m = 0; m < networks.count(); m++) {
        List<Site> own = new ArrayList<>();
        List<Site> unknown = new ArrayList<>();
        for (int i = from; i < to; i++) {
          Problem p = problems.get(i);
          Site site = known(m, p, evidence);
          if (site == null || own.contains(site)) {
            site = Site.of(p.lower(), p.upper());
            unknown.add(site);
          }
          site.ledger = site.ledger == null && evidence ? new Ledger(bounder, site) : site.ledger;
          decisions.add(new Decision(m, i, own.size(), site, p, budget));
          own.add(site);
        }
        sites.add(own);
        fresh.add(unknown);
      }
    }

    void decide(Witness witness) {
      if (fresh.stream().anyMatch(own -> !own.isEmpty())) {
        bounder.root(fresh);
        new Tightening(bounder, fresh).run();
      }
      bounder.load(sites);
      List<Clause> all = new ArrayList<>();
      for (Decision d : decisions) {
        for (int c : d.open()) {
          all.add(new Clause(d, c));
        }
      }
      decide(new ArrayList<>(all), witness);
      all.forEach(Clause::end);
    }

    private void decide(List<Clause> clauses, Witness witness) {
      margins(clauses, witness);
      decisions.forEach(this::settle);
      for (int p = 0; p < phases.size(); p++) {
        int number = p;
        clauses.removeIf(c -> !c.isOpen() || c.decision.owner.left < 2);
        if (clauses.isEmpty() || budget.isOver()) {
          return;
        }
        phase(
            clauses.stream().filter(c -> c.decision.site.phases <= number).toList(),
            phases.get(p),
            witness);
        decisions.forEach(this::settle);
        for (Decision d : decisions) {
          if (d.owner.left > 0 && !budget.isOver() && p < phases.size() - 1) {
            d.site.phases = Math.max(d.site.phases, p + 1);
          }
        }
      }
    }

    private void settle(Decision d) {
      if (!d.isOpen() && told.add(d)) {
        listener.decided(d.model, d.problem, d.outcome());
      }
    }

    private void phase(List<Clause> clauses, Phase phase, Witness witness) {
      if (phase.units() > 0) {
        refine(clauses, phase.units());
        margins(clauses, witness);
      }
      if (phase.cells() > 0) {
        grow(clauses, phase.cells(), witness);
      }
      if (phase.rows() > 0) {
        branch(clauses, phase.rows(), witness);
      }
    }

    private void refine(List<Clause> clauses, int nodes) {
      Set<Site> open = new HashSet<>();
      clauses.stream()
          .filter(c -> c.isOpen() && c.decision.owner.left > 0)
          .forEach(c -> open.add(c.decision.site));
      new Tightening(bounder, sites).refine(open::contains, nodes, budget);
    }

    private void margins(List<Clause> clauses, Witness witness) {
      for (int i = 0; i < ASCENTS; i++) {
        List<Clause> open = clauses.stream().filter(Clause::isOpen).toList();
        List<Row> rows = open.stream().flatMap(c -> c.again().stream()).toList();
        bounder.rows(bounder.margins(), rows, true);
        open.forEach(c -> c.take(witness));
      }
    }

    private void branch(List<Clause> clauses, long rows, Witness witness) {
      Map<Decision, List<Clause>> open = new LinkedHashMap<>();
      clauses.stream()
          .filter(Clause::isOpen)
          .forEach(c -> open.computeIfAbsent(c.decision, d -> new ArrayList<>()).add(c));
      Start logits = bounder.start(bounder.margins());
      List<CellTree> trees =
          open.values().stream().map(own -> new CellTree(logits, own, rows)).toList();
      new CellForest(bounder, budget)
          .grow(
              trees,
              witness,
              tree -> {
                tree.finish();
                settle(tree.decision);
              });
      bounder.load(sites);
    }

    private void grow(List<Clause> clauses, int nodes, Witness witness) {
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

  Bounder bounder() {
    return bounder;
  }

  @Override
  public void close() {
    kept = List.of();
    if (bounder != null) {
      bounder.close();
      bounder = null;
    }
  }
}
