// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Trees of cells that grow together, in rounds that fill the slots of the device. */
final class CellForest {
  /** Leaves of a tree in a round. */
  private static final int LEAVES = 16;

  /** Ascents of the clauses of a cell. */
  private static final int ASCENTS = 2;

  private final Bounder bounder;
  private final Budget budget;

  CellForest(Bounder bounder, Budget budget) {
    this.bounder = bounder;
    this.budget = budget;
  }

  /**
   * Grows trees until each is proved or stops; other regions are loaded afterwards.
   *
   * @param end is told of each tree once, as soon as it grows no more
   */
  void grow(List<CellTree> trees, Witness witness, Consumer<CellTree> end) {
    List<CellTree> growing = new ArrayList<>(trees);
    while (true) {
      growing.stream().filter(t -> !t.grows()).forEach(end);
      growing.removeIf(t -> !t.grows());
      if (growing.isEmpty() || budget.isOver()) {
        growing.forEach(end);
        return;
      }
      int each = Bounder.SITES / (2 * LEAVES);
      for (int from = 0; from < growing.size() && !budget.isOver(); from += each) {
        List<CellTree.Node> nodes = new ArrayList<>();
        for (CellTree t : growing.subList(from, Math.min(growing.size(), from + each))) {
          nodes.addAll(t.worst(LEAVES));
        }
        bound(nodes);
        for (CellTree.Node n : nodes) {
          n.tree.ask(witness, n);
          n.tree.take(n);
        }
      }
    }
  }

  /** Bounds what the last split of each cell moves, layer by layer, then the open clauses. */
  private void bound(List<CellTree.Node> nodes) {
    List<List<Site>> sites = new ArrayList<>();
    for (int m = 0; m < bounder.models(); m++) {
      sites.add(new ArrayList<>());
    }
    int[] places = new int[nodes.size()];
    for (int n = 0; n < places.length; n++) {
      List<Site> own = sites.get(nodes.get(n).tree.decision.model);
      places[n] = own.size();
      own.add(nodes.get(n).site);
    }
    bounder.load(sites);
    for (int k = 0; k < bounder.margins(); k++) {
      if (layer(k, nodes, places)) {
        bounder.load(sites);
      }
    }
    boolean cuts = bounder.start(bounder.margins()).cuts();
    for (int i = 0; i < (cuts ? CellTree.CUT_RATES.length : ASCENTS); i++) {
      List<Row> rows = new ArrayList<>();
      for (int n = 0; n < places.length; n++) {
        CellTree.Node node = nodes.get(n);
        if (!node.site.isEmpty()) {
          List<Row> own = node.again(places[n]);
          node.tree.count(own.size());
          rows.addAll(own);
        }
      }
      bounder.rows(bounder.margins(), rows, true);
      nodes.stream().filter(n -> !n.site.isEmpty()).forEach(CellTree.Node::take);
    }
  }

  /** Bounds the open units of a start in the cells whose last split they depend on. */
  private boolean layer(int k, List<CellTree.Node> nodes, int... places) {
    Start start = bounder.start(k);
    int units = start.size();
    List<Row> rows = new ArrayList<>();
    List<CellTree.Node> owners = new ArrayList<>();
    for (int n = 0; n < places.length; n++) {
      CellTree.Node node = nodes.get(n);
      boolean named = bounder.node(k) >= 0 || node.tree.decision.site.ledger == null;
      if (!named || node.site.isEmpty() || start.find(node.lastSplit()) < 0) {
        continue;
      }
      Row.Cell cell = bounder.below(k, node.cell);
      for (int u = 0; u < 2 * units; u++) {
        if (bounder.isOpen(node.site, k, u % units)) {
          Row.Numbers given = node.site.last(k, u);
          rows.add(Row.unit(node.tree.decision.model, places[n], cell, u, given));
          owners.add(node);
        }
      }
    }
    bounder.rows(k, rows, true);
    for (int r = 0; r < rows.size(); r++) {
      owners.get(r).tighten(k, rows.get(r));
      owners.get(r).tree.count(1);
    }
    return !rows.isEmpty();
  }
}
