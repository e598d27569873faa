// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.rigor.exec.Buffer;
import org.rigor.exec.Download;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * DeviceQueue of {@link SlotWork}. Each model has B slots and its own line of items. Whenever an
 * item is finished its slot takes the next one, so that long items do not hold up short ones. The
 * host reads a counter between turns, unless all items take the same number, and copies nothing
 * else.
 */
public final class SlotQueue implements DeviceQueue {
  /** Prefix of the buffer of a field. */
  public static final String FIELD = "item/";

  /** Prefix of the buffer of a result. */
  public static final String RESULT = "result/";

  private static final String LINE = "queue/";

  private final Workspace space;
  private final SlotWork work;
  private final int models;
  private final int items;
  private final int slots;
  private final Sequence sequence;
  private final Set<String> stay = new HashSet<>();
  private boolean used;

  /** Line of items as the device has it, [M, n]. */
  private int[] lined = {};

  /**
   * @param space holds whatever the work's programs read besides slots; owned by the caller
   * @param items N
   * @param slots B
   * @param moves steps between two turns, linked in {@code space}: they read and replace {@code
   *     slot/...}
   */
  public SlotQueue(
      Workspace space, SlotWork work, int models, int items, int slots, List<Sequence.Step> moves) {
    this.space = space;
    this.work = work;
    this.models = models;
    this.items = items;
    this.slots = slots;
    work.stores().forEach(name -> stay.add(RESULT + name));
    stay.add(LINE + "items");
    Executable turn = space.link(space.declare(turn(work, Shape.of(models, slots))));
    this.sequence =
        space.sequence(
            List.of(
                new Sequence.WhileBusy(
                    space.get(LINE + "busy"), List.of(Sequence.run(turn)), moves)));
  }

  private Program turn(SlotWork work, Shape slots) {
    Program.Builder b = Program.builder(work.name() + "-turn");
    Map<String, Value> fields = new LinkedHashMap<>();
    work.fields().forEach((name, type) -> fields.put(name, b.input(FIELD + name, type)));
    Value line = b.input(LINE + "items", i32(items));
    Value length = b.input(LINE + "length", i32(1));
    Value next = b.input(LINE + "next", i32(1));
    Slots now = Slots.input(b, slots, work.keeps());

    SlotWork.Harvest harvest = work.harvest(b, now);
    Map<String, Value> stores = new LinkedHashMap<>();
    for (SlotWork.Result r : harvest.results()) {
      Value all = leave(b, r);
      if (work.stores().contains(r.name())) {
        stores.put(r.name(), all);
      }
    }
    Value free = F.or(now.at(Slots.IDLE), harvest.finished());
    Value candidate = F.add(next, before(free));
    Value takes = F.and(free, F.lt(candidate, length));
    Value item = F.select(takes, F.gather(line, candidate), now.item());
    SlotWork.Next after = work.next(b, new Turn(now, takes, item, fields, stores));
    Value stage =
        F.select(
            after.runs(),
            F.constant(now.stage(), Slots.RUNNING),
            F.select(free, F.constant(now.stage(), Slots.IDLE), now.stage()));

    b.state(LINE + "next", F.add(next, F.sum(F.cast(takes, DType.I32), 1)));
    b.state(Slots.PREFIX + "item", item);
    b.state(Slots.PREFIX + "stage", stage);
    after.kept().forEach((name, v) -> b.state(Slots.PREFIX + name, v));
    after.reads().forEach((name, v) -> b.output(Slots.PREFIX + name, v));
    // Items wait only while all slots run.
    b.output(LINE + "busy", F.sum(F.cast(Slots.at(stage, Slots.RUNNING), DType.I32), 1));
    return b.build();
  }

  /** Returns the result as it was. */
  private Value leave(Program.Builder b, SlotWork.Result r) {
    Shape shape = r.rows().shape().with(0, models).with(1, r.extent());
    Value all = b.input(RESULT + r.name(), new TensorType(r.rows().dtype(), shape));
    Value place = F.select(r.leaves(), r.place(), F.constant(r.place(), -1)); // -1 leaves nothing
    b.state(RESULT + r.name(), F.put(all, r.rows(), place));
    return all;
  }

  /** Returns how many slots before each one are free: exclusive running count along B. */
  private static Value before(Value free) {
    Shape slots = free.shape();
    int b = slots.dim(1);
    Value earlier = F.cast(F.lt(F.iota(3, 1, b), F.iota(3, 2, b)), DType.F32);
    Value row = F.reshape(F.cast(free, DType.F32), Shape.of(slots.models(), 1, b));
    return F.cast(F.reshape(F.matmul(row, earlier), slots), DType.I32);
  }

