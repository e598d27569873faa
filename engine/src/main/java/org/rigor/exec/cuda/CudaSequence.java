// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.Sequence;
import org.rigor.exec.cuda.driver.CudaEvent;
import org.rigor.exec.cuda.driver.CudaGraph;
import org.rigor.exec.cuda.driver.PinnedMemory;

/**
 * A recorded nested loop: repetitions are unrolled into one graph up to {@link #MOST_NODES} nodes;
 * a longer loop records its body and replays it.
 */
final class CudaSequence implements Sequence {
  /**
   * Most nodes of one graph; instantiation takes some microseconds and some hundred bytes per node.
   */
  private static final long MOST_NODES = 2000;

  private final CudaDevice device;
  private final List<CudaExecutable> executables = new ArrayList<>();
  private final List<CudaBuffer> counters = new ArrayList<>();
  private final List<AutoCloseable> owned = new ArrayList<>();
  private final boolean recordable;
  private final Replay replay;
  private boolean closed;

  CudaSequence(CudaDevice device, List<Step> steps) {
    this.device = device;
    boolean loop = steps.size() == 1 && steps.get(0) instanceof WhileBusy;
    if (loop) {
      collect(((WhileBusy) steps.get(0)).head());
      collect(((WhileBusy) steps.get(0)).body());
    } else {
      collect(steps);
    }
    executables.forEach(CudaExecutable::checkOpen);
    this.recordable = executables.stream().allMatch(CudaExecutable::recordable);
    try {
      replay = loop ? whileBusy((WhileBusy) steps.get(0)) : always(prepare(steps));
    } catch (RuntimeException | Error e) {
      free();
      throw e;
    }
  }

  /** Queues everything, with what is known about the rounds of a loop. */
  private interface Replay {
    void run(int least, int most);
  }

  private static Replay always(Runnable work) {
    return (least, most) -> work.run();
  }

  private void collect(List<Step> list) {
    for (Step s : list) {
      if (s instanceof Repeat r) {
        collect(r.body());
      } else if (s instanceof WhileBusy) {
        throw new IllegalArgumentException("a loop while busy must be the whole sequence");
      } else if (((Run) s).executable() instanceof CudaExecutable e) {
        executables.add(e);
      } else {
        throw new IllegalArgumentException("a sequence holds executables of its own device only");
      }
    }
  }

  private static long nodes(Step step) {
    if (step instanceof Repeat r) {
      long body = 0;
      for (Step s : r.body()) {
        body += nodes(s);
      }
      return r.count() * body;
    }
    return ((CudaExecutable) ((Run) step).executable()).nodes();
  }

  /** Groups neighbouring short steps into one graph; long repetitions become separate loops. */
  private Runnable prepare(List<Step> steps) {
    List<Runnable> parts = new ArrayList<>();
    List<Step> together = new ArrayList<>();
    long length = 0;
    for (Step s : steps) {
      long n = nodes(s);
      boolean loop = s instanceof Repeat && n > MOST_NODES;
      if (loop || length + n > MOST_NODES) {
        record(together, parts);
        length = 0;
      }
      if (loop) {
        Repeat r = (Repeat) s;
        Runnable body = prepare(r.body());
        parts.add(() -> times(r.count(), body));
      } else {
        together.add(s);
        length += n;
      }
    }
    record(together, parts);
    return parts.size() == 1 ? parts.get(0) : () -> parts.forEach(Runnable::run);
  }

  private static void times(int n, Runnable body) {
    for (int i = 0; i < n; i++) {
      body.run();
    }
  }

  private void record(List<Step> steps, List<Runnable> parts) {
    List<Step> list = List.copyOf(steps);
    steps.clear();
    if (list.stream().mapToLong(CudaSequence::nodes).sum() == 0) {
      return;
    }
    if (!recordable) {
      parts.add(() -> launch(list));
      return;
    }
    CudaGraph graph = CudaGraph.record(device.stream(), "sequence", () -> launch(list));
    owned.add(graph);
    parts.add(() -> graph.launch(device.stream()));
  }

  private static void launch(List<Step> list) {
    for (Step s : list) {
      if (s instanceof Repeat r) {
        times(r.count(), () -> launch(r.body()));
      } else {
        ((CudaExecutable) ((Run) s).executable()).launch();
      }
    }
  }

  private Replay whileBusy(WhileBusy loop) {
    if (!(loop.busy() instanceof CudaBuffer busy) || busy.device() != device) {
      throw new IllegalArgumentException(
          "buffer '" + loop.busy().name() + "' belongs to another device");
    }
    counters.add(busy);
    Look[] looks = {new Look(busy), new Look(busy)};
    Runnable head = prepare(loop.head());
    List<Step> round = new ArrayList<>(loop.body());
    round.addAll(loop.head());
    Runnable next = prepare(round);
    return (least, most) -> {
      head.run();
      times(least, next);
      if (least == most) {
        return;
      }
      looks[0].submit();
      int i = 0;
      for (int rounds = least + 1; ; rounds++, i ^= 1) {
        next.run();
        if (rounds == most) {
          return;
        }
        looks[i ^ 1].submit();
        if (!looks[i].anyBusy()) {
          return;
        }
      }
    };
  }

  /** A look at the counters: the device works on while the host waits for what it saw. */
  private final class Look {
    private final CudaBuffer busy;
    private final int n;
    private final PinnedMemory host;
    private final CudaEvent arrived;

    Look(CudaBuffer busy) {
      this.busy = busy;
      this.n = Math.toIntExact(busy.type().shape().size());
      this.host = new PinnedMemory(device.context(), "busy counters", 4 * n);
      owned.add(host);
      this.arrived = new CudaEvent(device.context());
      owned.add(arrived);
    }

    void submit() {
      device.stream().download(host, 0, busy.memory(), 0, 4 * n);
      arrived.record(device.stream());
    }

    boolean anyBusy() {
      arrived.synchronize();
      for (int i = 0; i < n; i++) {
        if (host.buffer().getInt(4 * i) != 0) {
          return true;
        }
      }
      return false;
    }
  }

  @Override
  public void run() {
    run(0, Integer.MAX_VALUE);
  }

  @Override
  public void run(int least, int most) {
    if (closed) {
      throw new IllegalStateException("the sequence is closed");
    }
    executables.forEach(CudaExecutable::checkOpen);
    counters.forEach(CudaBuffer::memory);
    device.locked(() -> replay.run(least, most));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      device.locked(
          () -> {
            device.stream().synchronize();
            free();
          });
    }
  }

  private void free() {
    for (AutoCloseable c : owned) {
      if (c instanceof CudaGraph g) {
        g.close();
      } else if (c instanceof CudaEvent e) {
        e.close();
      } else {
        ((PinnedMemory) c).close();
      }
    }
  }
}
