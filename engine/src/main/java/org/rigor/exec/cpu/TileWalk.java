// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Set;
import java.util.TreeSet;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;

/**
 * Runs a vector loop over a nest whose innermost loop does not allow one: tiles of two of its loops
 * are copied to buffers that stay in cache, operand by operand, and the loop runs on these. A
 * transposed operand is copied along its own rows; rows too short for vectors become one long row.
 */
final class TileWalk {
  /** Elements of a tile, at most. */
  private static final int TILE = 1024;

  /** Elements of a row from which on a vector loop pays. */
  static final int SHORTEST = 16;

  /** Rows of a tile whose rows stay apart: a column of a transposed operand is a run of memory. */
  private static final int ROWS = TILE / SHORTEST;

  /** Buffers of the calling thread by place and type, so that a step allocates none. */
  private static final ThreadLocal<Object[][]> BUFFERS =
      ThreadLocal.withInitial(() -> new Object[0][]);

  private final Walk walk;
  private final int operands;

  /** The loop that numbers a tile's rows; -1 if a tile is part of a row. */
  private final int rowLoop;

  /** Whether a tile's rows follow each other without gaps and are walked through as one. */
  private final boolean flat;

  private final int height;
  private final int width;
  private final Set<Integer> repeated;
  private final boolean[] copied;
  private final long tiles;

  private TileWalk(Walk walk, ExprKernel kernel, int arguments) {
    this.walk = walk;
    this.operands = arguments + kernel.outputs().size();
    int last = walk.loops() - 1;
    this.flat = walk.width() < SHORTEST;
    this.rowLoop = flat ? last - 1 : rowLoop(walk, kernel);
    this.width = flat ? walk.width() : Math.min(walk.width(), rowLoop < 0 ? TILE : SHORTEST);
    this.height =
        rowLoop < 0 ? 1 : Math.min(walk.extent(rowLoop), flat ? TILE / walk.width() : ROWS);
    this.copied = new boolean[operands];
    Set<Integer> still = new TreeSet<>();
    for (Expr a : kernel.args()) {
      int o = a.index();
      int step = walk.stride(o, last);
      int down = rowLoop < 0 ? 0 : walk.stride(o, rowLoop);
      if (step == 0 && (down == 0 || !flat)) {
        still.add(o);
      } else {
        copied[o] = step != 1 || (flat && down != width);
      }
    }
    this.repeated = Set.copyOf(still);
    long n = 1;
    for (int l = 0; l <= last; l++) {
      n = Math.multiplyExact(n, (long) tiles(l));
    }
    this.tiles = n;
  }

  /** Returns the tiles of a nest, or null if its results are not dense or too few. */
  static TileWalk of(Walk walk, ExprKernel kernel, int arguments) {
    int last = walk.loops() - 1;
    boolean flat = walk.width() < SHORTEST;
    if (flat && (last == 0 || walk.extent(last - 1) * walk.width() < SHORTEST)) {
      return null;
    }
    for (int o = arguments; o < arguments + kernel.outputs().size(); o++) {
      if (walk.stride(o, last) != 1 || (flat && walk.stride(o, last - 1) != walk.width())) {
        return null;
      }
    }
    return new TileWalk(walk, kernel, arguments);
  }

  /** Returns the loop through which most strided operands walk element by element. */
  private static int rowLoop(Walk walk, ExprKernel kernel) {
    int last = walk.loops() - 1;
    int best = -1;
    int most = 0;
    for (int l = 0; l < last; l++) {
      int dense = 0;
      for (Expr a : kernel.args()) {
        boolean strided = walk.stride(a.index(), last) > 1;
        dense += strided && walk.stride(a.index(), l) == 1 ? 1 : 0;
      }
      if (dense > most) {
        best = l;
        most = dense;
      }
    }
    return best;
  }

  /** Returns the number of tiles along a loop. */
  private int tiles(int loop) {
    int side = loop == walk.loops() - 1 ? width : loop == rowLoop ? height : 1;
    return (walk.extent(loop) + side - 1) / side;
  }

  /** Returns the arguments that do not move within a row of a tile. */
  Set<Integer> repeated() {
    return repeated;
  }

  /** Runs {@code loop} on part {@code part} of {@code parts} of the tiles. */
  void run(MapLoop loop, Object[] operandArrays, int[] base, long[] params, int part, int parts) {
    long first = tiles * part / parts;
    long end = tiles * (part + 1) / parts;
    Object[] arrays = operandArrays.clone();
    int[] rowStrides = new int[operands];
    int[] strides = new int[operands];
    Object[][] buffers = buffers();
    int last = walk.loops() - 1;
    for (int o = 0; o < operands; o++) {
      rowStrides[o] = copied[o] ? width : rowLoop < 0 ? 0 : walk.stride(o, rowLoop);
      strides[o] = copied[o] ? 1 : walk.stride(o, last);
      if (copied[o]) {
        arrays[o] = buffer(buffers, o, operandArrays[o]);
      }
    }
    int[] from = new int[operands];
    int[] at = new int[operands];
    for (long tile = first; tile < end; tile++) {
      System.arraycopy(base, 0, from, 0, operands);
      int rows = 1;
      int n = width;
      long rest = tile;
      for (int l = last; l >= 0; l--) {
        int count = tiles(l);
        int i = (int) (rest % count);
        rest /= count;
        if (l == last) {
          i *= width;
          n = Math.min(width, walk.extent(l) - i);
        } else if (l == rowLoop) {
          i *= height;
          rows = Math.min(height, walk.extent(l) - i);
        }
        for (int o = 0; i > 0 && o < operands; o++) {
          from[o] += i * walk.stride(o, l);
        }
      }
      for (int o = 0; o < operands; o++) {
        at[o] = copied[o] ? 0 : from[o];
        if (copied[o]) {
          int down = rowLoop < 0 ? 0 : walk.stride(o, rowLoop);
          TileCopy.copy(
              operandArrays[o], from[o], down, walk.stride(o, last), rows, n, arrays[o], width);
        }
      }
      if (flat) {
        loop.run(arrays, at, 1, rowStrides, rows * n, strides, params);
      } else {
        loop.run(arrays, at, rows, rowStrides, n, strides, params);
      }
    }
  }

  private Object[][] buffers() {
    Object[][] mine = BUFFERS.get();
    if (mine.length < operands) {
      Object[][] more = new Object[operands][3];
      System.arraycopy(mine, 0, more, 0, mine.length);
      BUFFERS.set(more);
      return more;
    }
    return mine;
  }

  private static Object buffer(Object[][] buffers, int o, Object like) {
    int type = like instanceof float[] ? 0 : like instanceof double[] ? 1 : 2;
    if (buffers[o][type] == null) {
      buffers[o][type] = type == 0 ? new float[TILE] : type == 1 ? new double[TILE] : new int[TILE];
    }
    return buffers[o][type];
  }
}
