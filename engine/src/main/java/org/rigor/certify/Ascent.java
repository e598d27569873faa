// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.queue.SlotWork;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/**
 * The search of {@link AlphaCrown}: CROWN's sides of samples, then for each hidden layer in turn
 * the rows of its units that may have both signs, then the margins. Layers stand on the host
 * between two runs of a queue, so that whatever a layer gains the next one uses.
 */
final class Ascent implements Stage {
  /** Samples that are searched together; their sides stand in memory. */
  private static final int CHUNK = 256;

  /** Rows for each slot of a sample: a row propagates one number, a sample hundreds. */
  private static final int ROWS = 8;

  /** Elements of a window over one element of a layer, allowed for. */
  private static final long WINDOWS = 16;

  /** Most bytes of one value. */
  private static final long LARGEST = 1L << 28;

  private final AlphaCrown method;
  private final Setup setup;
  private final RowPrograms programs;
  private final List<RowPrograms.Start> starts;
  private final RowPrograms.Start last;
  private final int models;
  private final int classes;
  private final Shape input;
  private Line root;
  private List<Line> lines;
  private int samples;

  Ascent(AlphaCrown method, Setup setup) {
    this.method = method;
    this.setup = setup;
    this.programs = new RowPrograms(setup);
    this.starts = programs.starts();
    this.last = programs.margins();
    this.models = setup.networks().count();
    this.classes = setup.networks().network().outputs();
    this.input = setup.networks().network().input();
  }

  /** Compiled programs of one start, and their queue. */
  private static final class Line implements AutoCloseable {
    private final Workspace space;
    private final SlotQueue queue;

    Line(Workspace space, SlotQueue queue) {
      this.space = space;
      this.queue = queue;
    }

    @Override
    public void close() {
      space.close();
    }
  }

  /** Compiles for a number of samples. */
  private void prepare(int count) {
    if (count == samples) {
      return;
    }
    close();
    List<Shape> sides = starts.stream().map(RowPrograms.Start::units).toList();
    try {
      root = line(programs::root, setup.slots(), sides, count);
      lines = new ArrayList<>();
      for (int k = 0; k < starts.size(); k++) {
        lines.add(starts.get(k).bent() ? rows(k, starts.get(k), count) : null);
      }
      lines.add(rows(starts.size(), last, count));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    samples = count;
  }

  private Workspace space() {
    Workspace space = new Workspace(setup.networks().device(), "alpha-crown");
    setup.networks().share(space, DType.F64);
    return space;
  }

  private Line line(IntFunction<Program> traced, int most, List<Shape> sides, int count) {
    Workspace space = space();
    try {
      Executable pass = space.halving(traced, most, LARGEST);
      int slots = space.get("slot/label").type().shape().dim(1);
      SlotWork work = new RootWork(input, sides, classes, models, count, slots);
      return new Line(
          space, new SlotQueue(space, work, models, count, slots, List.of(Sequence.run(pass))));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private Line rows(int k, RowPrograms.Start start, int count) {
    Workspace space = space();
    try {
      int slots = rowsAtOnce();
      RowPrograms.Rows rows = programs.new Rows(k, slots);
      Executable begin = space.link(space.declare(rows.begin()));
      Executable step = space.link(space.declare(rows.step())); // its inputs hold the gradient
      Workspace.Cut climb = space.cut(space.declare(rows.gradient()), rows.varying());
      Executable judge = space.link(space.declare(rows.judge()));
      List<Sequence.Step> moves = new ArrayList<>();
      moves.add(Sequence.run(begin));
      climb.once().ifPresent(once -> moves.add(Sequence.run(once)));
      moves.add(Sequence.repeat(method.steps(), Sequence.run(climb.each()), Sequence.run(step)));
      moves.add(Sequence.run(judge));
      Map<Integer, Shape> sides = new TreeMap<>();
      start.before().forEach(j -> sides.put(j, starts.get(j).units()));
      boolean margins = k == starts.size();
      SlotWork work = new RowWork(input, sides, models, count, slots, start.size(), margins);
      return new Line(
          space, new SlotQueue(space, work, models, count * perSample(k), slots, moves));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private int perSample(int k) {
    return k == starts.size() ? classes : 2 * starts.get(k).size();
  }

  private int rowsAtOnce() {
    long widest = Math.max(input.size(), classes);
    for (RowPrograms.Start s : starts) {
      widest = Math.max(widest, s.size());
    }
    int slots = ROWS * setup.slots();
    while (slots > 1 && 8 * WINDOWS * widest * slots * models > LARGEST) {
      slots /= 2;
    }
    return slots;
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
              CertifiedCurve.Margins.of(
                  method.name(), all, i * classes, classes, labels[i % samples]);
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
      put(root.queue, epsilon);
      List<String> names = new ArrayList<>(List.of("margins"));
      for (int j = 0; j < starts.size(); j++) {
        names.add("lower-" + j);
        names.add("upper-" + j);
      }
      Map<String, HostTensor> sides = root.queue.run(open, names);
      for (int k = 0; k < starts.size(); k++) {
        if (lines.get(k) != null) {
          tighten(k, open, epsilon, sides);
        }
      }
      double[] margins = sides.get("margins").doubles();
      Pool rows = rows(open, classes, (i, j) -> j != labels[i % samples]);
      double[] found = run(starts.size(), rows, epsilon, sides);
      for (int row : rows.each()) {
        margins[row] = higher(margins[row], found[row]);
      }
      return margins;
    }

    private void tighten(int k, Pool open, HostTensor epsilon, Map<String, HostTensor> sides) {
      int units = starts.get(k).size();
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
      SlotQueue queue = lines.get(k).queue;
      put(queue, epsilon);
      Set<Integer> before = k == starts.size() ? last.before() : starts.get(k).before();
      for (int j : before) {
        queue.put("lower-" + j, sides.get("lower-" + j));
        queue.put("upper-" + j, sides.get("upper-" + j));
      }
      return queue.run(rows, List.of("bound")).get("bound").doubles();
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
    if (root != null) {
      root.close();
      root = null;
    }
    if (lines != null) {
      lines.stream().filter(l -> l != null).forEach(Line::close);
      lines = null;
    }
    samples = 0;
  }
}
