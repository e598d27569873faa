// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.rigor.exec.codegen.LoopCompiler;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.ExprKernel;

/**
 * The code of one expression kernel, shared by all programs of the process. Work done decides how
 * it runs: the interpreter at first, compiled scalar code when it has done more than a moment's
 * work, vector code once much has been done and the JIT has made it faster. All have the same bits.
 */
final class MapCode {
  /** Operations after which ten milliseconds of compiling are well spent. */
  private static final long COMPILE_AFTER = 20_000;

  /** Elements after which a second of warming up is. */
  private static final long VECTOR_AFTER = 1 << 24;

  private static final Map<String, MapCode> CODES = new ConcurrentHashMap<>();

  private final ExprKernel kernel;
  private final int arguments;
  private final int nodes;
  private final MapLoop interpreted;
  private final AtomicLong elements = new AtomicLong();
  private final Map<Set<Integer>, VectorLoop> vectors = new ConcurrentHashMap<>();
  private volatile MapLoop scalar;

  private MapCode(ExprKernel kernel, int arguments) {
    this.kernel = kernel;
    this.arguments = arguments;
    this.nodes = kernel.nodeCount() + 1;
    this.interpreted = new InterpretedLoop(kernel, arguments);
  }

  /** The code of a kernel; {@code arguments} operands come before its outputs. */
  static MapCode of(ExprKernel kernel, int arguments) {
    return CODES.computeIfAbsent(
        arguments + ":" + kernel.key(), key -> new MapCode(kernel, arguments));
  }

  /**
   * The loop to use for the next {@code count} elements.
   *
   * @param repeated arguments of stride 0, the others and the outputs having stride 1; null where
   *     strides do not allow vectors
   */
  MapLoop loop(long count, Set<Integer> repeated) {
    long done = elements.addAndGet(count);
    if (done * nodes < COMPILE_AFTER) {
      return interpreted;
    }
    if (repeated != null && done > VECTOR_AFTER && VectorLoop.BITS > 0) {
      MapLoop vector =
          vectors
              .computeIfAbsent(repeated, r -> new VectorLoop(kernel, arguments, r, scalarLoop()))
              .get();
      if (vector != null) {
        return vector;
      }
    }
    return scalarLoop();
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
