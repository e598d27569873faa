// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Copies of large arrays through a ring of pinned chunks: some threads fill or empty one chunk
 * while the device copies another. The driver's own copies from pageable memory use one thread and
 * reach a fraction of the bus bandwidth.
 *
 * <p>It uses dedicated threads: a caller waiting on the common pool may execute other pool tasks
 * and re-enter this class.
 */
final class LargeCopies implements AutoCloseable {
  private static final int CHUNK = 4 << 20;
  private static final int CHUNKS = 4;
  private static final int MOST_THREADS = 8;

  private final CudaStream stream;
  private final PinnedMemory pinned;
  private final List<CudaEvent> done = new ArrayList<>();
  private final int threads =
      Math.max(1, Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors() / 2));
  private final ExecutorService pool;
  private int next;

  LargeCopies(CudaStream stream) {
    this.stream = stream;
    this.pinned = new PinnedMemory(stream.context(), "large copies", CHUNK * CHUNKS);
    for (int i = 0; i < CHUNKS; i++) {
      done.add(new CudaEvent(stream.context()));
    }
    this.pool = threads > 1 ? Executors.newFixedThreadPool(threads, LargeCopies::thread) : null;
  }

  private static Thread thread(Runnable work) {
    Thread t = new Thread(work, "rigor-copies");
    t.setDaemon(true);
    return t;
  }

  /** Queues the copy; the array may be modified as soon as this returns. */
  void write(DeviceMemory to, Object array, int bytes) {
    for (int c = 0; c < chunks(bytes); c++) {
      int from = c * CHUNK;
      int length = Math.min(CHUNK, bytes - from);
      done.get(next).synchronize();
      move(array, from, length, next * CHUNK, true);
      stream.upload(to, from, pinned, next * CHUNK, length);
      done.get(next).record(stream);
      next = (next + 1) % CHUNKS;
    }
  }

  /** Fills the array after waiting for all work queued before. */
  void read(DeviceMemory memory, long offset, Object array, int bytes) {
    int chunks = chunks(bytes);
    for (int c = 0; c < chunks + CHUNKS - 1; c++) {
      if (c < chunks) {
        int slot = c % CHUNKS;
        int length = Math.min(CHUNK, bytes - c * CHUNK);
        stream.download(pinned, slot * CHUNK, memory, offset + (long) c * CHUNK, length);
        done.get(slot).record(stream);
      }
      int ready = c - CHUNKS + 1;
      if (ready >= 0) {
        done.get(ready % CHUNKS).synchronize();
        int length = Math.min(CHUNK, bytes - ready * CHUNK);
        move(array, ready * CHUNK, length, ready % CHUNKS * CHUNK, false);
      }
    }
  }

  private static int chunks(int bytes) {
    return (int) ((bytes + CHUNK - 1L) / CHUNK);
  }

  /** Copies bytes between array and chunk with several threads. */
  private void move(Object array, int from, int bytes, int at, boolean in) {
    if (pool == null) {
      part(array, from, bytes, at, in);
      return;
    }
    int each = ((bytes + threads - 1) / threads + 63) / 64 * 64;
    List<Callable<Void>> parts = new ArrayList<>();
    for (int p = 0; p < bytes; p += each) {
      int begin = p;
      parts.add(
          () -> {
            part(array, from + begin, Math.min(each, bytes - begin), at + begin, in);
            return null;
          });
    }
    try {
      for (Future<Void> f : pool.invokeAll(parts)) {
        f.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while copying to or from the device", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("copying to or from the device failed", e.getCause());
    }
  }

  private void part(Object array, int from, int bytes, int at, boolean in) {
    ByteBuffer b = pinned.buffer().slice(at, bytes).order(ByteOrder.nativeOrder());
    if (array instanceof float[] a) {
      if (in) {
        b.asFloatBuffer().put(a, from / 4, bytes / 4);
      } else {
        b.asFloatBuffer().get(a, from / 4, bytes / 4);
      }
    } else if (array instanceof double[] a) {
      if (in) {
        b.asDoubleBuffer().put(a, from / 8, bytes / 8);
      } else {
        b.asDoubleBuffer().get(a, from / 8, bytes / 8);
      }
    } else {
      int[] a = (int[]) array;
      if (in) {
        b.asIntBuffer().put(a, from / 4, bytes / 4);
      } else {
        b.asIntBuffer().get(a, from / 4, bytes / 4);
      }
    }
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.shutdown();
    }
    done.forEach(CudaEvent::close);
    pinned.close();
  }
}
