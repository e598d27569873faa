// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.ExprType;

/** A reduction: a kernel of reduce.cuh, in the layout in which its reads are coalesced. */
final class ReduceCode implements StepCode {
  private static final int LANES = 16;
  private static final int CHUNK = 4096;
  private static final int COLUMNS = 32;
  private static final int ROW_THREADS = 256;

  private final PlanStep.Reduce step;
  private final BodySource body;
  private final List<Operand> operands = new ArrayList<>();
  private final Loops outer;
  private final Loops inner;
  private final boolean byColumns;
  private final int groups;
  private final String entry;
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
    this.byColumns = neighbours(results) > neighbours(values);
    boolean few = results.size() < 8L * multiprocessors;
    this.groups = !byColumns && few && values.size() > 2 * CHUNK ? LANES : 1;
    this.outer = results.padded();
    this.inner = values.padded();
    this.entry =
        "reduce_%s_%s_%s%d_%d_%d"
            .formatted(
                fold().replace('<', '_').replace(">", ""),
                body.name(),
                byColumns ? "c" : "r",
                groups,
                outer.count(),
                inner.count());
  }

  /** Inputs whose neighbours along the innermost loop are neighbours in memory. */
  private int neighbours(Loops loops) {
    int n = 0;
    for (int o = 0; o < operands.size() - 1; o++) {
      n += loops.inner(o) == 1 ? 1 : 0;
    }
    return n;
  }

  private String fold() {
    String name =
        switch (step.kind()) {
          case SUM -> "Sum";
          case MAX -> "Max";
          case MIN -> "Min";
          case ARGMAX -> "ArgMax";
        };
    if (body.result() == ExprType.I64) {
      throw new IllegalArgumentException("no tensor has type I64");
    }
    return name + "<" + BodySource.stored(body.result()) + ">";
  }

  @Override
  public Optional<KernelSource> source() {
    String call =
        byColumns
            ? "reduce_columns<%s, %s, %d, %d>(a)"
                .formatted(body.name(), fold(), outer.count(), inner.count())
            : "reduce_rows<%s, %s, %d, %d, %d>(a)"
                .formatted(body.name(), fold(), outer.count(), inner.count(), groups);
    String kernel =
        """
        extern "C" __global__ void __launch_bounds__(%1$d) %2$s(
            const ReduceArguments<%3$s::INPUTS, %4$d, %5$d, %3$s::PARAMS> a) {
          %6$s;
        }
        """
            .formatted(threads(), entry, body.name(), outer.count(), inner.count(), call);
    return Optional.of(new KernelSource(entry, body.text(), kernel));
  }

  private int threads() {
    return byColumns ? COLUMNS * LANES : ROW_THREADS;
  }

  private int structBytes() {
    int loops = outer.count() + inner.count();
    return 8 * (operands.size() * (1 + loops) + body.params().length + 1 + loops + 2);
  }

  @Override
  public int argumentBytes() {
    return KernelArguments.bytes(structBytes());
  }

  @Override
  public int nodes() {
    return 1;
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
    int results = byColumns ? COLUMNS : groups > 1 ? 1 : ROW_THREADS / LANES;
    int blocks = Grids.blocks((outer.size() + results - 1) / results, multiprocessors);
    CudaKernel.Extent extent = new CudaKernel.Extent(blocks, 1, 1, threads(), 1, 1, 0);
    CudaKernel kernel = site.kernels().apply(entry);
    return () -> kernel.launch(site.stream(), extent, arguments, step.origin());
  }
}
