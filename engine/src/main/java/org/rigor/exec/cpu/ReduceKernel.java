// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.Arrays;
import java.util.Set;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.exec.plan.Nest;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprOp;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering.Reduce.Kind;
import org.rigor.ir.View;

/**
 * A reduction: the map in front of it fills a buffer that stays in cache, a {@link Fold} empties
 * it. Without a map the fold reads the operand in place, or copies its rows, where they are dense.
 * Where neighbouring results lie side by side in memory and the values of one result do not, the
 * buffer holds rows of values for many results; else the values of one result, or of several whole
 * results if they are short.
 */
final class ReduceKernel implements StepKernel {
  /** Values of a result up to which results of several innermost loops share the buffer. */
  private static final int FEW = 64;

  /** Neighbouring results from which on rows of them are folded rather than strided values. */
  private static final int NEIGHBOURS = 8;

  private final PlanStep.Reduce step;
  private final Operand[] operands;
  private final Walk walk;
  private final boolean byColumns;
  private final int columns;
  private final int inner;
  private final MapCode code;
  private final long[] params;
  private final Set<Integer> repeated;
  private final int nodes;

  /** The operand that is folded without a loop over its elements; -1 if it takes one. */
  private final int source;

  ReduceKernel(PlanStep.Reduce step) {
    this.step = step;
    ExprKernel kernel = step.body().parameterize();
    int arguments = step.inputs().size();
    this.operands = step.inputs().toArray(Operand[]::new);
    Nest outer = step.outer();
    int last = outer.loops() - 1;
    int side = outer.extents()[last];
    this.inner = Math.toIntExact(step.inner().size());
    this.byColumns = side >= NEIGHBOURS && contiguous(outer) && !contiguous(step.inner());
    boolean all = byColumns && side < Fold.COLUMNS && inner <= FEW && even(outer);
    this.columns = all ? Math.toIntExact(outer.size()) : side;
    this.walk = joined(all ? 0 : byColumns ? last : last + 1);
    this.code = MapCode.of(kernel, arguments);
    this.params = kernel.params();
    this.repeated = MapKernel.repeated(walk, kernel, arguments);
    this.nodes = kernel.nodeCount();
    this.source = source(all);
  }

  /** Returns the operand of a body that is this operand alone, if it lies as the fold reads it. */
  private int source(boolean all) {
    boolean plain = step.body().op() == ExprOp.ARG && step.body().type() != ExprType.BOOL;
    if (!plain || step.reducesModels() > 1 || step.inner().loops() > 1) {
      return -1;
    }
    int o = step.body().index();
    long[] side = step.outer().strides()[o];
    boolean dense =
        byColumns
            ? side[side.length - 1] == 1 && !(all && step.outer().loops() > 1)
            : step.inner().strides()[o][0] == 1;
    return dense ? o : -1;
  }

  /** Returns whether results lie at one stride through all loops. */
  private boolean even(Nest outer) {
    long[] s = outer.strides()[operands.length];
    for (int l = 1; l < s.length; l++) {
      if (s[l - 1] != s[l] * outer.extents()[l]) {
        return false;
      }
    }
    return true;
  }

