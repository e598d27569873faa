// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.concurrent.atomic.LongAdder;
import org.rigor.exec.plan.PlanStep;
import org.rigor.linalg.Gemm;
import org.rigor.linalg.GemmShape;

/** Matrix products through a provider of {@link Gemm}: one strided batch, or a loop of them. */
final class GemmKernel implements StepKernel {
  private final PlanStep.Gemm step;
  private final Gemm gemm;
  private final GemmShape shape;
  private final int outerLoops;
  private final PackedOperands.Operand[] packed;
  private final LongAdder nanos;

  /**
   * @param right packed forms of the right operand, or null where it may change
   * @param nanos takes the time of products
   */
  GemmKernel(PlanStep.Gemm step, Gemm gemm, PackedOperands.Home right, LongAdder nanos) {
    this.nanos = nanos;
    this.step = step;
    this.gemm = gemm;
    int last = step.batch().loops() - 1;
    long[][] s = step.batch().strides();
    this.outerLoops = last;
    this.shape =
        new GemmShape(
            step.m(),
            step.n(),
            step.k(),
            step.transA(),
            step.transB(),
            step.lda(),
            step.ldb(),
            step.ldc(),
            false,
            step.batch().extents()[last],
            Math.toIntExact(s[0][last]),
            Math.toIntExact(s[1][last]),
            step.batch().extents()[last] == 1
                ? Math.multiplyExact(step.m(), step.ldc())
                : Math.toIntExact(s[2][last]));
    this.packed = new PackedOperands.Operand[right == null || last > 0 ? 0 : step.models()];
    for (int m = 0; m < packed.length; m++) {
      packed[m] = right.operand(gemm, shape, m);
    }
  }

  /** Takes finished rows of a model's products. */
  interface Reader {
    Gemm.Rows of(int model);
  }

  @Override
  public void run(Frame f, int from, int to, int part, int parts) {
    run(f, from, to, part, parts, null);
  }

  /**
   * Computes a part as {@link #run(Frame, int, int, int, int)} does.
   *
   * @param reader takes all rows of doubles instead of memory, or null; see {@link #readable}
   */
  void run(Frame f, int from, int to, int part, int parts, Reader reader) {
    long start = System.nanoTime();
    multiply(f, from, to, part, parts, reader);
    nanos.add(System.nanoTime() - start);
  }

  private void multiply(Frame f, int from, int to, int part, int parts, Reader reader) {
    int rows = shape.rows();
    int fromRow = (int) ((long) rows * part / parts);
    int toRow = (int) ((long) rows * (part + 1) / parts);
    for (int model = from; model < to; model++) {
      Gemm.Rows taking = reader == null ? null : reader.of(model);
      if (packed.length > 0 && runPacked(f, model, parts, fromRow, toRow, taking)) {
        continue;
      }
      batch(
          f,
          0,
          f.offset(step.inputs().get(0), model),
          f.offset(step.inputs().get(1), model),
          f.offset(step.output(), model),
          fromRow,
          toRow);
      for (int r = fromRow; taking != null && r < toRow; r++) {
        double[] out = (double[]) f.array(step.output());
        taking.take(r, out, f.offset(step.output(), model) + r * shape.ldc());
      }
    }
  }

  /** Returns whether rows of doubles lie one after the other, in all products of a model. */
  boolean readable() {
    return outerLoops == 0
        && shape.ldc() == shape.n()
        && (shape.count() == 1 || shape.strideC() == shape.m() * shape.ldc());
  }

  private boolean runPacked(
      Frame f, int model, int parts, int fromRow, int toRow, Gemm.Rows taking) {
    Object right = packed[model].get(f.array(step.inputs().get(1)), parts);
    Object left = f.array(step.inputs().get(0));
    int a = f.offset(step.inputs().get(0), model);
    int c = f.offset(step.output(), model);
    if (right instanceof float[] b) {
      float[] out = (float[]) f.array(step.output());
      gemm.runPacked(shape, (float[]) left, a, b, out, c, fromRow, toRow);
    } else if (right instanceof double[] b) {
      double[] out = (double[]) f.array(step.output());
      gemm.runPacked(shape, (double[]) left, a, b, out, c, fromRow, toRow, taking);
    }
    return right != null;
  }

  private void batch(Frame f, int loop, int a, int b, int c, int fromRow, int toRow) {
    if (loop < outerLoops) {
      long[][] s = step.batch().strides();
      for (int i = 0; i < step.batch().extents()[loop]; i++) {
        batch(
            f,
            loop + 1,
            (int) (a + i * s[0][loop]),
            (int) (b + i * s[1][loop]),
            (int) (c + i * s[2][loop]),
            fromRow,
            toRow);
      }
      return;
    }
    Object left = f.array(step.inputs().get(0));
    Object right = f.array(step.inputs().get(1));
    Object out = f.array(step.output());
    if (out instanceof float[] o) {
      gemm.run(shape, (float[]) left, a, (float[]) right, b, o, c, fromRow, toRow);
    } else {
      gemm.run(shape, (double[]) left, a, (double[]) right, b, (double[]) out, c, fromRow, toRow);
    }
  }

  @Override
  public long cost() {
    return step.batch().size() * step.m() * step.n() * step.k() / 8;
  }
}
