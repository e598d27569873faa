// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.rigor.exec.Download;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.queue.SlotWork;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/** Compiled programs of the rows of one start, and their queue. */
final class RowLine implements AutoCloseable {
  private final Workspace space;
  private final Start start;

  /** Elements of the values that are bent below the start. */
  private final int width;

  private final boolean margins;
  private final boolean cells;
  private final int models;
  private final int inputs;
  private final int items;
  private final int columns;
  private final SlotQueue queue;
  private final RowTables tables;
  private final Executable corner;

  /** Takes better bounds of units for sides; null where none are kept of the start. */
  private final Executable tightening;

  /** Computes what the parameters alone decide. */
  private final Optional<Executable> once;

  /** Version of the parameters' part that was computed. */
  long version = -1;

  /** Rows that were queued, of a model, over those of a run. */
  private int run;

  /** Lengths of steps as the device has them, by model. */
  private final float[][] rates;

  /**
   * @param space with the parameters in F64 and F32; closed with this
   * @param cells whether rows may be over cells
   * @param tables what rows name, in parts of {@link RowTables#items}
   */
  RowLine(
      Bounder.Plan plan,
      Workspace space,
      int number,
      Start start,
      boolean margins,
      boolean cells,
      RowTables tables) {
    Stage.Setup setup = plan.setup();
    int steps = steps(plan, start, margins);
    this.space = space;
    this.start = start;
    this.width = start.width();
    this.margins = margins;
    this.cells = cells;
    this.tables = tables;
    this.models = setup.networks().count();
    Shape input = setup.networks().network().input();
    this.inputs = Math.toIntExact(input.size());
    int slots = tables.slots();
    this.items = tables.items();
    this.rates = new float[models][items];
    Lanes lanes = Lanes.of(setup, slots);
    RowPrograms programs = new RowPrograms(plan, number, start, margins, cells, lanes);
    RowWork work = tables.work(input, cells);
    this.columns = work.columns();
    tables.share(space, cells);
    List<Sequence.Step> moves = new ArrayList<>();
    if (programs.climbs()) {
      Executable begin = space.link(space.declare(programs.begin()));
      Executable step = space.link(space.declare(programs.step())); // its inputs hold the gradient
      Workspace.Cut climb = space.cut(space.declare(programs.gradient()), programs.varying());
      moves.add(Sequence.run(begin));
      if (start.hull().isPresent()) {
        moves.add(Sequence.run(space.link(space.declare(programs.pick()))));
      }
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
    this.corner = margins ? space.compile(work.fetchCorners()) : null;
    this.tightening = tables.tightening(space, number, margins, columns);
  }

  /** Returns the steps of an ascent. */
  static int steps(Bounder.Plan plan, Start start, boolean margins) {
    return start.hull().isPresent() && !margins ? Bounder.HULL_STEPS * plan.steps() : plan.steps();
  }

  /** Compiles a queue whose moves are runs of executables. */
  static SlotQueue queue(
      Workspace space, SlotWork work, int models, int items, int slots, List<Executable> moves) {
    return new SlotQueue(
        space, work, models, items, slots, moves.stream().map(Sequence::run).toList());
  }

  /** Prepares for parameters as they are. */
  void prepare() {
    once.ifPresent(Executable::run);
  }

  /** Returns the most rows of a model in a run. */
  int items() {
    return items;
  }

  /**
   * Queues a run.
   *
   * @param rows of each model, over regions that are set
   * @param state whether rows are to leave their numbers
   * @param sides whether better bounds of units become sides there, and nothing is split
   */
  Part submit(List<List<Row>> rows, boolean state, boolean sides) {
    return new Part(rows, state, sides);
  }

  /** A run that is under way. */
  final class Part {
    private final List<List<Row>> rows;
    private final int most;
    private final Supplier<Map<String, HostTensor>> arriving;
    private final int first;
    private final List<List<Row>> fetched = new ArrayList<>();
    private NumberPool.Fetched numbers;
    private boolean taken;
    private final List<Row> suspects = new ArrayList<>();
    private final List<Integer> suspected = new ArrayList<>();

    /** Points of rows that may be violated, on their way; else null. */
    private Download corners;

    private Part(List<List<Row>> rows, boolean state, boolean sides) {
      this.rows = rows;
      this.most = rows.stream().mapToInt(List::size).max().orElse(0);
      this.first = run * items;
      run = (run + 1) % RowWork.RUNS;
      stage(state);
      List<String> names = new ArrayList<>(List.of("judged"));
      if (!sides) {
        names.addAll(start.cuts() ? List.of("code", "cut") : List.of("code"));
      }
      int[][] pool = new int[models][];
      Arrays.setAll(pool, m -> IntStream.range(0, rows.get(m).size()).toArray());
      arriving = queue.submitFirst(most, new Pool(items, pool), names);
      if (sides) {
        tighten(rows);
      }
      Entries places = new Entries(models, 1);
      for (int m = 0; m < models; m++) {
        fetched.add(new ArrayList<>());
        for (int n = 0; n < rows.get(m).size() && width > 0 && state; n++) {
          Row row = rows.get(m).get(n);
          boolean spills = row.found.place() < 0;
          if (spills || row.over.region().ledger != null) {
            places.add(m, spills ? tables.numbers().spare(n) : row.found.place());
            fetched.get(m).add(row);
          }
        }
      }
      numbers = places.isEmpty() ? null : tables.numbers().fetch(places);
    }

    private void tighten(List<List<Row>> rows) {
      int[] count = rows.stream().mapToInt(List::size).toArray();
      tightening.input(SideTable.COUNT).write(HostTensor.of(Shape.of(models, 1), count));
      tightening.run();
    }

    private void stage(boolean state) {
      tables.begin();
      int[] index = new int[models * most * columns];
      float[] rate = new float[models * most];
      Arrays.fill(rate, 1); // so that runs of any number of rows have most of them alike
      Spilled spilled = new Spilled();
      for (int m = 0; m < models; m++) {
        for (int n = 0; n < rows.get(m).size(); n++) {
          Row row = rows.get(m).get(n);
          int at = (m * most + n) * columns;
          index[at] = tables.sides(m, row.over);
          index[at + 1] = tables.region(m, row.over);
          index[at + 2] = margins ? tables.margin(m, row.objective) : row.unit;
          rate[m * most + n] = row.rate;
          if (width > 0) {
            index[at + 3] = given(spilled, m, n, row);
            index[at + 4] = state ? left(m, n, row) : -1;
          }
          if (width > 0 && cells) {
            index[at + 5] = tables.cell(m, row.cell);
          }
        }
      }
      tables.flush();
      spilled.write();
      Shape each = Shape.of(models, most);
      queue.putFirst(RowWork.INDEX, HostTensor.of(each.insert(2, columns), index));
      if (width > 0 && !has(rate)) {
        queue.putFirst(RowWork.RATE, HostTensor.of(each, rate));
        for (int m = 0; m < models; m++) {
          System.arraycopy(rate, m * most, rates[m], 0, most);
        }
      }
      if (margins) {
        int[] corners = new int[models];
        Arrays.fill(corners, first);
        space.get(RowWork.CORNERS).write(HostTensor.of(Shape.of(models, 1), corners));
      }
    }

    /** Returns whether the device has these lengths, where there are rows. */
    private boolean has(float[] rate) {
      return IntStream.range(0, models)
          .allMatch(
              m -> {
                int from = m * most;
                int n = rows.get(m).size();
                return Arrays.equals(rate, from, from + n, rates[m], 0, n);
              });
    }

    private int given(Spilled spilled, int model, int n, Row row) {
      if (row.given == null || row.given.place() >= 0) {
        return row.given == null ? -1 : row.given.place();
      }
      spilled.add(model, n, row);
      return tables.numbers().spare(n);
    }

    private int left(int model, int n, Row row) {
      NumberPool pool = tables.numbers();
      int place = pool.take(model);
      if (place < 0) {
        pool.spill();
      }
      int[] chosen = row.over.chosen(start);
      row.found = new Row.Numbers(pool, model, place, chosen, row.cell.depth());
      return place < 0 ? pool.spare(n) : place;
    }

    boolean isTaken() {
      return taken;
    }

    /**
     * Waits for the run, fills in what was found, and asks for the points of rows that may be
     * violated.
     */
    void take() {
      if (taken) {
        return;
      }
      taken = true;
      Map<String, HostTensor> found = arriving.get();
      double[] judged = found.get("judged").doubles();
      int[] code = found.containsKey("code") ? found.get("code").ints() : null;
      double[] cut = found.containsKey("cut") ? found.get("cut").doubles() : null;
      for (int m = 0; m < models; m++) {
        for (int n = 0; n < rows.get(m).size(); n++) {
          Row row = rows.get(m).get(n);
          int at = m * most + n;
          row.bound = judged[at];
          if (code != null) {
            row.branch = code[at] / RowWork.SIGNS - 1;
            row.value = 1 - code[at] % RowWork.SIGNS;
          }
          row.point = cut == null ? 0 : cut[at];
        }
      }
      takeNumbers();
      if (margins) {
        askCorners();
      }
    }

    /** Returns whether points were asked for that rows have not got. */
    boolean hasCorners() {
      return corners != null;
    }

    private void takeNumbers() {
      if (numbers == null) {
        return;
      }
      float[] slopes = numbers.slopes().get().floats();
      float[] multipliers = numbers.multipliers().get().floats();
      int each = slopes.length / models / start.numbers();
      for (int m = 0; m < models; m++) {
        for (int i = 0; i < fetched.get(m).size(); i++) {
          fetched.get(m).get(i).found.take(slopes, multipliers, m * each + i);
        }
      }
    }

    private void askCorners() {
      Entries places = new Entries(models, 1);
      for (int m = 0; m < models; m++) {
        for (int n = 0; n < rows.get(m).size(); n++) {
          if (rows.get(m).get(n).suspects()) {
            suspects.add(rows.get(m).get(n));
            suspected.add(places.count(m));
            places.add(m, first + n);
          }
        }
      }
      if (suspects.isEmpty()) {
        return;
      }
      int each = places.put(corner, 0, items);
      corner.run();
      corners = corner.output("corners-found").downloadRows(each);
    }

    /** Waits for the points, and hands them to their rows. */
    void takeCorners() {
      double[] all = corners.get().doubles();
      int each = all.length / models / inputs;
      for (int i = 0; i < suspects.size(); i++) {
        int from = (suspects.get(i).model * each + suspected.get(i)) * inputs;
        suspects.get(i).corner = Arrays.copyOfRange(all, from, from + inputs);
      }
      corners = null;
    }
  }

  /** Numbers that rows begin with and that are on the host. */
  private final class Spilled {
    private final Entries places = new Entries(models, 1);
    private final List<List<Row>> rows = new ArrayList<>();

    void add(int model, int n, Row row) {
      while (rows.size() < models) {
        rows.add(new ArrayList<>());
      }
      places.add(model, tables.numbers().spare(n));
      rows.get(model).add(row);
    }

    void write() {
      if (places.isEmpty()) {
        return;
      }
      int depth = RowPrograms.DEPTH;
      int most = places.most();
      int numbers = start.numbers();
      float[] slopes = new float[models * most * numbers];
      float[] multipliers = new float[models * most * depth];
      for (int m = 0; m < models; m++) {
        for (int i = 0; i < rows.get(m).size(); i++) {
          Row row = rows.get(m).get(i);
          int n = m * most + i;
          int[] chosen = row.over.chosen(start);
          float[] given = row.given.slopes();
          for (int c = 0; c < chosen.length; c++) {
            slopes[n * numbers + chosen[c]] = given[c];
          }
          float[] own = row.given.multipliers();
          System.arraycopy(own, 0, multipliers, n * depth, Math.min(own.length, row.cell.depth()));
        }
      }
      tables.numbers().write(places, slopes, multipliers);
    }
  }

  @Override
  public void close() {
    space.close();
  }
}
