// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.queue.SlotWork;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Workspace;

/** Compiled programs of the rows of one start, and their queue. */
final class RowLine implements AutoCloseable {
  /** Rows for each slot of a sample: a row propagates one number, a sample hundreds. */
  private static final int ROWS = 8;

  /** Most rows of a model in one run of the queue. */
  private static final int ITEMS = 512;

  /** Elements of a window over one element of a layer, allowed for. */
  private static final long WINDOWS = 16;

  /** Most bytes of one value. */
  private static final long LARGEST = 1L << 28;

  private final Workspace space;
  private final Start start;

  /** Elements of the values that are bent below the start. */
  private final int width;

  private final boolean cuts;
  private final boolean margins;
  private final boolean reads;
  private final boolean cells;
  private final int models;
  private final int inputs;
  private final int items;
  private final SlotQueue queue;

  /** Computes what the parameters alone decide. */
  private final Optional<Executable> once;

  /** Version of the sides that the queue holds. */
  long version = -1;

  /**
   * @param space with the parameters in F64 and F32; closed with this
   * @param cells whether rows may be over cells
   * @param sides shapes of the starts whose sides rows read
   */
  RowLine(
      Bounder.Plan plan,
      Workspace space,
      int number,
      Start start,
      boolean margins,
      boolean cells,
      Map<Integer, Shape> sides) {
    Stage.Setup setup = plan.setup();
    int steps = plan.steps();
    this.space = space;
    this.start = start;
    this.width = start.width();
    this.cuts = start.cuts();
    this.margins = margins;
    this.reads = margins && plan.reads();
    this.cells = cells;
    this.models = setup.networks().count();
    Shape input = setup.networks().network().input();
    this.inputs = Math.toIntExact(input.size());
    int slots = slots(setup, Math.max(inputs, Math.max(start.size(), width)));
    this.items = (int) Math.max(slots, Math.min(ITEMS, (1L << 22) / Math.max(1, width)));
    Lanes lanes = Lanes.of(setup, slots);
    RowPrograms programs = new RowPrograms(plan, number, start, margins, cells, lanes);
    boolean ball = setup.norm() != Norm.LINF;
    SlotWork work =
        new RowWork(
            input,
            ball,
            sides,
            start,
            margins,
            this.reads,
            cells,
            models,
            Bounder.SITES,
            items,
            slots);
    List<Sequence.Step> moves = new ArrayList<>();
    if (programs.climbs()) {
      Executable begin = space.link(space.declare(programs.begin()));
      Executable step = space.link(space.declare(programs.step())); // its inputs hold the gradient
      Workspace.Cut climb = space.cut(space.declare(programs.gradient()), programs.varying());
      moves.add(Sequence.run(begin));
      climb.once().ifPresent(once -> moves.add(Sequence.run(once)));
      moves.add(Sequence.repeat(steps, Sequence.run(climb.each()), Sequence.run(step)));
    }
    Workspace.Cut judge = space.link(programs.judge(), name -> name.startsWith(lanes.prefix()));
    this.once = judge.once();
    moves.add(Sequence.run(judge.each()));
    if (programs.looksAhead()) {
      Lookahead ahead = new Lookahead(lanes);
      Executable child = space.link(space.declare(programs.child()));
      Executable next = space.link(space.declare(ahead.next()));
      moves.add(Sequence.repeat(Lookahead.HALVES, Sequence.run(child), Sequence.run(next)));
      moves.add(Sequence.run(space.link(space.declare(ahead.choose(start.cuts())))));
    }
    this.queue = new SlotQueue(space, work, models, items, slots, moves);
  }

  /** Compiles a queue whose moves are runs of executables. */
  static SlotQueue queue(
      Workspace space, SlotWork work, int models, int items, int slots, List<Executable> moves) {
    return new SlotQueue(
        space, work, models, items, slots, moves.stream().map(Sequence::run).toList());
  }

  private int slots(Stage.Setup setup, long widest) {
    int slots = ROWS * setup.slots();
    while (slots > 1 && 8 * WINDOWS * widest * slots * models > LARGEST) {
      slots /= 2;
    }
    return slots;
  }

  Start start() {
    return start;
  }

  SlotQueue queue() {
    return queue;
  }

  /** Prepares for regions whose fields have been put. */
  void prepare() {
    once.ifPresent(Executable::run);
  }

  void run(List<Row> rows, List<List<Site>> sites, boolean state) {
    List<List<Row>> own = new ArrayList<>();
    for (int m = 0; m < models; m++) {
      own.add(new ArrayList<>());
    }
    rows.forEach(r -> own.get(r.model).add(r));
    int longest = own.stream().mapToInt(List::size).max().orElse(0);
    for (int from = 0; from < longest; from += items) {
      int first = from;
      part(
          own.stream()
              .map(l -> l.subList(Math.min(first, l.size()), Math.min(first + items, l.size())))
              .toList(),
          sites,
          state);
    }
  }

  private void part(List<List<Row>> rows, List<List<Site>> sites, boolean state) {
    int most = rows.stream().mapToInt(List::size).max().orElse(0);
    Staged staged = new Staged(most);
    int[][] pool = new int[models][];
    for (int m = 0; m < models; m++) {
      pool[m] = IntStream.range(0, rows.get(m).size()).toArray();
      for (int n = 0; n < pool[m].length; n++) {
        Row row = rows.get(m).get(n);
        staged.put(m * most + n, row, sites.get(m).get(row.site));
      }
    }
    staged.write();
    List<String> names = new ArrayList<>(List.of("judged"));
    if (width > 0) {
      names.addAll(List.of("branch", "score"));
      if (cuts) {
        names.add("cut");
      }
      if (state) {
        names.add("best-slopes");
        if (cells) {
          names.add("best-multipliers");
        }
      }
    }
    if (margins) {
      names.add("value");
    }
    Map<String, HostTensor> found = queue.runFirst(most, new Pool(items, pool), names);
    for (int m = 0; m < models; m++) {
      for (int n = 0; n < pool[m].length; n++) {
        Row row = rows.get(m).get(n);
        take(found, m * most + n, row, sites.get(m).get(row.site), state);
      }
    }
    if (margins) {
      corners(rows.stream().flatMap(List::stream).toList(), most);
    }
  }

