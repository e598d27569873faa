// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.List;
import org.rigor.ir.Lowering;
import org.rigor.ir.Value;
import org.rigor.ir.View;
import org.rigor.tensor.Shape;

/** Finds leading dimensions and batch strides of matrix products. */
final class Gemms {
  /** A stored matrix: {@code trans} if the wanted one is its transpose. */
  private record Matrix(Operand operand, boolean trans, int ld) {}

  private Gemms() {}

  static PlanStep step(Planner planner, Value v, Lowering.Gemm g, Operand out) {
    Matrix a = matrix(planner, v, 0, g.ta());
    Matrix b = matrix(planner, v, 1, g.tb());
    Shape shape = v.shape();
    int rank = shape.rank();
    Shape aShape = v.input(0).shape();
    List<long[]> strides = new ArrayList<>();
    strides.add(batchStrides(a.operand().view()));
    strides.add(batchStrides(b.operand().view()));
    strides.add(out.view().strides());
    Nest batch = Nest.of(shape, strides, 1, rank - 2);
    int rows = shape.dim(-2);
    if (joinsRows(a, batch, rows, shape.dim(-1))) {
      int last = batch.loops() - 1;
      rows = Math.multiplyExact(rows, batch.extents()[last]);
      batch = batch.without(last);
    }
    return new PlanStep.Gemm(
        shape.models(),
        rows,
        shape.dim(-1),
        aShape.dim(g.ta() ? -2 : -1),
        a.trans(),
        b.trans(),
        a.ld(),
        b.ld(),
        shape.dim(-1),
        batch,
        List.of(modelStrided(a.operand()), modelStrided(b.operand())),
        out,
        v.origin());
  }

  /**
   * Returns whether the products of the innermost batch loop are one product with more rows: they
   * share B, and the rows of A and C continue from one to the next.
   */
  private static boolean joinsRows(Matrix a, Nest batch, int rows, int columns) {
    int last = batch.loops() - 1;
    return !a.trans()
        && batch.extents()[last] > 1
        && batch.strides()[0][last] == (long) rows * a.ld()
        && batch.strides()[1][last] == 0
        && batch.strides()[2][last] == (long) rows * columns;
  }

  private static long[] batchStrides(View v) {
    long[] s = v.strides().clone();
    for (int i = 0; i < s.length; i++) {
      s[i] = v.shape().dim(i) == 1 ? 0 : s[i];
    }
    return s;
  }

  private static Operand modelStrided(Operand o) {
    View v = o.view();
    return new Operand(o.slot(), new View(v.shape(), batchStrides(v), v.offset()));
  }

  private static Matrix matrix(Planner planner, Value v, int i, boolean trans) {
    Value x = v.input(i);
    Operand o = planner.place(x);
    int rows = x.shape().dim(-2);
    int cols = x.shape().dim(-1);
    long rs = o.view().strides()[x.shape().rank() - 2];
    long cs = o.view().strides()[x.shape().rank() - 1];
    if ((cs == 1 || cols == 1) && (rs >= cols || rows == 1)) {
      return new Matrix(o, trans, rows == 1 ? cols : Math.toIntExact(rs));
    }
    if ((rs == 1 || rows == 1) && (cs >= rows || cols == 1)) {
      return new Matrix(o, !trans, cols == 1 ? rows : Math.toIntExact(cs));
    }
    Operand copy = planner.copy(o, x.dtype(), planner.newArena(x), v.origin());
    return new Matrix(copy, trans, cols);
  }
}
