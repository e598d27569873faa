// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * A generated kernel that is handed out only once it is fast. Vector code that the JIT has not
 * compiled yet is a thousand times slower than plain Java, so a separate thread compiles and
 * exercises it; until it is done, callers use the scalar reference, which has the same bits. A
 * process that does little work never starts that thread.
 *
 * @param <K> the kernel's interface
 */
final class WarmKernel<K> {
  private static final long LIMIT_NANOS = 30_000_000_000L;
  private static final long SETTLED_NANOS = 3_000_000_000L;
  private static final long NEARLY_NANOS = 500_000_000L;
  private static final long FEW_BYTES = 1000;
  private static final double NEARLY_NONE = 0.005;
  private static final int COMPARISONS = 8;

  /** What scalar code does in a millisecond, about. */
  private static final double SCALAR_FLOPS_A_MILLISECOND = 2e6;

  /** Half a second of scalar code, about as long as warming takes. */
  private static final double WORTH_WAITING = 500 * SCALAR_FLOPS_A_MILLISECOND;

  private final String name;
  private final Supplier<K> compile;
  private final Supplier<ToDoubleFunction<K>> trial;
  private final double coldFlops;
  private final AtomicLong spent = new AtomicLong();
  private volatile K kernel;
  private volatile String state = "cold";
  private Thread warmer;

  /**
   * @param compile makes the kernel
   * @param trial makes a function that runs a mix of all the kernel's paths once and returns the
   *     seconds taken; given null, the same mix on the scalar reference; it allocates nothing
   *     itself
   * @param coldFlops work to count before warming starts; 0 uses the kernel at once, unwarmed
   */
  WarmKernel(
      String name, Supplier<K> compile, Supplier<ToDoubleFunction<K>> trial, double coldFlops) {
    this.name = name;
    this.compile = compile;
    this.trial = trial;
    this.coldFlops = coldFlops;
    if (coldFlops == 0) {
      kernel = compile.get();
      state = "ready";
    }
  }

  /** Returns the kernel, or null while the scalar reference is the better choice. */
  K get() {
    return kernel;
  }

  /**
   * Returns the same for a piece of work. A large one waits for the kernel, at most as long as
   * scalar code would take for it: there are machines on which vector code is never faster.
   */
  K get(double flops) {
    if (kernel == null && flops >= WORTH_WAITING) {
      await((long) Math.ceil(flops / SCALAR_FLOPS_A_MILLISECOND));
    }
    return kernel;
  }

  /** Counts work done without the kernel and starts warming once that pays. */
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
    await(0);
  }

  /** Waits for so many milliseconds at most; 0 for as long as it takes. */
  private void await(long most) {
    start();
    Thread running = warmer;
    if (running == null) {
      return;
    }
    try {
      running.join(most);
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
      ToDoubleFunction<K> seconds = trial.get();
      long start = Usage.cpuNanos();
      double scalar = Double.POSITIVE_INFINITY;
      double best = Double.POSITIVE_INFINITY;
      long least = Long.MAX_VALUE;
      long most = 0;
      long improved = start;
      long now = start;
      for (int compared = 0; now - start < LIMIT_NANOS; ) {
        long before = Usage.allocated();
        best = Math.min(best, seconds.applyAsDouble(candidate));
        long bytes = Usage.allocated() - before;
        now = Usage.cpuNanos();
        if (bytes < least) {
          least = bytes;
          improved = now;
        }
        most = Math.max(most, bytes);
        // Only the optimising compiler keeps vectors in registers, so its code allocates nothing.
        // Where it still allocates, as in a JVM that also uses other vector widths, it counts as
        // compiled when allocation no longer falls: soon if it is near zero, else after a while.
        long settled = bytes < NEARLY_NONE * most ? NEARLY_NANOS : SETTLED_NANOS;
        if (bytes < FEW_BYTES || now - improved > settled) {
          // The JIT warms up the scalar code too: compare with its best.
          scalar = Math.min(scalar, seconds.applyAsDouble(null));
          compared++;
          if (compared >= COMPARISONS && best < scalar) {
            break;
          }
        }
      }
      if (best < scalar) {
        kernel = candidate;
        state = "ready";
      } else {
        state = "not used: slower than scalar code after 30 s of processor time";
      }
    } catch (RuntimeException | LinkageError e) {
      state = "not used: " + e;
    }
  }

  private static final class Usage {
    private static final java.lang.management.ThreadMXBean THREADS =
        ManagementFactory.getThreadMXBean();

    /**
     * Returns the bytes this thread has allocated, or always 0 in a JVM that does not count them.
     */
    static long allocated() {
      return THREADS instanceof com.sun.management.ThreadMXBean counting
          ? counting.getCurrentThreadAllocatedBytes()
          : 0;
    }

    /**
     * Returns the processor time of this thread: on a busy machine the clock runs while it waits.
     */
    static long cpuNanos() {
      return THREADS.isCurrentThreadCpuTimeSupported()
          ? THREADS.getCurrentThreadCpuTime()
          : System.nanoTime();
    }
  }
}
