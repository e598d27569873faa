// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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

  /** What it may take of the heap. */
  Room room = Room.ofHeap();

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
    Run run = new Run(problems, budget, witness, evidence, listener);
    run.decide();
    List<List<Site>> old = kept;
    kept = run.sites();
    old.forEach(own -> own.forEach(Site::end));
    return run.outcomes();
  }

  private void prepare(boolean readsInputs) {
    if (bounder == null || readsInputs && !reads) {
      close();
      reads = readsInputs;
      Stage.Setup setup = new Stage.Setup(networks, Box.NONE, Norm.LINF, slots);
      bounder = new Bounder(new Bounder.Plan(setup, STEPS, reads, false, true, branching));
      bounder.places = places;
      bounder.room = room.numbers();
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

  /** Returns the box as the last call left it, which is then no longer kept; else a new one. */
  private Site site(int model, Problem p, boolean evidence) {
    for (Site s : model < kept.size() ? kept.get(model) : List.<Site>of()) {
      if (s.isBox(p.lower(), p.upper()) && (s.ledger != null || !evidence)) {
        kept.get(model).remove(s);
        return s;
      }
    }
    Site fresh = Site.of(p.lower(), p.upper());
    fresh.ledger = evidence ? new Ledger(bounder, fresh) : null;
    return fresh;
  }

  /**
   * A call: what CROWN's sides decide of all problems first, then the search of the others. Groups
   * of them have their share of the time that is left, and leave what they do not need.
   */
  private final class Run {
    private final Budget budget;
    private final Witness witness;
    private final boolean evidence;
    private final Listener listener;
    private final List<List<Decision>> all = new ArrayList<>();

    /** Bytes of the boxes that decisions hold. */
    private long held;

    Run(
        List<Problem> problems,
        Budget budget,
        Witness witness,
        boolean evidence,
        Listener listener) {
      this.budget = budget;
      this.witness = witness;
      this.evidence = evidence;
      this.listener = listener;
      for (int m = 0; m < networks.count(); m++) {
        List<Decision> own = new ArrayList<>();
        for (int i = 0; i < problems.size(); i++) {
          own.add(new Decision(m, i, problems.get(i), budget));
        }
        all.add(own);
      }
    }

    void decide() {
      for (List<List<Decision>> some : groups(all)) {
        if (!budget.isOver()) {
          group(some, budget).look();
          release(some);
        }
      }
      List<List<Decision>> open =
          all.stream().map(own -> own.stream().filter(Decision::isOpen).toList()).toList();
      int left = size(open);
      for (List<List<Decision>> some : groups(open)) {
        if (!budget.isOver()) {
          double part = (double) size(some) / left;
          group(some, budget.share(System.nanoTime(), part)).decide(phases);
          release(some);
        }
        left -= size(some);
      }
    }

    private Group group(List<List<Decision>> some, Budget until) {
      for (List<Decision> own : some) {
        for (Decision d : own) {
          if (d.site == null) {
            d.begin(site(d.model, d.of, evidence));
          }
        }
      }
      return new Group(bounder, some, room.leaves(), until, witness, this::settle);
    }

    private void settle(Decision d) {
      if (!d.isOpen() && !d.told) {
        d.told = true;
        listener.decided(d.model, d.problem, d.outcome());
      }
    }

    /** Lets go of boxes that are decided, and of those for which there is no room. */
    private void release(List<List<Decision>> some) {
      for (List<Decision> own : some) {
        for (Decision d : own) {
          held -= d.bytes;
          d.bytes = d.site.bytes();
          if (d.isOpen() && held + d.bytes <= room.boxes()) {
            held += d.bytes;
          } else {
            d.end();
          }
        }
      }
    }

    /** Returns the boxes that are open, by model. */
    List<List<Site>> sites() {
      List<List<Site>> sites = new ArrayList<>();
      for (List<Decision> own : all) {
        sites.add(new ArrayList<>(own.stream().map(d -> d.site).filter(Objects::nonNull).toList()));
      }
      return sites;
    }

    List<List<Outcome>> outcomes() {
      return all.stream().map(own -> own.stream().map(this::outcome).toList()).toList();
    }

    private Outcome outcome(Decision d) {
      Outcome o = d.outcome();
      return d.told && listener != Listener.NONE ? o.withoutEvidence() : o;
    }
  }

  /** Returns problems of each model that are bounded together, group by group. */
  private static List<List<List<Decision>>> groups(List<List<Decision>> all) {
    List<List<List<Decision>>> groups = new ArrayList<>();
    int most = all.stream().mapToInt(List::size).max().orElse(0);
    for (int first = 0; first < most; first += Bounder.SITES) {
      int from = first;
      groups.add(
          all.stream()
              .map(
                  own ->
                      own.subList(
                          Math.min(own.size(), from), Math.min(own.size(), from + Bounder.SITES)))
              .toList());
    }
    return groups;
  }

  private static int size(List<List<Decision>> some) {
    return some.stream().mapToInt(List::size).sum();
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
