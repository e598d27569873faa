// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.rigor.certify.Budget;
import org.rigor.certify.Evidence;
import org.rigor.certify.Outcome;
import org.rigor.certify.Problem;
import org.rigor.certify.Verifier;
import org.rigor.certify.Witness;
import org.rigor.property.Property;
import org.rigor.property.RoundedProblem;
import org.rigor.property.Row;
import org.rigor.workspace.Models;

/** Properties that a {@link Decider} decides together, and what is known of them. */
final class Job {
  /**
   * Restarts of each clause before the first round of the search, before the second, and
   * altogether: most violations are found at once, and most other clauses are refuted soon.
   */
  private static final int EARLY = 1;

  private static final int MIDDLE = 6;
  private static final int RESTARTS = 20;

  /** Cells of a problem in the first round of the search; each later round takes more. */
  private static final int FIRST_NODES = 64;

  private static final int GROWTH = 8;

  /** Most of the time that each attack may take. */
  private static final double SHARE = 0.2;

  /** Most proposals of a property and a restart that are checked, and the worst of them. */
  private static final int CHECKED = 4;

  private static final float NEAR = 1e-4f;

  /** Points of a clause that are kept in a round of the search, the latest. */
  private static final int CORNERS = 8;

  private final Models network;
  private final PointCheck points;
  private final Verifier verifier;
  private final List<Property> properties;
  private final long start = System.nanoTime();
  private final long deadline;
  private final BooleanSupplier stops;
  private final Decider.Listener listener;
  private final List<Integer> owner = new ArrayList<>();
  private final List<RoundedProblem> problems = new ArrayList<>();
  private final List<boolean[]> refuted = new ArrayList<>();
  private final List<double[]> bounds = new ArrayList<>();
  private final long[] nodes;
  private final long[] iterations;
  private final boolean[] decided;
  private final boolean keeps;
  private final List<List<Evidence>> evidence = new ArrayList<>();
  private final Map<ClauseAttack.Target, Deque<double[]>> corners = new LinkedHashMap<>();
  private ClauseAttack attack;
  private int tried;

