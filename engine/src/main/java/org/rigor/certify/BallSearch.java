// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * Branch and bound over balls around samples, for M models that each have balls of their own: where
 * CROWN leaves a margin open, the ball is split by signs of units, each cell with slopes and
 * multipliers of its own ({@link BetaCrown}). Cells with better hidden sides are fewer, but sides
 * cost: they are tightened by ascents with {@link Hull hulls}, later by small trees, once cells
 * have taken a part of that, and the ball is split anew.
 *
 * <p>Work is counted in rows times steps of ascent, which no machine changes. What becomes of a
 * ball does not depend on the balls around it.
 */
public final class BallSearch implements AutoCloseable {
  /** Steps of an ascent. */
  private static final int STEPS = 3;

  /** Ascents of a margin before its ball is split, once hidden sides are tightened. */
  private static final int ASCENTS = 3;

  /** Least leaves of a tree in a round. */
  private static final int LEAVES = 32;

  /** Most of them: half of what is open, which hardly changes the tree and fills the slots. */
  private static final int MOST_LEAVES = 256;

  /** Least cells before a look: smaller trees say little. */
  private static final int FEWEST = 256;

  /** Rows of a tightening for each cell before it, where one with hulls does what many do. */
  private static final int FEW = 8;

  private static final Budget UNLIMITED = Budget.nodes(Integer.MAX_VALUE);

  private static final int CPU_SLOTS = 8;
  private static final int SLOTS = 512;

  private final int models;
  private final int classes;
  private final Box box;
  private final long budget;
  private final Bounder bounder;
  private final List<BallPhase> phases;

  /**
   * A ball in the box of valid inputs.
   *
   * @param x its centre, the sample, [D]
   */
  public record Ball(double[] x, int label, double epsilon) {}

  /** What is known of a ball. */
  public enum Answer {
    /** All its points are classified as labelled. */
    VERIFIED,
    /** The judge accepted a point. */
    VIOLATED,
    /** The budget is spent, or nothing is left to split. */
    UNKNOWN
  }

  /**
   * What became of a ball.
   *
   * @param bound lower side of the least margin that is not proved by CROWN alone; positive if
   *     verified, NaN if nothing is known
   * @param iterations rows times steps of ascent, at most the budget
   */
  public record Found(Answer answer, double bound, long iterations) {}

  /** Judge of points that bounds point to as the worst of a cell, on the calling thread. */
  @FunctionalInterface
  public interface Judge {
    /**
     * Returns whether a point is a counterexample.
     *
     * @param ball number in the model's list
     * @param point [D], in the ball up to rounding
     */
    boolean violates(int model, int ball, double[] point);
  }

  /**
   * Creates a search of networks, which must stay open, and as they are, while it is used.
   *
   * @param budget rows times steps of ascent that each ball may take, at least 1
   */
  public BallSearch(Models networks, Box box, Norm norm, long budget) {
    if (budget < 1) {
      throw new IllegalArgumentException("search: budget must be >= 1, got " + budget);
    }
    this.models = networks.count();
    this.classes = networks.network().outputs();
    this.box = box;
    this.budget = budget;
    int slots = networks.device().info().gpu() ? SLOTS : CPU_SLOTS;
    Stage.Setup setup = new Stage.Setup(networks, box, norm, slots);
    this.bounder = new Bounder(new Bounder.Plan(setup, STEPS, false, true));
    boolean shallow =
        IntStream.range(0, bounder.margins())
            .allMatch(k -> !bounder.start(k).bent() || bounder.hulled(k));
    this.phases = shallow ? BallPhase.SHALLOW : BallPhase.DEEP;
  }

  /**
   * Searches balls.
   *
   * @param balls of each model
   * @return by model and ball
   */
  public List<List<Found>> run(List<List<Ball>> balls, Judge judge) {
    List<List<Found>> all = new ArrayList<>();
    int most = 0;
    for (List<Ball> own : balls) {
      all.add(new ArrayList<>());
      most = Math.max(most, own.size());
    }
    for (int from = 0; from < most; from += Bounder.SITES) {
      List<List<Item>> part = new ArrayList<>();
      for (List<Ball> own : balls) {
        List<Item> items = new ArrayList<>();
        for (int i = from; i < Math.min(own.size(), from + Bounder.SITES); i++) {
          items.add(new Item(i, own.get(i)));
        }
        part.add(items);
      }
      search(part, judge);
      for (int m = 0; m < models; m++) {
        for (Item i : part.get(m)) {
          all.get(m).add(new Found(i.answer(), i.bound(), i.site.iterations));
          i.site.end();
        }
      }
    }
    return all;
  }

