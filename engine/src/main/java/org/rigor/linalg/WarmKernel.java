// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * A generated kernel that is handed out only once it is fast. Vector code that the JIT has not
 * compiled yet is a thousand times slower than plain Java, so a thread of its own compiles and
 * exercises it, and callers go on with the scalar reference, which has the same bits, until then. A
 * process that does little work never starts that thread.
 *
 * @param <K> the kernel's interface
 */
final class WarmKernel<K> {
  private static final long GIVE_UP_NANOS = 30_000_000_000L;

  private final String name;
  private final Supplier<K> compile;
  private final ToDoubleFunction<K> seconds;
  private final double coldFlops;
  private final AtomicLong spent = new AtomicLong();
  private volatile K kernel;
  private volatile String state = "cold";
  private Thread warmer;

  /**
   * @param compile makes the kernel
   * @param seconds runs a mix of all its paths once and returns the seconds taken; given null, the
   *     same mix on the scalar reference
   * @param coldFlops work to be seen before warming starts; 0 takes the kernel at once, unwarmed
   */
  WarmKernel(String name, Supplier<K> compile, ToDoubleFunction<K> seconds, double coldFlops) {
    this.name = name;
    this.compile = compile;
    this.seconds = seconds;
    this.coldFlops = coldFlops;
    if (coldFlops == 0) {
      kernel = compile.get();
      state = "ready";
    }
  }

  /** The kernel, or null while the scalar reference is the better choice. */
  K get() {
    return kernel;
  }

  /** Counts work done without the kernel and starts warming once it is worth it. */
  void spend(double flops) {
    if (spent.addAndGet((long) flops) >= coldFlops && state.equals("cold")) {
      start();
    }
  }

  synchronized void start() {
    if (warmer == null && kernel == null) {
      state = "warming up";
      warmer = new Thread(this::warm, "rigor-" + name + "-warm-up");
      warmer.setDaemon(true);
      warmer.start();
    }
  }

  /** Starts warming if need be and waits for its end. */
  void await() {
    start();
    Thread running = warmer;
    if (running == null) {
      return;
    }
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  String state() {
    return state;
  }

  private void warm() {
    try {
      K candidate = compile.get();
      long start = System.nanoTime();
      double scalar = seconds.applyAsDouble(null);
      while (System.nanoTime() - start < GIVE_UP_NANOS) {
        double vector = seconds.applyAsDouble(candidate);
        if (vector < 2 * scalar) {
          // The scalar code warms up too: compare with its best.
          scalar = Math.min(scalar, seconds.applyAsDouble(null));
        }
        if (vector < scalar) {
          state = "ready";
          kernel = candidate;
          return;
        }
      }
      state = "not used: slower than scalar code after 30 s of warm-up";
    } catch (RuntimeException | LinkageError e) {
      state = "not used: " + e;
    }
  }
}
