// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Sides of starts, tightened layer by layer: what one layer gains the next one uses. */
final class Tightening {
  /** Least leaves of a unit's tree in a round: the halves of its worst cell. */
  private static final int HALVES = 2;

  /** Most of them: where a region has few units left, rounds would be short otherwise. */
  private static final int MOST = 16;

  /** Leaves of all units of a region in a round, if that takes no more of each. */
  private static final int ROUND = 64;

  private final Bounder bounder;
  private final List<List<Site>> sites;

  /**
   * @param sites of each model, with sides of their starts, which are tightened in place
   */
  Tightening(Bounder bounder, List<List<Site>> sites) {
    this.bounder = bounder;
    this.sites = sites;
  }

  /** Ascends both sides of every unit that may have both signs. */
  void run() {
    bounder.load(sites);
    for (int k = 0; k < bounder.margins(); k++) {
      if (bounder.start(k).bent()) {
        layer(k, site -> true);
        bounder.load(sites);
      }
    }
  }

  /** Does so with hulls where rows may have them; their numbers are not kept. */
  void hulls() {
    bounder.load(sites);
    for (int k = 0; k < bounder.margins(); k++) {
      if (bounder.hulled(k)) {
        List<Row> rows = open(k, site -> true);
        bounder.rows(k, rows, false, true);
        for (Row r : rows) {
          site(r).tighten(k, r.unit, r.bound);
        }
        bounder.load(sites);
      } else if (bounder.start(k).bent()) {
        layer(k, site -> true);
        bounder.load(sites);
      }
    }
  }

  /**
   * Splits the region of every unit that may still have both signs into cells, each unit for
   * itself.
   *
   * @param which sites to work on
   * @param nodes cells of a side of a unit
   */
  void refine(Predicate<Site> which, int nodes, Budget budget) {
    for (int k = 0; k < bounder.margins() && !budget.isOver(); k++) {
      if (bounder.start(k).width() > 0) {
        List<Tree> trees = new ArrayList<>();
        for (Row r : layer(k, which)) {
          Site site = site(r);
          if (bounder.isOpen(site, k, r.unit % bounder.start(k).size())) {
            trees.add(Tree.unit(r, site.owner, nodes, site.ledger != null));
          }
        }
        Map<Site, Long> sides =
            trees.stream().collect(Collectors.groupingBy(this::site, Collectors.counting()));
        new Forest(bounder, k, t -> take(sides.get(site(t))), false, budget).grow(trees, one -> {});
        for (Tree t : trees) {
          Site site = site(t);
          if (site.tighten(k, t.unit, t.bound()) && site.ledger != null) {
            site.ledger.tightened(k, t.unit, t.leaves());
          }
          t.end();
        }
        bounder.load(sites);
      }
    }
  }

  private static int take(long sides) {
    return HALVES * (int) Math.max(1, Math.min(MOST, ROUND / sides) / HALVES);
  }

  private Site site(Tree t) {
    return sites.get(t.model).get(t.site);
  }

  private Site site(Row r) {
    return sites.get(r.model).get(r.site);
  }

  /**
   * Ascends open units of a start and returns their rows. Where it is to be proved, a start keeps
   * its sides if no node of the file bends it as it is, and a proof cannot name it.
   */
  private List<Row> layer(int k, Predicate<Site> which) {
    List<Row> rows = open(k, which);
    bounder.rows(k, rows, true);
    for (Row r : rows) {
      Site site = site(r);
      if (site.tighten(k, r.unit, r.bound) && site.ledger != null) {
        Ledger.Proof whole = new Ledger.Proof(Row.Cell.WHOLE, r.found);
        site.ledger.tightened(k, r.unit, List.of(whole));
      }
      site.keep(k, r.unit, r.found);
    }
    return rows;
  }

  private List<Row> open(int k, Predicate<Site> which) {
    boolean named = bounder.node(k) >= 0;
    int units = bounder.start(k).size();
    List<Row> rows = new ArrayList<>();
    for (int m = 0; m < sites.size(); m++) {
      for (int s = 0; s < sites.get(m).size(); s++) {
        Site site = sites.get(m).get(s);
        boolean own = which.test(site) && (named || site.ledger == null);
        for (int u = 0; u < 2 * units && own; u++) {
          if (bounder.isOpen(site, k, u % units)) {
            rows.add(Row.unit(m, s, Row.Cell.WHOLE, u, site.last(k, u)));
          }
        }
      }
    }
    return rows;
  }
}
