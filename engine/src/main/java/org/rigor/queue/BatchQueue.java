// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.rigor.exec.Buffer;
import org.rigor.exec.Download;
import org.rigor.exec.Executable;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/**
 * DeviceQueue of work that takes the same time for every item: one run of a program works on a
 * batch of items, for all models. The host queues batch after batch and waits only for the last
 * one, or when more results are under way than the device can hold ready. A batch of which too few
 * items are left repeats the last one.
 */
public final class BatchQueue implements DeviceQueue {
  /** Elements below which one thread copies faster than several. */
  private static final int SHARED = 1 << 16;

  private final int batch;
  private final Function<String, Buffer> inputs;
  private final Function<String, Buffer> outputs;
  private final Runnable program;
  private final Map<String, HostTensor> fields = new LinkedHashMap<>();

  /** Batches on the host, reused: first touch costs more than filling them. */
  private final Map<String, HostTensor> staged = new LinkedHashMap<>();

  /**
   * @param batch B
   * @param inputs buffer of a field by its name, [M or 1, B, rest...]
   * @param outputs buffer of a result by its name, [M, B, rest...]
   * @param program works on the batch in these buffers
   */
  public BatchQueue(
      int batch,
      Function<String, Buffer> inputs,
      Function<String, Buffer> outputs,
      Runnable program) {
    this.batch = batch;
    this.inputs = inputs;
    this.outputs = outputs;
    this.program = program;
  }

  /** Streams through a program whose inputs and outputs bear the names of fields and results. */
  public BatchQueue(int batch, Executable program) {
    this(batch, program::input, program::output, program::run);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Values are widened or rounded to the type of the field's buffer; those of one model go to
   * all if the buffer has more.
   */
  @Override
  public void put(String field, HostTensor values) {
    fields.put(field, values);
  }

  @Override
  public Map<String, HostTensor> run(Pool pool, List<String> results) {
    Map<String, HostTensor> found = new LinkedHashMap<>();
    for (String name : results) {
      TensorType t = outputs.apply(name).type();
      found.put(name, HostTensor.zeros(new TensorType(t.dtype(), t.shape().with(1, pool.size()))));
    }
    int[] items = pool.any();
    if (items.length > 0) {
      pack(items, 0);
    }
    Deque<Arriving> under = new ArrayDeque<>();
    for (int from = 0; from < items.length; from += batch) {
      fields.keySet().forEach(name -> inputs.apply(name).write(staged.get(name)));
      program.run();
      for (String name : results) { // before the next batch: a field may be a result, too
        under.add(new Arriving(outputs.apply(name).download(), from, found.get(name)));
      }
      while (!under.isEmpty() && under.peek().rows.ready()) {
        keep(under.poll(), items);
      }
      if (from + batch < items.length) {
        pack(items, from + batch);
      }
    }
    under.forEach(a -> keep(a, items));
    return found;
  }

  /** Results of the items from {@code from} on, on their way to all results. */
  private record Arriving(Download rows, int from, HostTensor to) {}

  private void pack(int[] items, int from) {
    fields.forEach(
        (name, values) -> {
          HostTensor part =
              staged.computeIfAbsent(name, n -> HostTensor.zeros(inputs.apply(n).type()));
          pack(values, items, from, part);
        });
  }

  /** Packs rows of a field; past the end the last item repeats. */
  private void pack(HostTensor values, int[] items, int from, HostTensor part) {
    int stored = values.shape().models();
    int all = values.shape().dim(1);
    int row = Math.toIntExact(values.shape().size() / stored / all);
    IntStream rows = IntStream.range(0, part.shape().models() * batch);
    (part.shape().size() < SHARED ? rows : rows.parallel())
        .forEach(
            r -> {
              int m = stored == 1 ? 0 : r / batch;
              int item = items[Math.min(items.length - 1, from + r % batch)];
              values.copy((m * all + item) * row, row, part, r * row);
            });
  }

  private void keep(Arriving arriving, int[] items) {
    HostTensor part = arriving.rows.get();
    HostTensor to = arriving.to;
    int from = arriving.from;
    int models = part.shape().models();
    int row = Math.toIntExact(part.shape().size() / models / batch);
    int used = Math.min(batch, items.length - from);
    int all = to.shape().dim(1);
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < used; i++) {
        part.copy((m * batch + i) * row, row, to, (m * all + items[from + i]) * row);
      }
    }
  }
}