  private void take(Map<String, HostTensor> found, int at, Row row, Site site, boolean state) {
    row.place = at;
    row.bound = found.get("judged").doubles()[at];
    if (margins) {
      row.value = found.get("value").doubles()[at];
    }
    if (width > 0) {
      row.branch = found.get("branch").ints()[at];
      row.score = found.get("score").doubles()[at];
      row.point = cuts ? found.get("cut").doubles()[at] : 0;
      if (state) {
        float[] all = found.get("best-slopes").floats();
        int[] chosen = site.chosen(start);
        float[] slopes = new float[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
          slopes[i] = all[at * width + chosen[i]];
        }
        float[] multipliers = new float[row.cell.depth()];
        if (cells) {
          float[] every = found.get("best-multipliers").floats();
          System.arraycopy(every, at * RowPrograms.DEPTH, multipliers, 0, multipliers.length);
        }
        row.found = new Row.Numbers(slopes, multipliers);
      }
    }
  }

  /** Hands rows that may be violated where their bounds point to those points. */
  private void corners(List<Row> rows, int most) {
    if (rows.stream().noneMatch(Row::suspects)) {
      return;
    }
    double[] all = queue.result("corner").downloadRows(most).get().doubles();
    for (Row row : rows) {
      if (row.suspects()) {
        row.corner = Arrays.copyOfRange(all, row.place * inputs, (row.place + 1) * inputs);
      }
    }
  }

  /** Fields of the rows of one run. */
  private final class Staged {
    private final int most;
    private final int all;
    private final int depth = RowPrograms.DEPTH;
    private final int[] site;
    private final int[] unit;
    private final double[] outputs;
    private final double[] constant;
    private final double[] reading;
    private final int[] fresh;
    private final float[] rate;
    private final int[] at;
    private final float[] split;
    private final double[] point;
    private final float[] multipliers;
    private float[] slopes;

    /**
     * @param most rows of a model
     */
    Staged(int most) {
      this.most = most;
      all = models * most;
      site = new int[all];
      unit = new int[margins ? 0 : all];
      outputs = new double[margins ? all * start.size() : 0];
      constant = new double[margins ? all : 0];
      reading = new double[reads ? all * inputs : 0];
      fresh = new int[all];
      rate = new float[all];
      at = new int[width > 0 && cells ? all * depth : 0];
      split = new float[at.length];
      point = new double[cuts ? at.length : 0];
      multipliers = new float[at.length];
    }

    void put(int n, Row row, Site from) {
      site[n] = row.site;
      if (margins) {
        Row.Objective o = row.objective;
        System.arraycopy(o.outputs(), 0, outputs, n * start.size(), start.size());
        constant[n] = o.constant();
        if (reads && o.inputs() != null) {
          System.arraycopy(o.inputs(), 0, reading, n * inputs, inputs);
        }
      } else {
        unit[n] = row.unit;
      }
      fresh[n] = row.given == null ? 1 : 0;
      rate[n] = row.rate;
      if (width == 0) {
        return;
      }
      for (int i = 0; i < row.cell.depth(); i++) {
        at[n * depth + i] = row.cell.at()[i];
        split[n * depth + i] = row.cell.signs()[i];
        if (cuts) {
          point[n * depth + i] = row.cell.points()[i];
        }
      }
      if (row.given != null) {
        if (slopes == null) {
          slopes = new float[all * width];
        }
        int[] chosen = from.chosen(start);
        for (int i = 0; i < chosen.length; i++) {
          slopes[n * width + chosen[i]] = row.given.slopes()[i];
        }
        float[] m = row.given.multipliers();
        for (int i = 0; i < Math.min(m.length, row.cell.depth()); i++) {
          multipliers[n * depth + i] = m[i];
        }
      }
    }

    void write() {
      Shape each = Shape.of(models, most);
      queue.putFirst("site", HostTensor.of(each, site));
      if (margins) {
        queue.putFirst("outputs", HostTensor.of(each.insert(2, start.size()), outputs));
        queue.putFirst("constant", HostTensor.of(each, constant));
        if (reads) {
          queue.putFirst(
              "inputs", HostTensor.of(queue.field("inputs").rows(most).shape(), reading));
        }
      } else {
        queue.putFirst("unit", HostTensor.of(each, unit));
      }
      if (width > 0) {
        Shape list = each.insert(2, depth);
        queue.putFirst("fresh", HostTensor.of(each, fresh));
        queue.putFirst("rate", HostTensor.of(each, rate));
        if (cells) {
          queue.putFirst("at", HostTensor.of(list, at));
          queue.putFirst("split", HostTensor.of(list, split));
          queue.putFirst("given-multipliers", HostTensor.of(list, multipliers));
        }
        if (cuts) {
          queue.putFirst("point", HostTensor.of(list, point));
        }
        if (slopes != null) {
          queue.putFirst("given-slopes", HostTensor.of(each.insert(2, width), slopes));
        }
      }
    }
  }

  @Override
  public void close() {
    space.close();
  }
}
