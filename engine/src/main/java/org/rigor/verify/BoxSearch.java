// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.rigor.certify.BoxBounds;
import org.rigor.certify.Evidence;
import org.rigor.certify.Problem;
import org.rigor.workspace.Models;

/**
 * Search that halves boxes of inputs, for networks of few of them: of each problem in its turn the
 * box with the worst bound, along the input that its bound depends on most. The halves share a
 * side, so that together they are the box. A clause is refuted when it is in all boxes.
 */
final class BoxSearch implements AutoCloseable {
  /** Most inputs for which boxes are worth halving. */
  static final int INPUTS = 20;

  private static final int ROWS = 16;

  /**
   * Most boxes of all problems, of at most half a kB: a quarter of the heap. None may have more
   * than its share, and is left alone if it has.
   */
  private static final int MOST_CELLS =
      (int) Math.min(1 << 20, Runtime.getRuntime().maxMemory() / 4 / 512);

  private static final Comparator<Cell> WORST =
      Comparator.comparingDouble(Cell::bound).thenComparingLong(Cell::number);

  private final BoxBounds bounds;
  private final List<Problem> problems;
  private final Points points;
  private final Counter counter;
  private final boolean keeps;

  /** What was found, by problem. */
  private final List<List<Evidence>> evidence = new ArrayList<>();

  /** Boxes that can be halved, by problem. */
  private final Turns<Cell> pool;

  /** Boxes of the problems, not bounded yet. */
  private final List<Cell> wholes = new ArrayList<>();

  /** Boxes that cannot be halved. */
  private final List<Cell> atoms = new ArrayList<>();

  /** Number of boxes on which a clause is not refuted, by problem. */
  private final int[][] boxesOf;

  /** Least bound of a clause on boxes where it is refuted, by problem. */
  private final double[][] proved;

  private long numbered;

  /** Takes points that may be counterexamples. */
  interface Points {
    /** Takes a corner at which the line below the best row of a clause is least. */
    void near(int problem, int clause, double[] x);

    /** Takes a point at which all rows of a clause are at most 0, but for rounding. */
    void unsafe(int problem, int clause, double[] x);
  }

  /** Takes the work on a problem. */
  @FunctionalInterface
  interface Counter {
    /**
     * @param boxes that were bounded
     * @param steps of ascent, times rows
     */
    void take(int problem, int boxes, int steps);
  }

  /**
   * A box.
   *
   * @param clauses that are not refuted on it
   * @param bound least of their bounds
   * @param along input to halve; -1 if there is none
   */
  private record Cell(
      int problem,
      double[] lower,
      double[] upper,
      int[] clauses,
      double bound,
      int along,
      long number) {}

  /** Returns whether boxes of these problems can be searched. */
  static boolean suits(List<Problem> problems) {
    return !problems.isEmpty()
        && problems.get(0).lower().length <= INPUTS
        && problems.stream().allMatch(p -> p.constants().length <= ROWS);
  }

  /**
   * @param bounds for at least as many rows as a problem has
   * @param refuted by problem and clause, what need not be looked at
   * @param keeps whether {@link #evidence} will be asked for
   */
  BoxSearch(
      BoxBounds bounds,
      List<Problem> problems,
      List<boolean[]> refuted,
      Points points,
      Counter counter,
      boolean keeps) {
    this.bounds = bounds;
    this.problems = List.copyOf(problems);
    this.points = points;
    this.counter = counter;
    this.keeps = keeps;
    problems.forEach(p -> evidence.add(new ArrayList<>()));
    this.pool = new Turns<>(problems.size(), WORST, MOST_CELLS / problems.size());
    this.boxesOf = new int[problems.size()][];
    this.proved = new double[problems.size()][];
    for (int p = 0; p < problems.size(); p++) {
      boolean[] done = refuted.get(p);
      int[] open = IntStream.range(0, done.length).filter(c -> !done[c]).toArray();
      boxesOf[p] = new int[done.length];
      proved[p] = new double[done.length];
      Arrays.fill(proved[p], Double.POSITIVE_INFINITY);
      if (open.length > 0) {
        Problem own = problems.get(p);
        Cell whole = new Cell(p, own.lower(), own.upper(), open, Double.NEGATIVE_INFINITY, -1, 0);
        count(whole, 1);
        wholes.add(whole);
      }
    }
  }

  /** Returns whether a problem has as many boxes as it may, and is left alone. */
  boolean isFull(int problem) {
    return pool.isFull(problem);
  }

