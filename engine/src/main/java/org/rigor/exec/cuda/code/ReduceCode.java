// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.KernelArguments;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering;

/**
 * A reduction: the kernel of reduce.cuh whose layout coalesces the reads; two kernels if there are
 * few results with many chunks each.
 */
final class ReduceCode implements StepCode {
  private static final int LANES = 16;
  private static final int CHUNK = 4096;
  private static final int COLUMNS = 32;
  private static final int ROWS = 16;
  private static final int THREADS = 256;

  /** Threads per multiprocessor that saturate memory; with fewer, chunks are spread as well. */
  private static final int ENOUGH = 512;

  private enum Layout {
    SHORT,
    ROWS,
    COLUMNS
  }

  private final PlanStep.Reduce step;
  private final BodySource body;
  private final List<Operand> operands = new ArrayList<>();
  private final Loops outer;
  private final Loops inner;
  private final Layout layout;
  private final boolean split;
  private final String suffix;
  private final int multiprocessors;

  ReduceCode(PlanStep.Reduce step, int multiprocessors) {
    this.step = step;
    this.multiprocessors = multiprocessors;
    this.body = new BodySource(step.body().parameterize());
    int[] pick = new int[body.args().size() + 1];
    for (int o = 0; o < body.args().size(); o++) {
      pick[o] = body.args().get(o).index();
      operands.add(step.inputs().get(pick[o]));
    }
    pick[pick.length - 1] = step.inputs().size();
    operands.add(step.output());
    long[] modelStrides = MapCode.modelStrides(operands);
    Loops results = Loops.of(step.models(), modelStrides, step.outer(), pick);
    modelStrides[modelStrides.length - 1] = 0;
    Loops values = Loops.of(step.reducesModels(), modelStrides, step.inner(), pick);
    if (results.size() > Loops.MOST || values.size() > Loops.MOST) {
      throw new IllegalArgumentException(
          "a reduction of %,d results over %,d values each, traced at %s: at most 2^31 - 1 of both"
              .formatted(results.size(), values.size(), step.origin()));
    }
    boolean columns = neighbours(results) > neighbours(values);
    this.layout = columns ? Layout.COLUMNS : values.size() <= LANES ? Layout.SHORT : Layout.ROWS;
    boolean few = results.size() * LANES < (long) ENOUGH * multiprocessors;
    this.split = few && values.size() > CHUNK;
    this.outer = results.padded();
    this.inner = values.padded();
    String name = fold().replace('<', '_').replace(">", "");
    this.suffix = "%s_%s_%d_%d".formatted(name, body.name(), outer.count(), inner.count());
  }

  /** Counts the inputs that are contiguous along the innermost loop. */
  private int neighbours(Loops loops) {
    int n = 0;
    for (int o = 0; o < operands.size() - 1; o++) {
      n += loops.inner(o) == 1 ? 1 : 0;
    }
    return n;
  }

  private String fold() {
    return fold(step.kind(), body.result());
  }

  /** Returns the fold of reduce.cuh for values of a type. */
  static String fold(Lowering.Reduce.Kind kind, ExprType type) {
    String name =
        switch (kind) {
          case SUM -> "Sum";
          case MAX -> "Max";
          case MIN -> "Min";
          case ARGMAX -> "ArgMax";
        };
    if (type == ExprType.I64) {
      throw new IllegalArgumentException("no tensor has type I64");
    }
    return name + "<" + BodySource.stored(type) + ">";
  }

  private String entry() {
    String name = layout.name().toLowerCase(java.util.Locale.ROOT);
    return "reduce_" + name + (split ? "_split_" : "_") + suffix;
  }

  private String joinEntry() {
    return "reduce_join_" + suffix;
  }

  @Override
  public List<KernelSource> sources() {
    String call =
        switch (layout) {
          case SHORT -> "reduce_short<%s, %s, %d, %d>";
          case ROWS -> "reduce_rows<%s, %s, %d, %d, " + split + ">";
          case COLUMNS -> "reduce_columns<%s, %s, %d, %d, " + split + ">";
        };
    KernelSource first = kernel(entry(), threads(), call);
    return split
        ? List.of(first, kernel(joinEntry(), THREADS, "reduce_join<%s, %s, %d, %d>"))
        : List.of(first);
  }

  private KernelSource kernel(String entry, int threads, String call) {
    String text =
        """
        extern "C" __global__ void __launch_bounds__(%1$d) %2$s(
            const ReduceArguments<%3$s::INPUTS, %4$d, %5$d, %3$s::PARAMS> a) {
          %6$s(a);
        }
        """
            .formatted(
                threads,
                entry,
                body.name(),
                outer.count(),
                inner.count(),
                call.formatted(body.name(), fold(), outer.count(), inner.count()));
    return new KernelSource(entry, body.text(), text);
  }

  private int threads() {
    return layout == Layout.COLUMNS ? COLUMNS * LANES : THREADS;
  }

  private long chunks() {
    return (inner.size() + CHUNK - 1) / CHUNK;
  }

  /** Returns the bytes of the chunk folds: each a value and perhaps its index, at most 16 bytes. */
  @Override
  public long scratchBytes() {
    return split ? 16 * outer.size() * chunks() : 0;
  }

  private int structBytes() {
    int loops = outer.count() + inner.count();
    return 8 * (operands.size() * (1 + loops) + body.params().length + 1 + loops + 3);
  }

  @Override
  public int argumentBytes() {
    return KernelArguments.bytes(structBytes());
  }

  @Override
  public int nodes() {
    return split ? 2 : 1;
  }

  @Override
  public Runnable bind(Site site) {
    KernelArguments arguments = new KernelArguments(site.page(), site.offset(), structBytes());
    ByteBuffer a = arguments.value(0);
    operands.forEach(o -> a.putLong(site.address().apply(o).address()));
    outer.putStrides(a);
    inner.putStrides(a);
    for (long p : body.params()) {
      a.putLong(p);
    }
    a.putLong(0);
    outer.putExtents(a);
    inner.putExtents(a);
    a.putLong(outer.size()).putLong(inner.size());
    a.putLong(split ? site.scratch().address() : 0);
    int results =
        switch (layout) {
          case SHORT -> THREADS;
          case ROWS -> ROWS;
          case COLUMNS -> COLUMNS;
        };
    long tiles = (outer.size() + results - 1) / results * (split ? chunks() : 1);
    CudaKernel.Extent extent = extent(tiles, threads());
    CudaKernel kernel = site.kernels().apply(entry());
    if (!split) {
      return () -> kernel.launch(site.stream(), extent, arguments, step.origin());
    }
    CudaKernel join = site.kernels().apply(joinEntry());
    CudaKernel.Extent warps = extent((outer.size() + THREADS / 32 - 1) / (THREADS / 32), THREADS);
    return () -> {
      kernel.launch(site.stream(), extent, arguments, step.origin());
      join.launch(site.stream(), warps, arguments, step.origin());
    };
  }

  private CudaKernel.Extent extent(long blocks, int threads) {
    int n = Grids.blocks(blocks, multiprocessors);
    return new CudaKernel.Extent(n, 1, 1, threads, 1, 1, 0);
  }
}
