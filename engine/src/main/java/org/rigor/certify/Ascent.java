// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.queue.Pool;
import org.rigor.tensor.HostTensor;

/**
 * The search of {@link AlphaCrown} and {@link BetaCrown} over samples and radii: sides of a
 * sample's ball tightened layer by layer, then its margins, then trees of those that stay open.
 */
final class Ascent implements Stage {
  /** Leaves of a tree in a round. */
  private static final int LEAVES = 32;

  private final String method;
  private final int nodes;
  private final Setup setup;
  private final int models;
  private final int classes;
  private final Bounder bounder;

  /**
   * @param method name of the certificate
   * @param steps of each ascent
   * @param nodes most cells of a margin, 0 for no branching
   */
  Ascent(String method, int steps, int nodes, Setup setup) {
    this.method = method;
    this.nodes = nodes;
    this.setup = setup;
    this.models = setup.networks().count();
    this.classes = setup.networks().network().outputs();
    this.bounder = new Bounder(new Bounder.Plan(setup, steps, false, true));
  }

  @Override
  public void run(
      HostTensor x,
      HostTensor labels,
      List<Double> epsilons,
      int[][] survived,
      int[][] limits,
      CertifiedCurve.Margins[][][] margins,
      boolean climb) {
    int n = x.shape().dim(0);
    for (int first = 0; first < n; first += Bounder.SITES) {
      int count = Math.min(Bounder.SITES, n - first);
      new Part(x, labels, epsilons, first, count).search(survived, limits, margins, climb);
    }
  }

  /** Some of the samples, with their radii. */
  private final class Part {
    private final HostTensor x;
    private final int[] labels;
    private final List<Double> epsilons;
    private final int first;
    private final int samples;
    private final int[] low;
    private final int[] high;

    /**
     * @param samples from {@code first} on
     */
    Part(HostTensor x, HostTensor labels, List<Double> epsilons, int first, int samples) {
      this.x = x;
      this.labels = labels.ints();
      this.epsilons = epsilons;
      this.first = first;
      this.samples = samples;
      this.low = new int[models * samples];
      this.high = new int[models * samples];
    }

    void search(
        int[][] survived, int[][] limits, CertifiedCurve.Margins[][][] margins, boolean climb) {
      for (int m = 0; m < models; m++) {
        for (int i = 0; i < samples; i++) {
          low[m * samples + i] = survived[m][first + i];
          high[m * samples + i] = limits[m][first + i];
        }
      }
      Pool open = Pool.where(models, samples, i -> low[i] < high[i]);
      while (!open.isEmpty()) {
        int[] level = new int[low.length];
        Arrays.setAll(level, i -> climb ? low[i] : (low[i] + high[i]) / 2);
        double[] all = bound(open, level);
        for (int i : open.each()) {
          int m = i / samples;
          int s = first + i % samples;
          CertifiedCurve.Margins found =
              CertifiedCurve.Margins.of(method, all, i * classes, classes, labels[s]);
          Stage.keep(margins[m][s], level[i], found);
          if (found.least() > 0) {
            low[i] = level[i] + 1;
            survived[m][s] = low[i];
          } else {
            high[i] = climb ? low[i] : level[i];
          }
        }
        open = open.where(i -> low[i] < high[i]);
      }
    }

    /** Returns the margins of the samples in a pool, each at its level, [M, samples, K]. */
    private double[] bound(Pool open, int[] level) {
      List<List<Site>> regions = new ArrayList<>();
      List<Row> rows = new ArrayList<>();
      for (int m = 0; m < models; m++) {
        List<Site> own = new ArrayList<>();
        for (int i : open.items()[m]) {
          double epsilon = epsilons.get(level[m * samples + i]);
          for (int j = 0; j < classes; j++) {
            if (j != labels[first + i]) {
              Row.Objective margin = Row.Objective.over(classes, labels[first + i], j);
              rows.add(Row.margin(m, own.size(), Row.Cell.WHOLE, margin, null));
            }
          }
          own.add(
              Site.of(sample(first + i), epsilon, labels[first + i], setup.box(), setup.scale()));
        }
        regions.add(own);
      }
      bounder.root(regions);
      new Tightening(bounder, regions).run();
      bounder.rows(bounder.margins(), rows, nodes > 0);
      for (Row r : rows) {
        double crown = regions.get(r.model).get(r.site).margins[r.objective.other()];
        r.bound = crown > r.bound || Double.isNaN(r.bound) ? crown : r.bound;
      }
      if (nodes > 0) {
        branch(rows);
      }
      rows.forEach(r -> Row.Numbers.drop(r.found));
      regions.forEach(own -> own.forEach(Site::end));
      double[] margins = new double[models * samples * classes];
      Arrays.fill(margins, Double.NaN);
      for (Row r : rows) {
        int sample = open.items()[r.model][r.site];
        int j = r.objective.other();
        margins[(r.model * samples + sample) * classes + j] = r.bound;
      }
      return margins;
    }

    private double[] sample(int n) {
      int d = Math.toIntExact(x.shape().size() / x.shape().dim(0));
      double[] own = new double[d];
      Arrays.setAll(own, f -> x.get(n * d + f));
      return own;
    }

    /** Raises margins that are not positive, for samples all of whose margins may become so. */
    private void branch(List<Row> rows) {
      List<Tree> trees = new ArrayList<>();
      List<Row> grown = new ArrayList<>();
      Tree.Owner[][] owners = new Tree.Owner[models][samples];
      for (Row r : rows) {
        if (!(r.bound > 0)) {
          if (owners[r.model][r.site] == null) {
            owners[r.model][r.site] = new Tree.Owner(Integer.MAX_VALUE, true);
          }
          Tree.Owner owner = owners[r.model][r.site];
          owner.over |= r.value < 0;
          List<Row.Objective> one = List.of(r.objective);
          trees.add(new Tree(r.model, r.site, owner, 0, one, List.of(r), nodes, false));
          grown.add(r);
        }
      }
      new Forest(bounder, bounder.margins(), LEAVES, Budget.nodes(nodes))
          .grow(trees, one -> one.tree.owner.over |= one.rows.get(0).value < 0);
      for (int i = 0; i < grown.size(); i++) {
        Row r = grown.get(i);
        double bound = trees.get(i).bound();
        trees.get(i).end();
        r.bound = bound > r.bound ? bound : r.bound;
      }
    }
  }

  @Override
  public void close() {
    bounder.close();
  }
}
