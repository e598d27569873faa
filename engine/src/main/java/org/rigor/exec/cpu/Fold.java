// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering.Reduce.Kind;

/**
 * Folds values that arrive in ascending order of their number r, for one result or for several side
 * by side. The order of every rounding is fixed by r alone:
 *
 * <ul>
 *   <li>SUM: within a chunk of {@link #CHUNK} values, lane l adds the values with r mod {@link
 *       #LANES} = l in ascending order, from +0; lanes are joined by halves, l with l + 8, then +
 *       4, + 2, + 1; the sums of the chunks are added in ascending order, the first taken as it is.
 *   <li>MAX, MIN: NaN if there is one; +0 is larger than -0. Their order does not matter.
 *   <li>ARGMAX: the first r whose value is largest; NaN counts as the largest.
 * </ul>
 */
abstract class Fold {
  static final int LANES = 16;
  static final int CHUNK = 4096;

  /** Most results side by side, limited so that their lanes stay in cache. */
  static final int COLUMNS = CHUNK / LANES;

  /** Chains side by side that take the extremum of many values. */
  static final int ROW = 512;

  /** One fold of each kind and type for each thread, so that a step allocates none. */
  private static final ThreadLocal<Fold[]> FOLDS =
      ThreadLocal.withInitial(() -> new Fold[Kind.values().length * ExprType.values().length]);

  final Kind kind;

  Fold(Kind kind) {
    this.kind = kind;
  }

  /** Returns the calling thread's fold, which restarts with the value numbered 0. */
  static Fold of(Kind kind, ExprType type) {
    Fold[] mine = FOLDS.get();
    int i = kind.ordinal() * ExprType.values().length + type.ordinal();
    if (mine[i] == null) {
      mine[i] = make(kind, type);
    }
    return mine[i];
  }

  private static Fold make(Kind kind, ExprType type) {
    return switch (type) {
      case F32 -> new FloatFold(kind);
      case F64 -> new DoubleFold(kind);
      case I32, BOOL -> new IntFold(kind);
      case I64 -> throw new IllegalArgumentException("no tensor has type I64");
    };
  }

  /** Returns this fold's buffer of {@link #CHUNK} values. */
  abstract Object values();

  /**
   * Takes {@code n} values of an array from {@code at} on, number {@code first} (a multiple of
   * CHUNK) and on, n &lt;= CHUNK.
   */
  abstract void take(Object from, int at, int n, int first);

  /** Writes the one result. */
  abstract void store(Object out, int at);

  /**
   * Takes values number {@code first} (a multiple of LANES) and on from the buffer, {@code rows}
   * &lt;= LANES of them, for {@code w} &lt;= COLUMNS results each; row by row.
   */
  abstract void takeRows(int rows, int w, int first);

  /** Ends a chunk of {@link #takeRows}, which began at value {@code first}. */
  abstract void endChunk(int w, int first);

  /** Writes {@code w} results. */
  abstract void storeRow(Object out, int at, int stride, int w);
}
