// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.rigor.certify.BoxBounds;
import org.rigor.certify.Budget;
import org.rigor.certify.Outcome;
import org.rigor.certify.OverflowException;
import org.rigor.certify.Problem;
import org.rigor.certify.Verifier;
import org.rigor.certify.Witness;
import org.rigor.exec.DeviceException;
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
  private static final int FIRST_NODES = 512;

  /** The same for boxes of few inputs, which cost less. */
  private static final int FIRST_HALVES = 1024;

  private static final int NODES_GROWTH = 256;
  private static final int HALVES_GROWTH = 8;

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
  private final Board board;
  private final long deadline;
  private final boolean keeps;
  private final BooleanSupplier stops;
  private final Map<ClauseAttack.Target, Deque<double[]>> corners = new LinkedHashMap<>();

  /** Properties whose cells or boxes took all the memory that they may. */
  private final Set<Integer> full = new HashSet<>();

  private ClauseAttack attack;
  private BoxSearch boxes;
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
    this.board = new Board(properties, listener);
    this.deadline = seconds >= 1e9 ? Long.MAX_VALUE : board.start() + (long) (seconds * 1e9);
    this.keeps = keeps;
    this.stops = stops;
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
      rest(timeout() ? "timeout" : "nothing");
    } catch (OutOfMemoryError e) {
      rest("memory");
    } catch (OverflowException e) {
      rest("disk");
    } catch (DeviceException e) {
      if (!e.isOutOfMemory()) {
        throw e;
      }
      rest("memory");
    } finally {
      if (attack != null) {
        attack.close();
      }
      if (boxes != null) {
        boxes.close();
      }
    }
  }

  private void decide() {
    if (!over()) {
      regions();
    }
    if (!over() && board.left()) {
      int clauses = board.targets().size();
      attack = new ClauseAttack(network, board.problems(), Math.multiplyExact(clauses, RESTARTS));
      attack(Math.max(EARLY, Math.min(RESTARTS, attack.rows() / clauses)));
    }
    boolean search = true;
    boolean halve = true;
    long nodes = FIRST_NODES;
    long halves = FIRST_HALVES;
    for (int restarts = MIDDLE; (search || halve) && !over() && board.left(); ) {
      if (halve) {
        halve = halve(halves);
        polish();
      }
      if (search && !over() && board.left()) {
        search = search((int) Math.min(nodes, Integer.MAX_VALUE)) && nodes < Integer.MAX_VALUE;
        polish();
      }
      if (!over() && board.left()) {
        attack(restarts);
        restarts = RESTARTS;
      }
      nodes *= halve ? HALVES_GROWTH : NODES_GROWTH;
      halves *= HALVES_GROWTH;
    }
  }

  private void rest(String why) {
    for (int i = 0; i < board.properties().size(); i++) {
      if (!board.decided(i)) {
        String own = full.contains(i) && why.equals("nothing") ? "memory" : why;
        board.say(i, Verdict.Answer.UNKNOWN, Optional.empty(), own);
      }
    }
  }

  /** Decides properties without a clause, and clauses without a row on outputs. */
  private void regions() {
    for (int i = 0; i < board.properties().size(); i++) {
      Property p = board.properties().get(i);
      if (p.isEmpty()) {
        board.say(i, Verdict.Answer.VERIFIED, Optional.empty(), "region");
      }
      for (int c = 0; c < p.clauses().size() && !board.decided(i); c++) {
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
        points.check(0, board.properties().get(property).clauses().get(clause), clause, x);
    if (found.isPresent()) {
      board.say(property, Verdict.Answer.VIOLATED, found, by);
    }
    return found.isPresent();
  }

  /** Attacks the clauses that are left, batch after batch, up to a number of restarts. */
  private void attack(int most) {
    long end = deadline == Long.MAX_VALUE ? 0 : (long) (SHARE * (deadline - board.start()));
    long begin = System.nanoTime();
    while (tried < most) {
      List<ClauseAttack.Target> targets = board.targets();
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

  /**
   * Checks points where the float network violates, or nearly so: by restart, then by clause, so
   * that what shared the batch does not choose between them.
   *
   * @param each proposals of a target, side by side
   */
  private void judge(
      List<ClauseAttack.Target> targets, int each, ClauseAttack.Proposals all, String by) {
    for (int r = 0; r < each; r++) {
      int[] checked = new int[board.properties().size()];
      for (int t = 0; t < targets.size(); t++) {
        ClauseAttack.Target target = targets.get(t);
        int property = board.owner(target.problem());
        int i = t * each + r;
        if (!board.decided(property)
            && all.values()[0][i] <= NEAR
            && checked[property]++ < CHECKED) {
          int clause = board.problems().get(target.problem()).origin()[target.clause()];
          check(property, clause, wide(all.points()[0][i]), by);
        }
      }
    }
  }

  /** Attacks from the last points that the search handed over and that were no counterexamples. */
  private void polish() {
    if (over()) {
      return;
    }
    List<ClauseAttack.Target> targets = new ArrayList<>();
    List<double[]> points = new ArrayList<>();
    corners.forEach(
        (target, own) -> {
          boolean open = board.open(target.problem(), target.clause());
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
    for (int p = 0; p < board.problems().size(); p++) {
      int[] some = board.open(p);
      if (some.length > 0) {
        which.add(p);
        clauses.add(some);
        open.add(problem(board.problems().get(p), some));
      }
    }
    Witness witness =
        (model, problem, clause, x) -> {
          int p = which.get(problem);
          int property = board.owner(p);
          int own = clauses.get(problem)[clause];
          int c = board.problems().get(p).origin()[own];
          if (board.decided(property) || check(property, c, x, "search")) {
            return true;
          }
          keep(new ClauseAttack.Target(p, own), x);
          return false;
        };
    boolean[] taken = new boolean[open.size()];
    Verifier.Listener listener =
        (model, problem, o) -> {
          taken[problem] = true;
          take(which.get(problem), clauses.get(problem), o);
        };
    List<Outcome> found =
        verifier.run(open, new Budget(most, deadline), witness, keeps, listener).get(0);
    boolean more = false;
    for (int i = 0; i < found.size(); i++) {
      more |= found.get(i).end() == Outcome.End.BUDGET;
      if (found.get(i).end() == Outcome.End.MEMORY) {
        full.add(board.owner(which.get(i)));
      }
      if (!taken[i]) {
        take(which.get(i), clauses.get(i), found.get(i));
      }
    }
    return more;
  }

  /** Takes what became of some clauses of a problem. */
  private void take(int problem, int[] clauses, Outcome o) {
    board.count(problem, o.nodes(), o.iterations());
    o.evidence().forEach(e -> board.keep(problem, e));
    for (int c = 0; c < clauses.length; c++) {
      board.bound(problem, clauses[c], o.bounds()[c], o.refuted()[c]);
    }
    board.sayVerified();
  }

  /**
   * Halves boxes of inputs where there are few; returns whether a larger budget may decide more.
   */
  private boolean halve(long most) {
    if (boxes == null) {
      List<Problem> all =
          board.problems().stream()
              .map(p -> problem(p, IntStream.range(0, p.clauses().length).toArray()))
              .toList();
      if (!BoxSearch.suits(all)) {
        return false;
      }
      BoxBounds bounds = BoxSearch.bounds(network, all);
      boxes = new BoxSearch(bounds, all, board.refuted(), new Found(), board::count, keeps);
    }
    boolean more = boxes.run(most, this::over, p -> board.open(p).length > 0);
    double[][] least = boxes.bounds();
    for (int p = 0; p < least.length; p++) {
      int at = p;
      if (boxes.isFull(p)) {
        full.add(board.owner(p));
      }
      for (int c : board.open(p)) {
        if (keeps && boxes.refuted(p, c)) {
          boxes.evidence(p).forEach(e -> board.keep(at, e));
        }
        board.bound(p, c, least[p][c], boxes.refuted(p, c));
      }
    }
    board.sayVerified();
    return more;
  }

  /** What the halving of boxes comes upon. */
  private final class Found implements BoxSearch.Points {
    @Override
    public void near(int problem, int clause, double[] x) {
      keep(new ClauseAttack.Target(problem, clause), x);
    }

    @Override
    public void unsafe(int problem, int clause, double[] x) {
      int property = board.owner(problem);
      if (!board.decided(property)) {
        check(property, board.problems().get(problem).origin()[clause], x, "search");
      }
    }
  }

  private static double[] wide(float[] x) {
    return IntStream.range(0, x.length).mapToDouble(i -> x[i]).toArray();
  }

  private static Problem problem(RoundedProblem p, int[] clauses) {
    int[][] rows = IntStream.of(clauses).mapToObj(c -> p.clauses()[c]).toArray(int[][]::new);
    return new Problem(p.lower(), p.upper(), p.outputs(), p.inputs(), p.constants(), rows);
  }
}