  private boolean contiguous(Nest nest) {
    for (int o = 0; o < operands.length; o++) {
      long stride = nest.strides()[o][nest.loops() - 1];
      if (stride != 0 && stride != 1) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns a walk over the inputs and a dense buffer: the outer loops before {@code split}, the
   * inner loops, then the other outer loops.
   */
  private Walk joined(int split) {
    Nest outer = step.outer();
    Nest in = step.inner();
    int loops = outer.loops() + in.loops();
    int[] extents = new int[loops];
    long[][] strides = new long[operands.length + 1][loops];
    for (int l = 0; l < loops; l++) {
      boolean isInner = l >= split && l < split + in.loops();
      Nest from = isInner ? in : outer;
      int at = isInner ? l - split : l < split ? l : l - in.loops();
      extents[l] = from.extents()[at];
      for (int o = 0; o < operands.length; o++) {
        strides[o][l] = from.strides()[o][at];
      }
    }
    long dense = 1;
    for (int l = loops - 1; l >= 0; l--) {
      strides[operands.length][l] = dense;
      dense *= extents[l];
    }
    return new Walk(extents, strides);
  }

  @Override
  public void run(Frame f, int from, int to, int part, int parts) {
    long results = step.outer().size();
    long first = results * part / parts;
    long last = results * (part + 1) / parts;
    Pass pass = new Pass(f, (last - first) * inner * (to - from) * step.reducesModels());
    for (int m = from; m < to; m++) {
      pass.model = m;
      if (byColumns) {
        pass.columns(first, last);
      } else {
        pass.results(first, last);
      }
    }
  }

  /**
   * Returns the operand whose row {@code r} is all that result {@code r} reads of a slot; -1 if
   * there is none.
   *
   * @param rows of the operand, of {@code n} values each, one after the other
   */
  int rowOperand(Operand rowsOf, int rows, int n) {
    int found = -1;
    for (int o = 0; o < operands.length; o++) {
      if (operands[o].slot() == rowsOf.slot()) {
        if (found >= 0 || !reads(o, rowsOf, n)) {
          return -1;
        }
        found = o;
      }
    }
    boolean oneChunk = !byColumns && step.reducesModels() == 1 && inner <= Fold.CHUNK;
    return oneChunk && inner == n && step.outer().size() == rows ? found : -1;
  }

  private boolean reads(int o, Operand rowsOf, int n) {
    View mine = operands[o].view();
    View other = rowsOf.view();
    Nest in = step.inner();
    boolean same = mine.offset() == other.offset() && mine.strides()[0] == other.strides()[0];
    if (!same || in.loops() != 1 || in.strides()[o][0] != 1) {
      return false;
    }
    long dense = n;
    for (int l = step.outer().loops() - 1; l >= 0; l--) {
      int extent = step.outer().extents()[l];
      if (extent > 1 && step.outer().strides()[o][l] != dense) {
        return false;
      }
      dense *= extent;
    }
    return true;
  }

  /**
   * Returns what reduces rows of an operand that come one by one, see {@link #rowOperand}.
   *
   * @param elements of all rows that will come
   */
  GemmKernel.Reader reader(Frame f, int operand, long elements) {
    Pass pass = new Pass(f, elements);
    return model -> {
      pass.model = model;
      return (row, values, at) -> pass.row(operand, row, values, at);
    };
  }

  /** State of one call: its buffer and its fold. */
  private final class Pass {
    private final Frame frame;
    private final Fold fold = Fold.of(step.kind(), step.body().type());
    private final Object values = fold.values();
    private final Object[] arrays = new Object[operands.length + 1];
    private final int[] base = new int[operands.length + 1];
    private final int[] at = new int[operands.length + 1];
    private final int[] place = new int[operands.length + 1];
    private final Object out;
    private final MapLoop loop;
    private int model;

    Pass(Frame frame, long elements) {
      this.frame = frame;
      this.loop = code.loop(elements, repeated);
      for (int o = 0; o < operands.length; o++) {
        arrays[o] = frame.array(operands[o]);
      }
      arrays[operands.length] = values;
      this.out = frame.array(step.output());
    }

    /** Fills the buffer from {@code to} on with elements of the walk. */
    private void fill(int model, long first, int n, int to) {
      locate(model, first, to);
      walk.run(loop, arrays, base, at, params, first, first + n);
    }

    private void locate(int model, long first, int to) {
      for (int o = 0; o < operands.length; o++) {
        base[o] = frame.offset(operands[o], model);
      }
      // May overflow on a long walk; adding the element's number wraps it back.
      base[operands.length] = (int) (to - first);
    }

    /** Moves to a result: where the output and the operand read in place have their elements. */
    private void seek(long result) {
      Arrays.fill(place, 0);
      Elements.advance(step.outer(), result, place);
    }

    private int outAt() {
      return frame.offset(step.output(), model) + place[operands.length];
    }

    private int outAt(long result) {
      seek(result);
      return outAt();
    }

    private int sourceAt() {
      return frame.offset(operands[source], model) + place[source];
    }

    void results(long first, long last) {
      if (source < 0 && step.reducesModels() == 1 && inner <= Fold.CHUNK) {
        batches(first, last);
        return;
      }
      int total = Math.multiplyExact(inner, step.reducesModels());
      for (long r = first; r < last; r++) {
        seek(r);
        for (int c = 0; c < total; c += Fold.CHUNK) {
          int n = Math.min(Fold.CHUNK, total - c);
          if (source >= 0) {
            fold.take(arrays[source], sourceAt() + c, n, c);
          } else {
            chunk(r, c, n);
            fold.take(values, 0, n, c);
          }
        }
        fold.store(out, outAt());
      }
    }

    /** Folds one result, whose values of an operand lie elsewhere. */
    void row(int operand, int row, double[] from, int start) {
      if (source >= 0) {
        fold.take(from, start, inner, 0);
      } else {
        arrays[operand] = from;
        locate(model, (long) row * inner, 0);
        base[operand] = (int) (start - (long) row * inner);
        walk.run(loop, arrays, base, at, params, (long) row * inner, (row + 1L) * inner);
        fold.take(values, 0, inner, 0);
      }
      seek(row);
      fold.store(out, outAt());
    }

    /** Folds results of which several fit the buffer. */
    private void batches(long first, long last) {
      int batch = Fold.CHUNK / inner;
      long[] side = step.outer().strides()[operands.length];
      int origin = frame.offset(step.output(), model);
      for (long r = first; r < last; r += batch) {
        int n = (int) Math.min(batch, last - r);
        fill(model, r * inner, n * inner, 0);
        for (int i = 0; i < n; i++) {
          fold.take(values, i * inner, inner, 0);
          // Of few values, such as the logits of a sample: to seek would take as long as the fold.
          fold.store(out, side.length == 1 ? origin + (int) ((r + i) * side[0]) : outAt(r + i));
        }
      }
    }

    /**
     * Fills the buffer with values {@code c} to {@code c + n} of result {@code r}, which may span
     * models.
     */
    private void chunk(long r, int c, int n) {
      for (int done = 0; done < n; ) {
        int k = (c + done) / inner;
        int i = (c + done) % inner;
        int count = Math.min(inner - i, n - done);
        fill(step.reducesModels() > 1 ? k : model, r * inner + i, count, done);
        done += count;
      }
    }

    void columns(long first, long last) {
      int stride = Math.toIntExact(step.outer().strides()[operands.length][lastOuter()]);
      for (long r = first; r < last; ) {
        int column = (int) (r % columns);
        int w = (int) Math.min(Math.min(Fold.COLUMNS, columns - column), last - r);
        seek(r);
        columnBlock(r / columns, column, w);
        fold.storeRow(out, outAt(), stride, w);
        r += w;
      }
    }

    private int lastOuter() {
      return step.outer().loops() - 1;
    }

    private void columnBlock(long group, int column, int w) {
      int total = Math.multiplyExact(inner, step.reducesModels());
      for (int v = 0; v < total; v += Fold.LANES) {
        int rows = Math.min(Fold.LANES, total - v);
        if (source >= 0) {
          copyRows(w, v, rows);
        } else {
          rows(group, column, w, v, rows);
        }
        fold.takeRows(rows, w, v);
        int end = v + rows;
        if (end % Fold.CHUNK == 0 || end == total) {
          fold.endChunk(w, (end - 1) / Fold.CHUNK * Fold.CHUNK);
        }
      }
    }

    private void copyRows(int w, int first, int rows) {
      int pitch = (int) step.inner().strides()[source][0];
      if (pitch == w) {
        System.arraycopy(arrays[source], sourceAt() + first * w, values, 0, rows * w);
        return;
      }
      for (int row = 0; row < rows; row++) {
        int at = sourceAt() + (first + row) * pitch;
        System.arraycopy(arrays[source], at, values, row * w, w);
      }
    }

    private void rows(long group, int column, int w, int first, int rows) {
      for (int done = 0; done < rows; ) {
        int k = (first + done) / inner;
        int i = (first + done) % inner;
        int m = step.reducesModels() > 1 ? k : model;
        int count = w == columns ? Math.min(inner - i, rows - done) : 1;
        fill(m, (group * inner + i) * columns + column, count * w, done * w);
        done += count;
      }
    }
  }

  /** Returns whether its values reach the fold, or pass it, one by one for good. */
  boolean scalarOnly() {
    return (repeated == null && source < 0) || step.kind() == Kind.ARGMAX;
  }

  @Override
  public long cost() {
    return step.outer().size() * inner * step.reducesModels() * (2 + nodes / 4);
  }

  @Override
  public String toString() {
    return "reduction traced at " + step.origin();
  }
}