  /** A ball while it is searched. */
  private final class Item {
    final int number;
    final int label;
    final Site site;

    /** Lower sides of the margins; NaN at the label. */
    double[] margins;

    boolean violated;
    Tree.Owner owner;

    Item(int number, Ball ball) {
      this.number = number;
      this.label = ball.label();
      this.site = Site.of(ball.x(), ball.epsilon(), label, box);
      this.site.owner = new Tree.Owner(Integer.MAX_VALUE, false);
    }

    boolean open(int other) {
      return other != label && !(margins[other] > 0);
    }

    int open() {
      int n = 0;
      for (int j = 0; j < classes; j++) {
        n += open(j) ? 1 : 0;
      }
      return n;
    }

    void raise(int other, double bound) {
      margins[other] = margins[other] > bound ? margins[other] : bound;
    }

    double bound() {
      double least = Double.POSITIVE_INFINITY;
      for (int j = 0; j < classes; j++) {
        least = j == label ? least : Math.min(least, margins[j]);
      }
      return least;
    }

    Answer answer() {
      return violated ? Answer.VIOLATED : open() == 0 ? Answer.VERIFIED : Answer.UNKNOWN;
    }

    /** Returns the rows that the budget still pays for. */
    long left() {
      return (budget - site.iterations) / STEPS;
    }

    /** Returns whether it is undecided and can pay for rows. */
    boolean affords(long rows) {
      return !violated && open() > 0 && rows <= left();
    }

    /** Returns whether a phase's tightening leaves at least as much for cells. */
    boolean enters(int phase) {
      return phase < phases.size() && affords(2 * sides(phase));
    }

    /** Returns the rows that a phase's tightening takes at most. */
    long sides(int phase) {
      int units = phases.get(phase).units();
      long sides = 0;
      for (int k = 0; k < bounder.margins(); k++) {
        Start start = bounder.start(k);
        int each = units == 1 && bounder.hulled(k) ? Bounder.HULL_STEPS : 1;
        for (int u = 0, n = start.bent() ? start.size() : 0; u < n; u++) {
          sides += site.isOpen(k, u) ? 2 * each : 0;
        }
      }
      return sides * (units + (units > 1 ? 1 : 0));
    }

    /** Returns the cells of a phase: a part of the rows of the next one's tightening, or all. */
    long cells(int phase) {
      long next = enters(phase + 1) ? sides(phase + 1) : 0;
      return next == 0
          ? left()
          : Math.max(1, next / (phase == 0 && bounder.hulled(bounder.margins()) ? FEW : 1));
    }
  }

  private void search(List<List<Item>> items, Judge judge) {
    bounder.root(sites(items));
    items.forEach(
        own ->
            own.forEach(
                i -> {
                  i.margins = i.site.margins.clone();
                  i.margins[i.label] = Double.NaN;
                }));
    List<List<Item>> now = items;
    for (int p = 0; p < phases.size(); p++) {
      int phase = p;
      now = where(now, i -> phase == 0 ? i.affords(i.open()) : i.enters(phase));
      if (now.stream().allMatch(List::isEmpty)) {
        return;
      }
      bounder.load(sites(now));
      int units = phases.get(phase).units();
      if (units == 1) {
        new Tightening(bounder, sites(now)).hulls();
      } else if (units > 1) {
        new Tightening(bounder, sites(now)).refine(site -> true, units, UNLIMITED);
      }
      grow(now, phase, judge);
    }
  }

  private static List<List<Item>> where(List<List<Item>> items, Predicate<Item> which) {
    return items.stream().map(own -> own.stream().filter(which).toList()).toList();
  }

  private static List<List<Site>> sites(List<List<Item>> items) {
    return items.stream().map(own -> own.stream().map(i -> i.site).toList()).toList();
  }

