// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;
import org.rigor.linalg.VectorGemm;

/**
 * A vector loop that warms up before use. Vector code that the JIT has not compiled yet is a
 * thousand times slower than scalar code, so one thread of the process compiles and exercises such
 * loops in turn, and each is handed out only when it has beaten its scalar twin.
 */
final class VectorLoop {
  /** Vector width of this machine in bits, 0 where the vector module is absent. */
  static final int BITS = VectorGemm.preferredBits().orElse(0);

  private static final int SAMPLE = 1024;
  private static final long GIVE_UP_NANOS = 20_000_000_000L;
  private static final ThreadPoolExecutor WARMER =
      new ThreadPoolExecutor(
          1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), VectorLoop::thread);

  /** Loops that did not beat their scalar twins in time. */
  private static final AtomicInteger GIVEN_UP = new AtomicInteger();

  /** Loops whose vector code could not be made or run. */
  private static final AtomicInteger FAILED = new AtomicInteger();

  static {
    WARMER.allowCoreThreadTimeOut(true);
  }

  private final ExprKernel kernel;
  private final int arguments;
  private final Set<Integer> repeated;
  private final MapLoop scalar;
  private final Supplier<MapLoop> compile;
  private volatile MapLoop ready;

  /**
   * @param repeated arguments of stride 0
   * @param scalar the twin to beat
   * @param compile makes the vector code
   */
  VectorLoop(
      ExprKernel kernel,
      int arguments,
      Set<Integer> repeated,
      MapLoop scalar,
      Supplier<MapLoop> compile) {
    this.kernel = kernel;
    this.arguments = arguments;
    this.repeated = repeated;
    this.scalar = scalar;
    this.compile = compile;
    WARMER.execute(this::warmOrCount);
  }

  /** Describes what elementwise loops use on this machine, for {@code DeviceInfo}. */
  static String state() {
    int slow = GIVEN_UP.get();
    int failed = FAILED.get();
    return BITS > 0
        ? BITS
            + " bits"
            + (slow > 0 ? ", but scalar for " + slow + " loops that stayed slow" : "")
            + (failed > 0 ? ", but scalar for " + failed + " loops whose vector code failed" : "")
        : "scalar loops only: the module jdk.incubator.vector is absent"
            + " (java --add-modules jdk.incubator.vector)";
  }

  /** Returns the loop, or null while scalar code is the better choice. */
  MapLoop get() {
    return ready;
  }

  private void warmOrCount() {
    try {
      warm();
    } catch (RuntimeException | LinkageError e) {
      FAILED.incrementAndGet(); // scalar code stays in use, and DeviceInfo reports it
    }
  }

  private void warm() {
    MapLoop vector = compile.get();
    Object[] arrays = new Object[arguments + kernel.outputs().size()];
    int[] strides = new int[arrays.length];
    for (Expr a : kernel.args()) {
      arrays[a.index()] = ones(a.type());
      strides[a.index()] = repeated.contains(a.index()) ? 0 : 1;
    }
    for (int o = 0; o < kernel.outputs().size(); o++) {
      arrays[arguments + o] = ones(kernel.outputs().get(o).type());
      strides[arguments + o] = 1;
    }
    long start = System.nanoTime();
    long best = Long.MAX_VALUE;
    for (int i = 0; System.nanoTime() - start < GIVE_UP_NANOS; i++) {
      long taken = time(vector, arrays, strides);
      if (i % 16 == 0 || taken < best) {
        // The JIT speeds up the scalar code meanwhile too: compare with its best.
        best = Math.min(best, time(scalar, arrays, strides));
      }
      if (taken < best) {
        ready = vector;
        return;
      }
    }
    GIVEN_UP.incrementAndGet();
  }

  private long time(MapLoop loop, Object[] arrays, int[] strides) {
    int[] zeros = new int[arrays.length];
    long start = System.nanoTime();
    loop.run(arrays, zeros, 1, zeros, SAMPLE, strides, kernel.params());
    return System.nanoTime() - start;
  }

  private static Object ones(ExprType type) {
    switch (type) {
      case F32:
        float[] f = new float[SAMPLE];
        Arrays.fill(f, 1);
        return f;
      case F64:
        double[] d = new double[SAMPLE];
        Arrays.fill(d, 1);
        return d;
      default:
        return new int[SAMPLE];
    }
  }

  private static Thread thread(Runnable work) {
    Thread t = new Thread(work, "rigor-vector-warm-up");
    t.setDaemon(true);
    return t;
  }
}