  /** Returns bounds for all rows of problems. */
  static BoxBounds bounds(Models network, List<Problem> problems) {
    boolean reads = problems.stream().anyMatch(Problem::readsInputs);
    return new BoxBounds(network, rows(problems), reads);
  }

  /** Returns the most rows of a problem. */
  private static int rows(List<Problem> problems) {
    return problems.stream().mapToInt(p -> p.constants().length).max().orElse(1);
  }

  private void count(Cell c, int more) {
    for (int clause : c.clauses) {
      boxesOf[c.problem][clause] += more;
    }
  }

  private void add(Cell c) {
    count(c, 1);
    if (c.along < 0) {
      atoms.add(c);
    } else {
      pool.add(c.problem, c);
    }
  }

  /** Returns whether no box is left on which a clause is not refuted. */
  boolean refuted(int problem, int clause) {
    return boxesOf[problem][clause] == 0;
  }

  /** Returns the least bound of each clause over its boxes, by problem; infinite without boxes. */
  double[][] bounds() {
    double[][] least = new double[proved.length][];
    for (int p = 0; p < least.length; p++) {
      least[p] = proved[p].clone();
    }
    List<Cell> open = pool.all();
    open.addAll(atoms);
    for (Cell c : open) {
      for (int k : c.clauses) {
        least[c.problem][k] = Math.min(least[c.problem][k], c.bound);
      }
    }
    return least;
  }

  /**
   * Halves boxes until none is left that can be halved.
   *
   * @param most boxes that are bounded
   * @param ends asked between passes
   * @param wanted whether a problem is still to be decided
   * @return whether boxes are left to halve
   */
  boolean run(long most, BooleanSupplier ends, IntPredicate wanted) {
    if (!wholes.isEmpty()) {
      bound(wholes);
      wholes.clear();
    }
    for (long done = 0; done < most && !ends.getAsBoolean(); ) {
      List<Cell> parents = pool.take(Math.max(1, bounds.boxes() / 2), wanted, c -> count(c, -1));
      if (parents.isEmpty()) {
        return false;
      }
      List<Cell> halves = new ArrayList<>();
      parents.forEach(c -> halve(c, halves));
      parents.stream().filter(c -> keeps).forEach(c -> evidence.get(c.problem).add(halved(c)));
      halves.forEach(c -> counter.take(c.problem, 1, 0));
      halves.forEach(c -> count(c, 1));
      parents.forEach(c -> count(c, -1));
      bound(halves);
      done += halves.size();
    }
    return pool.goOn();
  }

  private static void halve(Cell c, List<Cell> to) {
    double middle = middle(c.lower[c.along], c.upper[c.along]);
    double[] upper = c.upper.clone();
    upper[c.along] = middle;
    double[] lower = c.lower.clone();
    lower[c.along] = middle;
    to.add(new Cell(c.problem, c.lower, upper, c.clauses, c.bound, c.along, 0));
    to.add(new Cell(c.problem, lower, c.upper, c.clauses, c.bound, c.along, 0));
  }

  private static Evidence halved(Cell c) {
    double at = middle(c.lower[c.along], c.upper[c.along]);
    return new Evidence(
        c.lower,
        c.upper,
        Map.of(),
        List.of(),
        List.of(),
        Optional.of(new Evidence.Halving(c.along, at)));
  }

  /** Hands over what was found of a problem since it was last asked, if it is kept. */
  List<Evidence> evidence(int problem) {
    List<Evidence> found = evidence.get(problem);
    evidence.set(problem, new ArrayList<>());
    return found;
  }

  private static double middle(double l, double u) {
    return l / 2 + u / 2;
  }

  /** Bounds boxes, which count already; each is replaced by what its bounds leave of it. */
  private void bound(List<Cell> all) {
    for (int from = 0; from < all.size(); from += bounds.boxes()) {
      List<Cell> cells = all.subList(from, Math.min(all.size(), from + bounds.boxes()));
      List<BoxBounds.Query> queries = new ArrayList<>();
      for (Cell c : cells) {
        Problem p = problems.get(c.problem);
        int[] rows = IntStream.range(0, p.constants().length).toArray();
        queries.add(new BoxBounds.Query(c.lower, c.upper, p, rows));
      }
      List<BoxBounds.Answer> answers = bounds.run(queries);
      raise(cells, answers);
      for (int i = 0; i < cells.size(); i++) {
        keep(cells.get(i), answers.get(i), i);
        count(cells.get(i), -1);
      }
    }
  }