  /** Bounds open margins over the balls that are loaded, then over cells of them. */
  private void grow(List<List<Item>> items, int phase, Judge judge) {
    Map<Item, Map<Integer, Row>> last = new IdentityHashMap<>();
    List<Row> rows = margins(items, phase > 0, last, judge);
    List<Tree> trees = new ArrayList<>();
    Map<Item, List<Tree>> own = new IdentityHashMap<>();
    for (Row r : rows) {
      Item i = items.get(r.model).get(r.site);
      int j = r.objective.other();
      if (!i.violated && i.open(j)) {
        if (!own.containsKey(i)) {
          i.owner = new Tree.Owner(0, true);
          own.put(i, new ArrayList<>());
        }
        List<Row.Objective> one = List.of(r.objective);
        Tree tree =
            new Tree(r.model, r.site, i.owner, j, one, List.of(r), Integer.MAX_VALUE, false);
        trees.add(tree);
        own.get(i).add(tree);
      }
    }
    Forest forest =
        new Forest(bounder, bounder.margins(), BallSearch::leaves, phase > 0, UNLIMITED);
    Consumer<Tree.Try> asked = t -> t.rows.forEach(r -> ask(items, r, judge));
    Map<Item, Long> cells = new IdentityHashMap<>();
    own.keySet().forEach(i -> cells.put(i, i.cells(phase)));
    Map<Item, Pace> paces = new IdentityHashMap<>();
    own.forEach((i, all) -> paces.put(i, new Pace(all)));
    Set<Item> on = Collections.newSetFromMap(new IdentityHashMap<>());
    on.addAll(own.keySet());
    for (BallPhase.Look look : phases.get(phase).looks()) {
      on.forEach(i -> allow(i, look.part() * cells.get(i) < FEWEST ? 0 : look.part(), cells));
      forest.grow(trees, asked);
      on.removeIf(i -> i.owner.nodes > 0 && !paces.get(i).suffices(look, cells.get(i)));
    }
    own.keySet().forEach(i -> allow(i, on.contains(i) ? 1 : 0, cells));
    forest.grow(trees, asked);
    own.keySet().forEach(i -> i.owner = null);
    for (Tree t : trees) {
      items.get(t.model).get(t.site).raise(t.number, t.bound());
      t.end();
    }
    last.values().forEach(of -> of.values().forEach(r -> Row.Numbers.drop(r.found)));
  }

  /** Lets a ball's trees grow to a part of its cells. */
  private static void allow(Item i, double part, Map<Item, Long> cells) {
    double more = Math.ceil(part * cells.get(i)) - i.owner.nodes;
    i.owner.left = (int) Math.max(0, Math.min(Integer.MAX_VALUE, more));
  }

  private static int leaves(Tree tree) {
    return Math.max(LEAVES, Math.min(MOST_LEAVES, tree.waiting() / 2));
  }

  /**
   * Ascends the open margins over the balls and returns the rows of the last ascent.
   *
   * @param closer whether to ascend more than once, with hulls where margins have them
   * @param last takes the last row of each margin, by item and class
   */
  private List<Row> margins(
      List<List<Item>> items, boolean closer, Map<Item, Map<Integer, Row>> last, Judge judge) {
    List<Row> rows = List.of();
    for (int a = 0; a < (closer ? ASCENTS : 1); a++) {
      rows = new ArrayList<>();
      for (int m = 0; m < models; m++) {
        for (int s = 0; s < items.get(m).size(); s++) {
          Item i = items.get(m).get(s);
          Map<Integer, Row> before = last.computeIfAbsent(i, x -> new HashMap<>());
          for (int j = 0; i.affords(i.open()) && j < classes; j++) {
            if (i.open(j)) {
              Row old = before.get(j);
              Row.Numbers given = old == null ? null : old.found;
              Row.Objective margin =
                  old == null ? Row.Objective.over(classes, i.label, j) : old.objective;
              Row row = Row.margin(m, s, Row.Cell.WHOLE, margin, given);
              before.put(j, row);
              rows.add(row);
            }
          }
        }
      }
      bounder.rows(bounder.margins(), rows, true, closer);
      for (Row r : rows) {
        Row.Numbers.drop(r.given);
        items.get(r.model).get(r.site).raise(r.objective.other(), r.bound);
        ask(items, r, judge);
      }
    }
    return rows;
  }

  private static void ask(List<List<Item>> items, Row r, Judge judge) {
    Item i = items.get(r.model).get(r.site);
    if (!i.violated && r.corner != null && judge.violates(r.model, i.number, r.corner)) {
      i.violated = true;
      if (i.owner != null) {
        i.owner.over = true;
      }
    }
  }

  @Override
  public void close() {
    bounder.close();
  }
}
