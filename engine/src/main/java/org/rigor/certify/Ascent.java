// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The search of {@link AlphaCrown} and {@link BetaCrown}: CROWN's sides of samples, then for each
 * hidden layer in turn the rows of its units that may have both signs, then the margins, then their
 * cells. Layers stand on the host between two runs of a queue, so that whatever a layer gains the
 * next one uses.
 */
final class Ascent implements Stage {
  /** Samples that are searched together; their sides stand in memory. */
  private static final int CHUNK = 256;

  private final String method;
  private final int steps;
  private final int nodes;
  private final Setup setup;
  private final int models;
  private final int classes;
  private final Shape input;
  private RowQueues queues;
  private int samples;

  /**
   * @param method name of the certificate
   * @param steps of each ascent
   * @param nodes most cells of a margin, 0 for no branching
   */
  Ascent(String method, int steps, int nodes, Setup setup) {
    this.method = method;
    this.steps = steps;
    this.nodes = nodes;
    this.setup = setup;
    this.models = setup.networks().count();
    this.classes = setup.networks().network().outputs();
    this.input = setup.networks().network().input();
  }

  /** Compiles for a number of samples. */
  private void prepare(int count) {
    if (queues == null || queues.samples() != count) {
      close();
      queues = new RowQueues(setup, steps, nodes, count);
      samples = count;
    }
  }

  @Override
  public void run(
      HostTensor x,
      HostTensor labels,
      List<Double> epsilons,
      int[][] survived,
      CertifiedCurve.Margins[][][] margins,
      boolean climb) {
    int n = x.shape().dim(0);
    int chunks = (n + CHUNK - 1) / CHUNK;
    int count = (n + chunks - 1) / chunks;
    prepare(count);
    for (int first = 0; first < n; first += count) {
      new Part(x, labels, epsilons, first, Math.min(count, n - first))
          .search(survived, margins, climb);
    }
  }

  /** Some of the samples: their radii, and the sides of all starts. */
  private final class Part {
    private final List<Double> epsilons;
    private final int first;
    private final int n;
    private final int[] labels;
    private final HostTensor x;
    private final HostTensor y;
    private final int[] low;
    private final int[] high;

    /**
     * @param n samples from {@code first} on; rows behind them repeat the last one and do not run
     */
    Part(HostTensor x, HostTensor labels, List<Double> epsilons, int first, int n) {
      this.epsilons = epsilons;
      this.first = first;
      this.n = n;
      int d = Math.toIntExact(input.size());
      double[] own = new double[samples * d];
      this.labels = new int[samples];
      for (int i = 0; i < samples; i++) {
        int from = first + Math.min(i, n - 1);
        for (int f = 0; f < d; f++) {
          own[i * d + f] = x.get(from * d + f);
        }
        this.labels[i] = labels.ints()[from];
      }
      this.x = HostTensor.of(input.insert(0, samples).insert(0, 1), own);
      this.y = HostTensor.of(Shape.of(1, samples), this.labels);
      this.low = new int[models * samples];
      this.high = new int[models * samples];
    }