  private TensorType i32(int extent) {
    return new TensorType(DType.I32, Shape.of(models, extent));
  }

  @Override
  public void put(String field, HostTensor values) {
    space.get(FIELD + field).write(values);
  }

  /**
   * Sets a field of the first items, as {@link #put} does of all.
   *
   * @param values [M, n, rest...] with n at most N
   */
  public void putFirst(String field, HostTensor values) {
    space.get(FIELD + field).writeRows(values);
  }

  @Override
  public Map<String, HostTensor> run(Pool pool, List<String> results) {
    return run(pool, results, Buffer::download);
  }

  /**
   * Works on items of a pool as {@link #run(Pool, List)} does, and returns the results in their
   * first {@code n} places alone.
   */
  public Map<String, HostTensor> runFirst(int n, Pool pool, List<String> results) {
    return run(pool, results, b -> b.downloadRows(n));
  }

  /**
   * Queues work on items of a pool, and returns what waits for the results in their first {@code n}
   * places. More may be queued before it is asked.
   */
  public Supplier<Map<String, HostTensor>> submitFirst(int n, Pool pool, List<String> results) {
    return submit(pool, results, b -> b.downloadRows(n));
  }

  private Map<String, HostTensor> run(
      Pool pool, List<String> results, Function<Buffer, Download> asks) {
    return submit(pool, results, asks).get();
  }

  private Supplier<Map<String, HostTensor>> submit(
      Pool pool, List<String> results, Function<Buffer, Download> asks) {
    if (pool.size() != items || pool.items().length != models) {
      throw new IllegalArgumentException(
          "queue: made for %d models and %d items, got %d and %d"
              .formatted(models, items, pool.items().length, pool.size()));
    }
    if (used) {
      clear();
    }
    used = true;
    int[] length = Arrays.stream(pool.items()).mapToInt(own -> own.length).toArray();
    int longest = Arrays.stream(length).max().orElse(0);
    int[] line = new int[models * longest];
    for (int m = 0; m < models; m++) {
      System.arraycopy(pool.items()[m], 0, line, m * longest, length[m]);
    }
    if (!isLined(pool)) {
      space.get(LINE + "items").writeRows(HostTensor.of(Shape.of(models, longest), line));
      lined = line;
    }
    space.put(LINE + "length", HostTensor.of(Shape.of(models, 1), length));
    int waves = (longest + slots - 1) / slots;
    int most = (int) Math.min(Integer.MAX_VALUE, (long) waves * work.most());
    sequence.run(waves * work.least(), most);
    Map<String, Download> arriving = new LinkedHashMap<>();
    results.forEach(name -> arriving.put(name, asks.apply(result(name))));
    Download busy = space.get(LINE + "busy").download();
    return () -> {
      Map<String, HostTensor> found = new LinkedHashMap<>();
      arriving.forEach((name, rows) -> found.put(name, rows.get()));
      requireDone(busy.get(), most);
      return found;
    };
  }

  /** Returns whether the device has these items, maybe with others behind them. */
  private boolean isLined(Pool pool) {
    int each = lined.length / models;
    for (int m = 0; m < models; m++) {
      int[] own = pool.items()[m];
      boolean begins =
          own.length <= each
              && Arrays.equals(lined, m * each, m * each + own.length, own, 0, own.length);
      if (!begins) {
        return false;
      }
    }
    return true;
  }

  private void requireDone(HostTensor busy, int most) {
    for (int m = 0; m < models; m++) {
      if (busy.get(m) != 0) {
        throw new IllegalStateException(
            "queue: '%s' was to take at most %d moves an item; after %d, enough for %d items a slot, %d slots of model %d still run"
                .formatted(
                    work.name(), work.most(), most, most / work.most(), (int) busy.get(m), m));
      }
    }
  }

  /** Resets all state to that of new buffers. */
  private void clear() {
    space
        .all()
        .forEach(
            (name, b) -> {
              boolean own =
                  name.startsWith(Slots.PREFIX) || name.startsWith(RESULT) || name.startsWith(LINE);
              if (own && !stay.contains(name)) {
                b.clear();
              }
            });
  }

  /** Returns the field of all items on the device, [M or 1, N, rest...]. */
  public Buffer field(String name) {
    return space.get(FIELD + name);
  }

  /** Returns a result on the device, [M, extent, rest...]. */
  public Buffer result(String name) {
    return space.get(RESULT + name);
  }
}
