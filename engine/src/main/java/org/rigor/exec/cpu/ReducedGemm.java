// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.List;
import java.util.Optional;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.exec.plan.Slot;
import org.rigor.tensor.DType;

/**
 * Products of doubles whose rows a reduction reads, and nothing else: each row is reduced while it
 * is in cache. The coefficients of a linear bound over all units of a layer are hundreds of times
 * larger than their sums; written to memory and read again they took most of a certificate's time.
 */
final class ReducedGemm implements StepKernel {
  private final GemmKernel gemm;
  private final ReduceKernel reduce;
  private final int operand;
  private final long elements;

  private ReducedGemm(GemmKernel gemm, ReduceKernel reduce, int operand, long elements) {
    this.gemm = gemm;
    this.reduce = reduce;
    this.operand = operand;
    this.elements = elements;
  }

  /** Returns a product and the step after it as one, if nothing else reads the product. */
  static Optional<ReducedGemm> of(
      GemmKernel gemm, PlanStep.Gemm g, PlanStep next, Plan plan, List<PlanStep> steps) {
    Slot slot = plan.slots().get(g.output().slot());
    if (!(next instanceof PlanStep.Reduce r)
        || slot.dtype() != DType.F64
        || !slot.inArena()
        || g.models() != r.models()
        || plan.overwrites(r, g)
        || !gemm.readable()
        || steps.stream().anyMatch(s -> s != next && reads(s, slot))) {
      return Optional.empty();
    }
    ReduceKernel reduce = new ReduceKernel(r);
    int rows = g.batch().extents()[0] * g.m();
    int operand = reduce.rowOperand(g.output(), rows, g.n());
    return operand < 0
        ? Optional.empty()
        : Optional.of(new ReducedGemm(gemm, reduce, operand, (long) rows * g.n()));
  }

  private static boolean reads(PlanStep s, Slot slot) {
    return s.inputs().stream().anyMatch(o -> o.slot() == slot.id());
  }

  @Override
  public void run(Frame f, int from, int to, int part, int parts) {
    gemm.run(f, from, to, part, parts, reduce.reader(f, operand, elements / parts * (to - from)));
  }

  @Override
  public long cost() {
    return gemm.cost() + reduce.cost();
  }

  @Override
  public String toString() {
    return gemm + ", then " + reduce;
  }
}