    void search(int[][] survived, CertifiedCurve.Margins[][][] margins, boolean climb) {
      for (int m = 0; m < models; m++) {
        for (int i = 0; i < n; i++) {
          low[m * samples + i] = survived[m][first + i];
          high[m * samples + i] = epsilons.size();
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
              CertifiedCurve.Margins.of(method, all, i * classes, classes, labels[i % samples]);
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

    /** Returns the margins of the samples in a pool, each at its level, [M, C, K]. */
    private double[] bound(Pool open, int[] level) {
      double[] radii = new double[level.length];
      for (int i : open.each()) {
        radii[i] = epsilons.get(level[i]);
      }
      HostTensor epsilon = HostTensor.of(Shape.of(models, samples), radii);
      SlotQueue root = queues.root();
      put(root, epsilon);
      List<String> names = new ArrayList<>(List.of("margins"));
      for (int j = 0; j < queues.starts(); j++) {
        names.add("lower-" + j);
        names.add("upper-" + j);
      }
      Map<String, HostTensor> sides = root.run(open, names);
      for (int k = 0; k < queues.starts(); k++) {
        if (queues.tightens(k)) {
          tighten(k, open, epsilon, sides);
        }
      }
      double[] margins = sides.get("margins").doubles();
      Pool rows = rows(open, classes, (i, j) -> j != labels[i % samples]);
      double[] found = run(queues.starts(), rows, epsilon, sides);
      for (int row : rows.each()) {
        margins[row] = higher(margins[row], found[row]);
      }
      if (queues.branches()) {
        branch(open, epsilon, sides, margins);
      }
      return margins;
    }

    /** Raises margins that are not positive, for samples all of whose margins may become so. */
    private void branch(
        Pool open, HostTensor epsilon, Map<String, HostTensor> sides, double[] margins) {
      List<Trees.Tree> all = new ArrayList<>();
      for (int i : open.each()) {
        for (int j = 0; j < classes; j++) {
          double known = margins[i * classes + j];
          if (j != labels[i % samples] && !(known > 0)) {
            double least = Double.isNaN(known) ? Double.NEGATIVE_INFINITY : known;
            all.add(new Trees.Tree(i / samples, i % samples, j, least));
          }
        }
      }
      if (all.isEmpty()) {
        return;
      }
      load(queues.cells(), queues.start(queues.starts()), epsilon, sides);
      queues.trees().grow(all);
      for (Trees.Tree t : all) {
        int at = (t.model * samples + t.sample) * classes + t.other;
        margins[at] = higher(margins[at], t.bound());
      }
    }

    private void tighten(int k, Pool open, HostTensor epsilon, Map<String, HostTensor> sides) {
      int units = queues.start(k).size();
      double[] lower = sides.get("lower-" + k).doubles();
      double[] upper = sides.get("upper-" + k).doubles();
      Pool rows =
          rows(
              open,
              2 * units,
              (i, r) -> lower[i * units + r % units] < 0 && upper[i * units + r % units] > 0);
      if (rows.isEmpty()) {
        return;
      }
      double[] found = run(k, rows, epsilon, sides);
      for (int row : rows.each()) {
        int at = row / (2 * units) * units + row % units;
        if (row % (2 * units) < units) {
          lower[at] = higher(lower[at], found[row]);
        } else {
          upper[at] = -higher(-upper[at], found[row]);
        }
      }
    }

    private double[] run(int k, Pool rows, HostTensor epsilon, Map<String, HostTensor> sides) {
      SlotQueue queue = queues.rows(k);
      load(queue, queues.start(k), epsilon, sides);
      return queue.run(rows, List.of("bound")).get("bound").doubles();
    }

    private void load(
        SlotQueue queue, RowPrograms.Start of, HostTensor epsilon, Map<String, HostTensor> sides) {
      put(queue, epsilon);
      for (int j : of.before()) {
        queue.put("lower-" + j, sides.get("lower-" + j));
        queue.put("upper-" + j, sides.get("upper-" + j));
      }
    }

    private void put(SlotQueue queue, HostTensor epsilon) {
      queue.put("x", x);
      queue.put("epsilon", epsilon);
      queue.put("label", y);
    }

    /** Returns the rows of the samples in a pool, numbered {@code sample * each + row}. */
    private Pool rows(Pool open, int each, RowFilter waits) {
      int[][] items = new int[models][];
      for (int m = 0; m < models; m++) {
        int base = m * samples;
        items[m] =
            Arrays.stream(open.items()[m])
                .flatMap(
                    i ->
                        IntStream.range(0, each)
                            .filter(r -> waits.test(base + i, r))
                            .map(r -> i * each + r))
                .toArray();
      }
      return new Pool(samples * each, items);
    }
  }

  /** Which rows wait: by {@code model * samples + sample} and row. */
  private interface RowFilter {
    boolean test(int sample, int row);
  }

  /** Returns the larger of two lower sides; NaN is none. */
  private static double higher(double a, double b) {
    return a >= b || Double.isNaN(b) ? a : b;
  }

  @Override
  public void close() {
    if (queues != null) {
      queues.close();
      queues = null;
    }
  }
}
