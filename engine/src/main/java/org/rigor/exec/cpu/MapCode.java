// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.rigor.exec.codegen.LoopCompiler;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.ExprKernel;

/**
 * The code of one expression kernel, shared by all programs of the process. The work done so far
 * decides how it runs: interpreted at first, as compiled scalar code after more than a moment's
 * work, or sooner where an earlier process compiled it, as vector code after much work and once the
 * JIT has made it faster. All give the same bits.
 */
final class MapCode {
  /**
   * Operations after which compiling is well spent: the interpreter takes 40 ns each, to compile
   * takes 4 ms and half as much of the JIT.
   */
  private static final long COMPILE_AFTER = 200_000;

  /**
   * Operations after which code that an earlier process compiled is looked for: at the start of a
   * process the interpreter takes 400 ns each, and to read a class 1 to 2 ms.
   */
  private static final long LOAD_AFTER = 4096;

  /** Kernels kept for later programs; the least recently used leave first. */
  private static final int KEPT = 2048;

  private static final Map<String, MapCode> CODES = new Recent();

  private final ExprKernel kernel;
  private final int arguments;
  private final int nodes;
  private final MapLoop interpreted;
  private final AtomicLong elements = new AtomicLong();
  private final Map<Set<Integer>, VectorLoop> vectors = new ConcurrentHashMap<>();
  private final AtomicBoolean looked = new AtomicBoolean();
  private volatile MapLoop scalar;

  private MapCode(ExprKernel kernel, int arguments) {
    this.kernel = kernel;
    this.arguments = arguments;
    this.nodes = kernel.nodeCount() + 1;
    this.interpreted = new InterpretedLoop(kernel, arguments);
  }

  /** Returns the code of a kernel; {@code arguments} operands come before its outputs. */
  static MapCode of(ExprKernel kernel, int arguments) {
    String key = arguments + ":" + kernel.key();
    synchronized (CODES) {
      return CODES.computeIfAbsent(key, k -> new MapCode(kernel, arguments));
    }
  }

  private static final class Recent extends LinkedHashMap<String, MapCode> {
    private static final long serialVersionUID = 1;

    Recent() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, MapCode> eldest) {
      return size() > KEPT;
    }
  }

  /**
   * Returns the loop to use for the next {@code count} elements.
   *
   * @param repeated arguments of stride 0, the others and the outputs having stride 1; null where
   *     strides do not allow vectors
   */
  MapLoop loop(long count, Set<Integer> repeated) {
    long done = elements.addAndGet(count) * nodes;
    if (done < COMPILE_AFTER && (done < LOAD_AFTER || !loaded())) {
      return interpreted;
    }
    if (repeated == null || VectorLoop.BITS == 0) {
      return scalarLoop();
    }
    return vectors.computeIfAbsent(repeated, this::vectorLoop).get(count * nodes);
  }

  /** Returns whether there is scalar code; looks once for what an earlier process left. */
  private boolean loaded() {
    if (scalar == null && !looked.getAndSet(true)) {
      scalar = LoopCompiler.keptScalar(kernel, arguments).orElse(null);
    }
    return scalar != null;
  }

  private VectorLoop vectorLoop(Set<Integer> repeated) {
    return new VectorLoop(
        kernel,
        arguments,
        repeated,
        scalarLoop(),
        () -> LoopCompiler.vector(kernel, arguments, repeated, VectorLoop.BITS));
  }

  private MapLoop scalarLoop() {
    MapLoop loop = scalar;
    if (loop == null) {
      synchronized (this) {
        loop = scalar;
        if (loop == null) {
          loop = LoopCompiler.scalar(kernel, arguments);
          scalar = loop;
        }
      }
    }
    return loop;
  }
}