  /** Raises the bound of the best row of each clause that is not refuted. */
  private void raise(List<Cell> cells, List<BoxBounds.Answer> answers) {
    List<BoxBounds.Pick> picks = new ArrayList<>();
    for (int i = 0; i < cells.size() && bounds.climbs(); i++) {
      double[] lower = answers.get(i).lower();
      int box = i;
      IntStream.of(cells.get(i).clauses)
          .map(clause -> best(cells.get(box), clause, lower))
          .filter(row -> !(lower[row] > 0))
          .distinct()
          .forEach(row -> picks.add(new BoxBounds.Pick(box, row)));
    }
    double[] raised = bounds.raise(picks, keeps);
    for (int i = 0; i < raised.length; i++) {
      BoxBounds.Pick pick = picks.get(i);
      double[] lower = answers.get(pick.query()).lower();
      lower[pick.row()] = raised[i] > lower[pick.row()] ? raised[i] : lower[pick.row()];
      counter.take(cells.get(pick.query()).problem, 0, bounds.steps());
    }
  }

  /** Returns the row of a clause with the highest bound; the first one if nothing is known. */
  private int best(Cell c, int clause, double[] lower) {
    int best = rows(c, clause)[0];
    for (int r : rows(c, clause)) {
      best = known(lower[r]) > known(lower[best]) ? r : best;
    }
    return best;
  }

  private int[] rows(Cell c, int clause) {
    return problems.get(c.problem).clauses()[clause];
  }

  private static double known(double bound) {
    return Double.isNaN(bound) ? Double.NEGATIVE_INFINITY : bound;
  }

  /**
   * Adds a box with the clauses that its bounds do not refute.
   *
   * @param place of the box in the pass
   */
  private void keep(Cell c, BoxBounds.Answer a, int place) {
    List<Integer> open = new ArrayList<>();
    List<BoxBounds.Pick> rows = new ArrayList<>();
    double worst = Double.POSITIVE_INFINITY;
    int worstRow = -1;
    for (int clause : c.clauses) {
      int row = best(c, clause, a.lower());
      double best = known(a.lower()[row]);
      if (best > 0) {
        proved[c.problem][clause] = Math.min(proved[c.problem][clause], best);
        rows.add(new BoxBounds.Pick(place, row));
      } else {
        open.add(clause);
        points.near(c.problem, clause, least(c, a.slopes()[row]));
        if (IntStream.of(rows(c, clause)).allMatch(r -> a.values()[r] <= 0)) {
          points.unsafe(c.problem, clause, centre(c));
        }
        if (worstRow < 0 || best < worst) {
          worst = best;
          worstRow = row;
        }
      }
    }
    if (keeps && !rows.isEmpty()) {
      evidence.get(c.problem).add(bounds.evidence(place, rows));
    }
    if (!open.isEmpty()) {
      double bound = Math.max(c.bound, worst);
      int along = widest(c.lower, c.upper, a.slopes()[worstRow]);
      int[] clauses = open.stream().mapToInt(k -> k).toArray();
      add(new Cell(c.problem, c.lower, c.upper, clauses, bound, along, numbered++));
    }
  }

  private static double[] centre(Cell c) {
    return IntStream.range(0, c.lower.length)
        .mapToDouble(i -> middle(c.lower[i], c.upper[i]))
        .toArray();
  }

  private static double[] least(Cell c, double[] slopes) {
    double[] x = new double[slopes.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = slopes[i] > 0 ? c.lower[i] : c.upper[i];
    }
    return x;
  }

  /**
   * Returns the input of which half a width times a slope is most, slopes being at least a tenth of
   * their mean; -1 if no input lies between two doubles.
   */
  private static int widest(double[] lower, double[] upper, double[] slopes) {
    double mean = 0;
    for (int i = 0; i < slopes.length; i++) {
      mean += Double.isFinite(slopes[i]) ? Math.abs(slopes[i]) / slopes.length : 0;
    }
    int best = -1;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < lower.length; i++) {
      double middle = middle(lower[i], upper[i]);
      if (!(lower[i] < middle && middle < upper[i])) {
        continue;
      }
      double slope = mean > 0 && Double.isFinite(slopes[i]) ? Math.abs(slopes[i]) + mean / 10 : 1;
      double score = (upper[i] - lower[i]) * slope;
      if (score > most) {
        most = score;
        best = i;
      }
    }
    return best;
  }

  @Override
  public void close() {
    bounds.close();
  }
}
