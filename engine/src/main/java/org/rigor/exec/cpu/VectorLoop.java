// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;
import org.rigor.linalg.VectorGemm;

/**
 * A vector loop that warms up before use. Vector code that the JIT has not compiled yet is a
 * thousand times slower than scalar code, so one thread of the process compiles and exercises such
 * loops in turn, and each is handed out only when it has beaten its scalar twin. A loop asks for
 * that once the work done suggests that it pays; the loop with most work goes first.
 */
final class VectorLoop {
  /** Vector width of this machine in bits, 0 where the vector module is absent. */
  static final int BITS = VectorGemm.preferredBits().orElse(0);

  /**
   * Operations after which a loop warms up: its scalar code takes 0.5 to 1 ns each, and to warm up
   * takes 60 to 250 ms of processor time, the JIT's included. Counted, since times say little: the
   * first runs are a hundred times slower, and the machine may be busy.
   */
  static final long WARM_AFTER = 1L << 28;

  /** Elements by which the vector code and its twin are compared. */
  private static final int SAMPLE = 1024;

  /**
   * Elements of a row while the JIT is to take note: it counts calls, so calls are short, lest it
   * compile the loop alone first; yet it unrolls a loop no further than the iterations it saw, so
   * they are sixteen vectors of floats at least. No multiple of the lanes, for else the code of the
   * remainder would be discarded as dead, and all of it compiled again when needed.
   */
  private static final int SHORT = BITS / 2 + 7;

  /** Calls between two looks at the time; behind each the compiling threads get the processor. */
  private static final int BURST = 64;

  private static final long PAUSE_NANOS = 2_000_000;

  /** Times in a row that the vector code must win: a busy machine may have delayed its twin. */
  private static final int WINS = 3;

  private static final long GIVE_UP_NANOS = 20_000_000_000L;
  private static final ThreadPoolExecutor WARMER =
      new ThreadPoolExecutor(
          1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), VectorLoop::thread);

  /** Loops that wait for the thread. */
  private static final List<VectorLoop> WAITING = new ArrayList<>();

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
  private final AtomicLong operations = new AtomicLong();
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

  /**
   * Returns the vector code if it is ready, else its scalar twin.
   *
   * @param work operations that the loop is for
   */
  MapLoop get(long work) {
    MapLoop vector = ready;
    if (vector != null) {
      return vector;
    }
    long done = operations.addAndGet(work);
    if (done >= WARM_AFTER && done - work < WARM_AFTER) {
      synchronized (WAITING) {
        WAITING.add(this);
      }
      WARMER.execute(VectorLoop::warmNext);
    }
    return scalar;
  }

  private static void warmNext() {
    VectorLoop next;
    synchronized (WAITING) {
      next = WAITING.stream().max(Comparator.comparingLong(l -> l.operations.get())).orElseThrow();
      WAITING.remove(next);
    }
    try {
      next.warm();
    } catch (RuntimeException | LinkageError e) {
      FAILED.incrementAndGet(); // scalar code stays in use, and DeviceInfo reports it
    }
  }

  private void warm() {
    MapLoop vector = compile.get();
    Object[] arrays = new Object[arguments + kernel.outputs().size()];
    int[] strides = new int[arrays.length];
    for (Expr a : kernel.args()) {
      arrays[a.index()] = sample(a.type(), a.index());
      strides[a.index()] = repeated.contains(a.index()) ? 0 : 1;
    }
    for (int o = 0; o < kernel.outputs().size(); o++) {
      arrays[arguments + o] = sample(kernel.outputs().get(o).type(), arguments + o);
      strides[arguments + o] = 1;
    }
    long start = System.nanoTime();
    long best = Long.MAX_VALUE;
    int wins = 0;
    for (int i = 0; System.nanoTime() - start < GIVE_UP_NANOS; i++) {
      for (int k = 0; k < BURST; k++) {
        run(vector, arrays, 2, SHORT, strides);
      }
      long taken = time(vector, arrays, strides);
      if (i % 16 == 0 || taken < best) {
        // The JIT speeds up the scalar code meanwhile too: compare with its best.
        best = Math.min(best, time(scalar, arrays, strides));
      }
      wins = taken < best ? wins + 1 : 0;
      if (wins == WINS) {
        ready = vector;
        return;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    GIVEN_UP.incrementAndGet();
  }

  private long time(MapLoop loop, Object[] arrays, int[] strides) {
    long start = System.nanoTime();
    run(loop, arrays, 1, SAMPLE, strides);
    return System.nanoTime() - start;
  }

  private void run(MapLoop loop, Object[] arrays, int rows, int n, int[] strides) {
    int[] zeros = new int[arrays.length];
    loop.run(arrays, zeros, rows, zeros, n, strides, kernel.params());
  }

  /**
   * Returns values that take the branches of the scalar code both ways: the JIT drops a branch that
   * was never taken, and compiles all again when it is.
   */
  private static Object sample(ExprType type, int operand) {
    Random random = new Random(operand);
    return switch (type) {
      case F32 -> {
        float[] values = new float[SAMPLE];
        for (int i = 0; i < SAMPLE; i++) {
          values[i] = 4 * random.nextFloat() - 2;
        }
        yield values;
      }
      case F64 -> random.doubles(SAMPLE, -2, 2).toArray();
      default -> random.ints(SAMPLE, 0, 2).toArray();
    };
  }

  private static Thread thread(Runnable work) {
    Thread t = new Thread(work, "rigor-vector-warm-up");
    t.setDaemon(true);
    return t;
  }
}
