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
  private final Pipeline pipeline;

  CellForest(Bounder bounder, Budget budget) {
    this.bounder = bounder;
    this.budget = budget;
    this.pipeline = new Pipeline(bounder);
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
        turn(growing.subList(from, Math.min(growing.size(), from + each)), witness);
      }
    }
  }

  private void turn(List<CellTree> trees, Witness witness) {
    List<CellNode> nodes = new ArrayList<>();
    for (CellTree t : trees) {
      nodes.addAll(t.worst(LEAVES));
    }
    pipeline.parts(nodes.stream().filter(n -> n.task == null).toList()).forEach(this::begin);
    for (CellNode n : nodes) {
      pipeline.finish(n.task, () -> early(trees));
      n.task = null;
      n.tree.ask(witness, n);
      n.rows.clear(); // points are large
      n.tree.take(n);
    }
  }

  /** Begins cells whose turn is to come. */
  private void early(List<CellTree> trees) {
    List<CellNode> nodes = new ArrayList<>();
    trees.forEach(t -> nodes.addAll(t.early(LEAVES / 2)));
    pipeline.parts(nodes).forEach(this::begin); // they have stages of their own to look at
  }

  private void begin(List<CellNode> nodes) {
    Pipeline.Task task = pipeline.begin(new Cells(nodes));
    nodes.forEach(n -> n.task = task);
  }

  /**
   * Cells that are bounded together: what the last split of each moves, layer by layer, then the
   * open clauses.
   */
  private final class Cells implements Pipeline.Stages {
    private final List<CellNode> nodes;
    private final int[] places;
    private final List<List<Site>> sites = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private final List<CellNode> owners = new ArrayList<>();
    private int start;
    private int ascents;

    Cells(List<CellNode> nodes) {
      this.nodes = nodes;
      this.places = new int[nodes.size()];
      for (int m = 0; m < bounder.models(); m++) {
        sites.add(new ArrayList<>());
      }
      for (int n = 0; n < places.length; n++) {
        List<Site> own = sites.get(nodes.get(n).tree.decision.model);
        places[n] = own.size();
        own.add(nodes.get(n).site);
      }
    }

    @Override
    public Bounder.Pending next() {
      bounder.load(sites);
      rows.clear();
      owners.clear();
      while (start < bounder.margins()) {
        layer();
        start++;
        if (!rows.isEmpty()) {
          return submit(start - 1);
        }
      }
      start = bounder.margins() + 1;
      boolean cuts = bounder.start(bounder.margins()).cuts();
      while (ascents < (cuts ? CellNode.CUT_RATES.length : ASCENTS)) {
        ascents++;
        margins();
        if (!rows.isEmpty()) {
          return submit(bounder.margins());
        }
        take();
      }
      return null;
    }

    private Bounder.Pending submit(int k) {
      Bounder.Pending pending =
          k < bounder.margins() ? bounder.tighten(k, rows) : bounder.submit(k, rows, true);
      for (int r = 0; r < rows.size(); r++) {
        owners.get(r).underway.add(rows.get(r));
      }
      return pending;
    }

    /** Makes rows of the open units of a start in the cells whose last split they depend on. */
    private void layer() {
      int k = start;
      Start of = bounder.start(k);
      int units = of.size();
      for (int n = 0; n < places.length; n++) {
        CellNode node = nodes.get(n);
        boolean named = bounder.node(k) >= 0 || node.tree.decision.site.ledger == null;
        if (!named || node.site.isEmpty() || of.find(node.lastSplit()) < 0) {
          continue;
        }
        Row.Cell cell = node.below(bounder, k);
        for (int u = 0; u < 2 * units; u++) {
          if (bounder.isOpen(node.site, k, u % units)) {
            Row.Numbers given = node.site.last(k, u);
            rows.add(Row.unit(node.tree.decision.model, places[n], cell, u, given));
            owners.add(node);
          }
        }
      }
    }

    private void margins() {
      for (int n = 0; n < places.length; n++) {
        CellNode node = nodes.get(n);
        if (!node.site.isEmpty()) {
          List<Row> own = node.again(places[n]);
          node.spend(own.size());
          rows.addAll(own);
          own.forEach(r -> owners.add(node));
        }
      }
    }

    @Override
    public void take() {
      nodes.forEach(n -> n.underway.clear());
      bounder.count(rows);
      if (start <= bounder.margins()) {
        for (int r = 0; r < rows.size(); r++) {
          owners.get(r).tighten(start - 1, rows.get(r));
        }
      } else {
        nodes.stream().filter(n -> !n.site.isEmpty()).forEach(CellNode::take);
      }
    }
  }
}
