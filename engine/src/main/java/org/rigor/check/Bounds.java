// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Bounds over one region: of all values by intervals, of what bends read by walks too, as a proof
 * tells and otherwise with the nearest slopes, then of rows.
 */
final class Bounds {
  private final Graph graph;
  private final List<Integer> bends;
  private final List<Integer> bent;
  private final Sides sides;
  private final Map<Set<Literal>, Map<Integer, List<Side>>> scoped = new LinkedHashMap<>();

  /** A side that holds in a cell alone. */
  private record Side(int value, int unit, boolean lower, double bound) {}

  /**
   * Computes all sides.
   *
   * @throws Refusal if a tightening's cells do not cover its scope
   */
  Bounds(Graph graph, Region region, Proof.Known known) {
    this.graph = graph;
    this.bends = graph.bends();
    this.bent = IntStream.range(0, bends.size()).mapToObj(k -> from(k)).toList();
    this.sides = new Sides(graph, region);
    for (int v = 1; v < graph.steps().size(); v++) {
      if (graph.steps().get(v) instanceof Step.Bend b) {
        plain(b.from());
        int k = bends.indexOf(v);
        tighten(
            known.tightenings().stream()
                .filter(t -> t.bend() == k && t.scope().isEmpty())
                .toList());
      }
      sides.propagate(v);
    }
    for (Proof.Tightening t : known.tightenings()) {
      if (!t.scope().isEmpty()) {
        double bound = side(t);
        Side s = new Side(from(t.bend()), t.unit(), t.lower(), bound);
        scoped
            .computeIfAbsent(t.scope(), c -> new LinkedHashMap<>())
            .computeIfAbsent(s.value(), c -> new ArrayList<>())
            .add(s);
      }
    }
  }

  private int from(int bend) {
    return graph.bend(bend).from();
  }

  /** Tightens what intervals leave with both signs, by one walk a side. */
  private void plain(int value) {
    double[] low = sides.lower(value);
    double[] high = sides.upper(value);
    int[] open = IntStream.range(0, low.length).filter(i -> low[i] < 0 && high[i] > 0).toArray();
    double[][] found =
        IntStream.of(open)
            .parallel()
            .mapToObj(
                i ->
                    new double[] {
                      unit(sides, Leaf.plain(), value, i, 1),
                      -unit(sides, Leaf.plain(), value, i, -1)
                    })
            .toArray(double[][]::new);
    for (int n = 0; n < open.length; n++) {
      sides.tighten(value, open[n], found[n][0], found[n][1]);
    }
  }

  private void tighten(List<Proof.Tightening> all) {
    double[] found = all.parallelStream().mapToDouble(this::side).toArray();
    for (int n = 0; n < found.length; n++) {
      Proof.Tightening t = all.get(n);
      tighten(sides, new Side(from(t.bend()), t.unit(), t.lower(), found[n]));
    }
  }

  private static void tighten(Sides of, Side s) {
    double low = s.lower() ? s.bound() : Double.NEGATIVE_INFINITY;
    double high = s.lower() ? Double.POSITIVE_INFINITY : s.bound();
    of.tighten(s.value(), s.unit(), low, high);
  }

  /** Returns the side that a tightening's leaves give in its scope. */
  private double side(Proof.Tightening t) {
    String what = "unit %d before node %d".formatted(t.unit(), graph.bend(t.bend()).node());
    require(t.leaves(), t.scope(), what);
    double sign = t.lower() ? 1 : -1;
    double least = Double.POSITIVE_INFINITY;
    for (Leaf l : t.leaves()) {
      Leaf cell = l.within(t.scope());
      double bound = unit(within(cell), cell, from(t.bend()), t.unit(), sign);
      least = bound < least || Double.isNaN(bound) ? bound : least;
    }
    return sign * least;
  }

  /**
   * Requires that each leaf proves its row, and that the cells of all cover the region.
   *
   * @param leaves of rows of one clause
   * @return the least bound
   * @throws Refusal naming what is missing
   */
  double require(Map<Row, List<Leaf>> leaves, String what) {
    require(leaves.values().stream().flatMap(List::stream).toList(), Set.of(), what);
    double least = Double.POSITIVE_INFINITY;
    for (Map.Entry<Row, List<Leaf>> e : leaves.entrySet()) {
      double[] bounds =
          e.getValue().parallelStream().mapToDouble(l -> bound(within(l), l, e.getKey())).toArray();
      for (int n = 0; n < bounds.length; n++) {
        if (!(bounds[n] > 0)) {
          throw new Refusal(
              "%s: leaf %d of %d has the bound %.3g, which is not above 0"
                  .formatted(what, n + 1, bounds.length, bounds[n]));
        }
        least = Math.min(least, bounds[n]);
      }
    }
    return least;
  }

  private static void require(List<Leaf> leaves, Set<Literal> scope, String what) {
    Optional<List<Literal>> gap =
        Cover.gap(leaves.stream().map(l -> l.within(scope).multipliers().keySet()).toList(), scope);
    if (gap.isPresent()) {
      List<Literal> cell = gap.get();
      throw new Refusal(
          "%s: no leaf covers %s"
              .formatted(what, cell.isEmpty() ? "the region" : "the cell " + cell));
    }
  }

  /** Returns the sides that hold in a leaf's cell. */
  private Sides within(Leaf leaf) {
    Sides own = sides;
    for (Map.Entry<Set<Literal>, Map<Integer, List<Side>>> e : scoped.entrySet()) {
      if (leaf.multipliers().keySet().containsAll(e.getKey())) {
        own = own == sides ? sides.copy(bent) : own;
        for (List<Side> list : e.getValue().values()) {
          for (Side s : list) {
            tighten(own, s);
          }
        }
      }
    }
    return own;
  }

  private static double unit(Sides sides, Leaf leaf, int value, int unit, double sign) {
    if (sides.isEmpty()) {
      return Double.POSITIVE_INFINITY;
    }
    Walk w = new Walk(sides, leaf);
    w.add(value, unit, sign);
    return w.lower();
  }

  /** Returns a lower side of a row that no output is in. */
  static double onInputs(Graph graph, Region region, Row row) {
    return bound(new Sides(graph, region), Leaf.plain(), row);
  }

  private static double bound(Sides own, Leaf leaf, Row row) {
    if (own.isEmpty()) {
      return Double.POSITIVE_INFINITY;
    }
    Walk w = new Walk(own, leaf);
    row.outputs().forEach((j, a) -> add(w, own, own.graph().output(), j, a));
    row.inputs().forEach((i, a) -> add(w, own, 0, i, a));
    double c = row.constant().doubleValue();
    w.add(c);
    w.lose(error(row.constant(), c));
    return w.lower();
  }

  private static void add(Walk w, Sides own, int value, int i, BigDecimal a) {
    double nearest = a.doubleValue();
    w.add(value, i, nearest);
    w.lose(Math.nextUp(error(a, nearest) * own.size(value, i)));
  }

  private static double error(BigDecimal exact, double nearest) {
    return Region.up(exact.subtract(new BigDecimal(nearest)).abs());
  }

  /** Returns an upper side of a row. */
  double atMost(Row row) {
    return -bound(sides, Leaf.plain(), row.negated());
  }
}