  Job(
      Models network,
      PointCheck points,
      Verifier verifier,
      List<Property> properties,
      double seconds,
      boolean keeps,
      BooleanSupplier stops,
      Decider.Listener listener) {
    this.network = network;
    this.points = points;
    this.verifier = verifier;
    this.properties = properties;
    this.deadline = seconds >= 1e9 ? Long.MAX_VALUE : start + (long) (seconds * 1e9);
    this.keeps = keeps;
    this.stops = stops;
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
        bounds.add(
            IntStream.range(0, p.clauses().length)
                .mapToDouble(c -> Double.NEGATIVE_INFINITY)
                .toArray());
      }
    }
  }

  private boolean over() {
    return stops.getAsBoolean() || timeout();
  }

  private boolean timeout() {
    return deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0;
  }

  void run() {
    try {
      decide();
    } finally {
      if (attack != null) {
        attack.close();
      }
    }
  }

  private void decide() {
    if (!over()) {
      regions();
    }
    if (!over() && left()) {
      int clauses = problems.stream().mapToInt(p -> p.clauses().length).sum();
      attack = new ClauseAttack(network, problems, Math.multiplyExact(clauses, RESTARTS));
      attack(Math.max(EARLY, Math.min(RESTARTS, attack.rows() / clauses)));
    }
    boolean more = true;
    int restarts = MIDDLE;
    for (long n = FIRST_NODES; more && !over() && left(); n *= GROWTH) {
      more = search((int) Math.min(n, Integer.MAX_VALUE)) && n < Integer.MAX_VALUE;
      if (!over()) {
        polish();
      }
      if (!over() && left()) {
        attack(restarts);
        restarts = RESTARTS;
      }
    }
    for (int i = 0; i < decided.length; i++) {
      if (!decided[i]) {
        say(i, Verdict.Answer.UNKNOWN, Optional.empty(), timeout() ? "timeout" : "nothing");
      }
    }
  }

  private boolean left() {
    return !problems.isEmpty() && IntStream.range(0, decided.length).anyMatch(i -> !decided[i]);
  }

  /** Decides properties without a clause, and clauses without a row on outputs. */
  private void regions() {
    for (int i = 0; i < decided.length; i++) {
      Property p = properties.get(i);
      if (p.isEmpty()) {
        say(i, Verdict.Answer.VERIFIED, Optional.empty(), "region");
      }
      for (int c = 0; c < p.clauses().size() && !decided[i]; c++) {
        if (p.clauses().get(c).rows().stream().allMatch(Row::onInputs)) {
          double[] centre = new double[p.inputs()];
          for (int d = 0; d < centre.length; d++) {
            centre[d] =
                p.clauses().get(c).box().lower(d).doubleValue() / 2
                    + p.clauses().get(c).box().upper(d).doubleValue() / 2;
          }
          check(i, c, centre, "region");
        }
      }
    }
  }

  private boolean check(int property, int clause, double[] x, String by) {
    Optional<Counterexample> found =
        points.check(0, properties.get(property).clauses().get(clause), clause, x);
    if (found.isPresent()) {
      say(property, Verdict.Answer.VIOLATED, found, by);
    }
    return found.isPresent();
  }

  private void say(int property, Verdict.Answer answer, Optional<Counterexample> found, String by) {
    decided[property] = true;
    double worst = Double.POSITIVE_INFINITY;
    int out = 0;
    int all = 0;
    for (int p = 0; p < problems.size(); p++) {
      for (int c = 0; c < refuted.get(p).length && owner.get(p) == property; c++) {
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

  /** Attacks the clauses that are left, batch after batch, up to a number of restarts. */
  private void attack(int most) {
    long end = deadline == Long.MAX_VALUE ? 0 : (long) (SHARE * (deadline - start));
    long begin = System.nanoTime();
    while (tried < most) {
      List<ClauseAttack.Target> targets = targets();
      if (targets.isEmpty()) {
        return;
      }
      int each = Math.min(most - tried, Math.max(1, attack.rows() / targets.size()));
      for (int i = 0; i < targets.size(); i += attack.rows()) {
        if (over() || end > 0 && System.nanoTime() - begin > end) {
          return;
        }
        List<ClauseAttack.Target> some =
            targets.subList(i, Math.min(targets.size(), i + attack.rows()));
        judge(some, each, attack.run(some, tried, tried + each), "attack");
      }
      tried += each;
    }
  }

  private List<ClauseAttack.Target> targets() {
    List<ClauseAttack.Target> targets = new ArrayList<>();
    for (int p = 0; p < problems.size(); p++) {
      for (int c = 0; c < refuted.get(p).length; c++) {
        if (!decided[owner.get(p)] && !refuted.get(p)[c]) {
          targets.add(new ClauseAttack.Target(p, c));
        }
      }
    }
    return targets;
  }

  /**
   * Checks points where the float network violates, or nearly so: by restart, then by clause, so
   * that what shared the batch does not choose between them.
   *
   * @param each proposals of a target, side by side
   */
  private void judge(
      List<ClauseAttack.Target> targets, int each, ClauseAttack.Proposals all, String by) {
    for (int r = 0; r < each; r++) {
      int[] checked = new int[decided.length];
      for (int t = 0; t < targets.size(); t++) {
        ClauseAttack.Target target = targets.get(t);
        int property = owner.get(target.problem());
        int i = t * each + r;
        if (!decided[property] && all.values()[0][i] <= NEAR && checked[property]++ < CHECKED) {
          int clause = problems.get(target.problem()).origin()[target.clause()];
          check(property, clause, wide(all.points()[0][i]), by);
        }
      }
    }
  }

  /** Attacks from the last points that the search handed over and that were no counterexamples. */
  private void polish() {
    List<ClauseAttack.Target> targets = new ArrayList<>();
    List<double[]> points = new ArrayList<>();
    corners.forEach(
        (target, own) -> {
          boolean open =
              !decided[owner.get(target.problem())]
                  && !refuted.get(target.problem())[target.clause()];
          for (double[] x : open ? own : List.<double[]>of()) {
            targets.add(target);
            points.add(x);
          }
        });
    corners.clear();
    if (!targets.isEmpty()) {
      judge(targets, 1, attack.polish(targets, points), "search");
    }
  }

  private void keep(ClauseAttack.Target target, double[] x) {
    Deque<double[]> own = corners.computeIfAbsent(target, t -> new ArrayDeque<>());
    own.addLast(x.clone());
    if (own.size() > CORNERS) {
      own.removeFirst();
    }
  }

  /** Searches what is left; returns whether a larger budget may decide more. */
  private boolean search(int most) {
    List<Integer> which = new ArrayList<>();
    List<int[]> clauses = new ArrayList<>();
    List<Problem> open = new ArrayList<>();
    for (int p = 0; p < problems.size(); p++) {
      int own = p;
      int[] some =
          decided[owner.get(p)]
              ? new int[0]
              : IntStream.range(0, refuted.get(p).length)
                  .filter(c -> !refuted.get(own)[c])
                  .toArray();
      if (some.length > 0) {
        which.add(p);
        clauses.add(some);
        open.add(problem(problems.get(p), some));
      }
    }
    Witness witness =
        (model, problem, clause, x) -> {
          int p = which.get(problem);
          int property = owner.get(p);
          int own = clauses.get(problem)[clause];
          int c = problems.get(p).origin()[own];
          if (decided[property] || check(property, c, x, "search")) {
            return true;
          }
          keep(new ClauseAttack.Target(p, own), x);
          return false;
        };
    List<Outcome> found = verifier.run(open, new Budget(most, deadline), witness, keeps).get(0);
    boolean more = false;
    for (int i = 0; i < open.size(); i++) {
      Outcome o = found.get(i);
      int p = which.get(i);
      nodes[owner.get(p)] += o.nodes();
      iterations[owner.get(p)] += o.iterations();
      more |= o.end() == Outcome.End.BUDGET;
      o.evidence().ifPresent(evidence.get(owner.get(p))::add);
      for (int c = 0; c < clauses.get(i).length; c++) {
        refuted.get(p)[clauses.get(i)[c]] |= o.refuted()[c];
        double[] own = bounds.get(p);
        own[clauses.get(i)[c]] = Math.max(own[clauses.get(i)[c]], o.bounds()[c]);
      }
    }
    for (int i = 0; i < decided.length; i++) {
      int property = i;
      boolean all =
          IntStream.range(0, problems.size())
              .filter(p -> owner.get(p) == property)
              .allMatch(p -> all(refuted.get(p)));
      boolean rows = properties.get(i).clauses().stream().noneMatch(c -> c.rows().isEmpty());
      if (!decided[i] && all && rows) {
        String by = nodes[i] == 0 ? "bounds" : "search";
        say(i, Verdict.Answer.VERIFIED, Optional.empty(), by);
      }
    }
    return more;
  }

  private static boolean all(boolean[] refuted) {
    return IntStream.range(0, refuted.length).allMatch(c -> refuted[c]);
  }

  private static double[] wide(float[] x) {
    return IntStream.range(0, x.length).mapToDouble(i -> x[i]).toArray();
  }

  private static Problem problem(RoundedProblem p, int[] clauses) {
    int[][] rows = IntStream.of(clauses).mapToObj(c -> p.clauses()[c]).toArray(int[][]::new);
    return new Problem(p.lower(), p.upper(), p.outputs(), p.inputs(), p.constants(), rows);
  }
}
