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
 * Copies between host arrays and pinned memory, large ones by several threads: one thread reaches a
 * fraction of the bus bandwidth.
 *
 * <p>It uses dedicated threads: a caller waiting on the common pool may execute other pool tasks
 * and re-enter this class.
 */
final class ArrayBytes implements AutoCloseable {
  private static final int MOST_THREADS = 8;

  /** Bytes below which one thread copies faster than several. */
  private static final int SHARED = 1 << 18;

  private final int threads =
      Math.max(1, Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors() / 2));
  private ExecutorService pool;

  /** Returns the bytes of a host array. */
  static int size(Object array) {
    return array instanceof float[] a
        ? Math.multiplyExact(4, a.length)
        : array instanceof double[] a
            ? Math.multiplyExact(8, a.length)
            : Math.multiplyExact(4, ((int[]) array).length);
  }

  /** Copies bytes of an array into pinned memory. */
  void pack(Object array, int from, PinnedMemory to, int at, int bytes) {
    move(array, from, to, at, bytes, true);
  }

  /** Copies bytes of pinned memory into an array. */
  void unpack(PinnedMemory from, int at, Object array, int to, int bytes) {
    move(array, to, from, at, bytes, false);
  }

  private void move(Object array, int from, PinnedMemory pinned, int at, int bytes, boolean in) {
    if (threads == 1 || bytes < SHARED) {
      part(array, from, pinned, at, bytes, in);
      return;
    }
    if (pool == null) {
      pool = Executors.newFixedThreadPool(threads, ArrayBytes::thread);
    }
    int each = ((bytes + threads - 1) / threads + 63) / 64 * 64;
    List<Callable<Void>> parts = new ArrayList<>();
    for (int p = 0; p < bytes; p += each) {
      int begin = p;
      parts.add(
          () -> {
            int length = Math.min(each, bytes - begin);
            part(array, from + begin, pinned, at + begin, length, in);
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

  private static Thread thread(Runnable work) {
    Thread t = new Thread(work, "rigor-copies");
    t.setDaemon(true);
    return t;
  }

  private static void part(
      Object array, int from, PinnedMemory pinned, int at, int bytes, boolean in) {
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
  }
}
