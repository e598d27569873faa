// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * Branch and bound over balls around samples, for M models that each have balls of their own: where
 * CROWN leaves a margin open, the ball is split by signs of units, each cell with slopes and
 * multipliers of its own ({@link BetaCrown}). Of what is left of a budget, hidden sides are then
 * tightened over the whole ball, and the ball is split again: deep networks need both.
 *
 * <p>Work is counted in rows times steps of ascent, which no machine changes. What becomes of a
 * ball does not depend on the balls around it.
 */
public final class BallSearch implements AutoCloseable {
  /** Steps of an ascent. */
  private static final int STEPS = 6;

  /** Leaves of a tree in a round. */
  private static final int LEAVES = 32;

  /** Part of a budget for cells with CROWN's hidden sides. */
  private static final double FIRST = 0.5;

  private static final int CPU_SLOTS = 8;
  private static final int SLOTS = 512;

  private final int models;
  private final int classes;
  private final Box box;
  private final long budget;
  private final Bounder bounder;

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
          all.get(m).add(new Found(i.answer(), i.bound(), i.spent));
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

    long spent;
    boolean violated;
    Tree.Owner owner;

    Item(int number, Ball ball) {
      this.number = number;
      this.label = ball.label();
      this.site = Site.of(ball.x(), ball.epsilon(), label, box);
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

    /** Returns whether it is undecided and can pay for rows. */
    boolean affords(long rows) {
      return !violated && open() > 0 && spent + rows * STEPS <= budget;
    }

    /** Returns the rows that tightening its hidden sides takes at most. */
    long sides() {
      long rows = 0;
      for (int k = 0; k < bounder.margins(); k++) {
        for (int u = 0; u < bounder.start(k).size() && bounder.start(k).bent(); u++) {
          rows += site.isOpen(k, u) ? 2 : 0;
        }
      }
      return rows;
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
    bounder.load(sites(items));
    grow(items, FIRST, judge);
    List<List<Item>> rest =
        items.stream()
            .map(own -> own.stream().filter(i -> i.sides() > 0 && i.affords(i.sides())).toList())
            .toList();
    if (rest.stream().allMatch(List::isEmpty)) {
      return;
    }
    Map<Site, Long> before = new IdentityHashMap<>();
    rest.forEach(own -> own.forEach(i -> before.put(i.site, i.site.iterations)));
    new Tightening(bounder, sites(rest)).run();
    rest.forEach(own -> own.forEach(i -> i.spent += i.site.iterations - before.get(i.site)));
    bounder.load(sites(rest));
    grow(rest, 1, judge);
  }

  private static List<List<Site>> sites(List<List<Item>> items) {
    return items.stream().map(own -> own.stream().map(i -> i.site).toList()).toList();
  }

  /**
   * Bounds open margins over the balls that are loaded, then over cells of them.
   *
   * @param share of the budget, what is spent already included
   */
  private void grow(List<List<Item>> items, double share, Judge judge) {
    List<Row> rows = new ArrayList<>();
    for (int m = 0; m < models; m++) {
      for (int s = 0; s < items.get(m).size(); s++) {
        Item i = items.get(m).get(s);
        for (int j = 0; i.affords(i.open()) && j < classes; j++) {
          if (i.open(j)) {
            rows.add(Row.margin(m, s, Row.Cell.WHOLE, over(i.label, j), null));
          }
        }
      }
    }
    bounder.rows(bounder.margins(), rows, true);
    for (Row r : rows) {
      Item i = items.get(r.model).get(r.site);
      i.spent += STEPS;
      i.raise(other(r.objective), r.bound);
    }
    rows.forEach(r -> ask(items, r, judge));
    List<Tree> trees = new ArrayList<>();
    for (Row r : rows) {
      Item i = items.get(r.model).get(r.site);
      int j = other(r.objective);
      if (!i.violated && i.open(j)) {
        if (i.owner == null || i.owner.over) {
          i.owner = new Tree.Owner(0, true);
        }
        long left = Math.max(0, (long) (share * budget) - i.spent) / STEPS;
        i.owner.left = (int) Math.min(Integer.MAX_VALUE, left);
        List<Row> known = List.of(r);
        List<Row.Objective> one = List.of(r.objective);
        trees.add(new Tree(r.model, r.site, i.owner, j, one, known, Integer.MAX_VALUE, false));
      }
    }
    new Forest(bounder, bounder.margins(), LEAVES, Budget.nodes(Integer.MAX_VALUE))
        .grow(trees, t -> t.rows.forEach(r -> ask(items, r, judge)));
    for (List<Item> own : items) {
      for (Item i : own) {
        i.spent += i.owner == null ? 0 : (long) i.owner.nodes * STEPS;
        i.owner = null;
      }
    }
    trees.forEach(t -> items.get(t.model).get(t.site).raise(t.number, t.bound()));
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

  private Row.Objective over(int label, int other) {
    double[] outputs = new double[classes];
    outputs[label] = 1;
    outputs[other] = -1;
    return new Row.Objective(outputs, null, 0);
  }

  private static int other(Row.Objective o) {
    int j = 0;
    while (!(o.outputs()[j] < 0)) {
      j++;
    }
    return j;
  }

  @Override
  public void close() {
    bounder.close();
  }
}
