// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Set;
import java.util.TreeSet;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.ExprKernel;

/** An elementwise step: generated loops over its nest, by rows or by tiles, model by model. */
final class MapKernel implements StepKernel {
  private final PlanStep.Map step;
  private final Operand[] operands;
  private final Walk walk;
  private final MapCode code;
  private final long[] params;
  private final Set<Integer> repeated;

  /** How the nest is walked through where its own rows allow no vectors; else null. */
  private final TileWalk tiles;

  private final long size;
  private final int nodes;

  MapKernel(PlanStep.Map step) {
    this.step = step;
    ExprKernel kernel = step.body().parameterize();
    int arguments = step.inputs().size();
    this.operands = new Operand[arguments + 1];
    step.inputs().toArray(operands);
    operands[arguments] = step.output();
    this.walk = new Walk(step.nest().extents(), step.nest().strides());
    this.code = MapCode.of(kernel, arguments);
    this.params = kernel.params();
    Set<Integer> rows = repeated(walk, kernel, arguments);
    this.tiles = rows == null ? TileWalk.of(walk, kernel, arguments) : null;
    this.repeated = tiles != null ? tiles.repeated() : rows;
    this.size = step.nest().size();
    this.nodes = kernel.nodeCount();
  }

  /**
   * Returns the arguments that do not move in the innermost loop; null if the loop has fewer than
   * 16 elements, an argument has another stride than 0 or 1, or the output another than 1.
   */
  static Set<Integer> repeated(Walk walk, ExprKernel kernel, int arguments) {
    Set<Integer> repeated = new TreeSet<>();
    boolean vectors = walk.stride(arguments) == 1 && walk.width() >= TileWalk.SHORTEST;
    for (var a : kernel.args()) {
      int stride = walk.stride(a.index());
      vectors &= stride == 0 || stride == 1;
      if (stride == 0) {
        repeated.add(a.index());
      }
    }
    return vectors ? Set.copyOf(repeated) : null;
  }

  @Override
  public void run(Frame f, int from, int to, int part, int parts) {
    long first = size * part / parts;
    long last = size * (part + 1) / parts;
    MapLoop loop = code.loop((last - first) * (to - from), repeated);
    Object[] arrays = new Object[operands.length];
    int[] base = new int[operands.length];
    int[] at = new int[operands.length];
    for (int o = 0; o < operands.length; o++) {
      arrays[o] = f.array(operands[o]);
    }
    for (int m = from; m < to; m++) {
      for (int o = 0; o < operands.length; o++) {
        base[o] = f.offset(operands[o], m);
      }
      if (tiles != null) {
        tiles.run(loop, arrays, base, params, part, parts);
      } else {
        walk.run(loop, arrays, base, at, params, first, last);
      }
    }
  }

  /** Returns whether its results are too few, or not dense, and keep it in scalar code for good. */
  boolean scalarOnly() {
    return repeated == null;
  }

  @Override
  public long cost() {
    return size * (2 + nodes / 4);
  }

  @Override
  public String toString() {
    return "map traced at " + step.origin();
  }
}
