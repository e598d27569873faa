// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.queue.SlotQueue;
import org.rigor.queue.SlotWork;
import org.rigor.queue.Slots;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/** The queues of {@link Ascent}, compiled for a number of samples: one for each start. */
final class RowQueues implements AutoCloseable {
  /** Rows for each slot of a sample: a row propagates one number, a sample hundreds. */
  private static final int ROWS = 8;

  /** Cells for each row of a round. */
  private static final int ROUNDS = 8;

  /** Elements of a window over one element of a layer, allowed for. */
  private static final long WINDOWS = 16;

  /** Most bytes of one value. */
  private static final long LARGEST = 1L << 28;

  private final Stage.Setup setup;
  private final int steps;
  private final RowPrograms programs;
  private final List<RowPrograms.Start> starts;
  private final RowPrograms.Start last;
  private final int models;
  private final int classes;
  private final Shape input;
  private final List<Line> lines = new ArrayList<>();
  private final int samples;
  private Line root;
  private Line cells;
  private Trees trees;

  /**
   * @param steps of each ascent
   * @param nodes most cells of a margin, 0 for no branching
   * @param samples C
   */
  RowQueues(Stage.Setup setup, int steps, int nodes, int samples) {
    this.setup = setup;
    this.steps = steps;
    this.samples = samples;
    this.programs = new RowPrograms(setup);
    this.starts = programs.starts();
    this.last = programs.margins();
    this.models = setup.networks().count();
    this.classes = setup.networks().network().outputs();
    this.input = setup.networks().network().input();
    List<Shape> sides = starts.stream().map(RowPrograms.Start::units).toList();
    try {
      root = line(programs::root, setup.slots(), sides, samples);
      for (int k = 0; k < starts.size(); k++) {
        lines.add(starts.get(k).bent() ? rows(k, starts.get(k), samples) : null);
      }
      lines.add(rows(starts.size(), last, samples));
      if (nodes > 0) {
        branching(samples, nodes);
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Compiled programs of one start, and their queue. */
  private static final class Line implements AutoCloseable {
    private final Workspace space;
    private final Optional<Executable> once;
    private final SlotQueue queue;

    /**
     * @param once computes what the parameters alone decide
     */
    Line(Workspace space, Optional<Executable> once, SlotQueue queue) {
      this.space = space;
      this.once = once;
      this.queue = queue;
    }

    @Override
    public void close() {
      space.close();
    }
  }

  /** Returns C. */
  int samples() {
    return samples;
  }

  /** Returns how many values have sides to refine; the margins come after them. */
  int starts() {
    return starts.size();
  }

  /** Returns a start; that after all others is the margins. */
  RowPrograms.Start start(int k) {
    return k == starts.size() ? last : starts.get(k);
  }

  /** Computes what the parameters alone decide, and returns the queue that begins. */
  SlotQueue root() {
    root.once.ifPresent(Executable::run);
    return root.queue;
  }

  /** Returns whether ascent can tighten the sides of a start. */
  boolean tightens(int k) {
    return lines.get(k) != null;
  }

  SlotQueue rows(int k) {
    return lines.get(k).queue;
  }

  /** Returns whether margins have cells. */
  boolean branches() {
    return cells != null;
  }

  SlotQueue cells() {
    return cells.queue;
  }

  Trees trees() {
    return trees;
  }

  private Workspace space() {
    Workspace space = new Workspace(setup.networks().device(), "alpha-crown");
    setup.networks().share(space, DType.F64);
    return space;
  }

  private Line line(IntFunction<Program> traced, int most, List<Shape> sides, int count) {
    Workspace space = space();
    try {
      Workspace.Cut pass =
          space.halving(traced, most, LARGEST, name -> name.startsWith(Slots.PREFIX));
      int slots = space.get("slot/label").type().shape().dim(1);
      SlotWork work = new RootWork(input, sides, classes, models, count, slots);
      List<Sequence.Step> moves = List.of(Sequence.run(pass.each()));
      return new Line(space, pass.once(), new SlotQueue(space, work, models, count, slots, moves));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private Line rows(int k, RowPrograms.Start start, int count) {
    int slots = rowsAtOnce();
    RowWork work = work(k, start, count, slots);
    return line(programs.new Rows(k, slots, false), work, count * work.rows(), slots);
  }

  private RowWork work(int k, RowPrograms.Start start, int count, int slots) {
    Map<Integer, Shape> sides = new TreeMap<>();
    start.before().forEach(j -> sides.put(j, starts.get(j).units()));
    boolean margins = k == starts.size();
    return new RowWork(input, sides, models, count, slots, start.size(), margins);
  }

  private Line line(RowPrograms.Rows rows, SlotWork work, int items, int slots) {
    Workspace space = space();
    try {
      Executable begin = space.link(space.declare(rows.begin()));
      Executable step = space.link(space.declare(rows.step())); // its inputs hold the gradient
      Workspace.Cut climb = space.cut(space.declare(rows.gradient()), rows.varying());
      Executable judge = space.link(space.declare(rows.judge()));
      List<Sequence.Step> moves = new ArrayList<>();
      moves.add(Sequence.run(begin));
      climb.once().ifPresent(once -> moves.add(Sequence.run(once)));
      moves.add(Sequence.repeat(steps, Sequence.run(climb.each()), Sequence.run(step)));
      moves.add(Sequence.run(judge));
      return new Line(
          space, Optional.empty(), new SlotQueue(space, work, models, items, slots, moves));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private void branching(int count, int nodes) {
    int slots = rowsAtOnce();
    RowPrograms.Rows rows = programs.new Rows(starts.size(), slots, true);
    if (rows.bent().isEmpty()) {
      return; // nothing to split, such as in a network of sigmoids
    }
    int items = ROUNDS * slots;
    SlotWork work = new CellWork(work(starts.size(), last, count, slots), items, rows.bent());
    cells = line(rows, work, items, slots);
    trees = new Trees(cells.queue, rows.bent(), models, items, nodes);
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
  public void close() {
    if (root != null) {
      root.close();
    }
    lines.stream().filter(l -> l != null).forEach(Line::close);
    if (cells != null) {
      cells.close();
    }
  }
}
