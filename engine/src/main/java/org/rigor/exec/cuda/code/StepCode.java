// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.rigor.exec.Products;
import org.rigor.exec.cuda.driver.Cublas;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.cuda.driver.PinnedMemory;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.exec.plan.Slot;
import org.rigor.ir.ExprType;

/** One step of a plan, before addresses are assigned. */
public interface StepCode {
  /** Returns the kernels to compile; empty if a library does the work. */
  List<KernelSource> sources();

  /** Returns the size of its argument block in bytes. */
  int argumentBytes();

  /** Returns the bytes of device memory it uses while it runs. */
  default long scratchBytes() {
    return 0;
  }

  /** Returns how many nodes it adds to a graph. */
  int nodes();

  /** Fixes addresses and arguments; running the result queues the step on the site's stream. */
  Runnable bind(Site site);

  /**
   * Returns the code of a plan's constants, then of its steps.
   *
   * @param multiprocessors of the device, for the sizes of grids
   * @param products what the operands of products of floats may be rounded to
   * @param warm products already run on the device; binding a step adds to it
   */
  static List<StepCode> of(Plan plan, int multiprocessors, Products products, Set<String> warm) {
    List<StepCode> code = new ArrayList<>();
    List<Slot> slots = plan.slots();
    List<PlanStep> all = new ArrayList<>(plan.constants());
    all.addAll(plan.steps());
    for (PlanStep step : all) {
      Slot out = slots.get(step.output().slot());
      if (step instanceof PlanStep.Map m) {
        code.add(new MapCode(m, multiprocessors));
      } else if (step instanceof PlanStep.Maps m) {
        code.add(new MapCode(m, multiprocessors));
      } else if (step instanceof PlanStep.Rows r) {
        code.add(new RowsCode(r, multiprocessors));
      } else if (step instanceof PlanStep.Reduce r) {
        code.add(new ReduceCode(r, multiprocessors));
      } else if (step instanceof PlanStep.Gemm g) {
        code.add(
            SplitGemmCode.fits(g)
                ? new SplitGemmCode(g, out.dtype(), products, warm)
                : new GemmCode(g, out.dtype(), products, out.inArena(), warm));
      } else {
        List<ExprType> inputs =
            step.inputs().stream().map(o -> ExprType.of(slots.get(o.slot()).dtype())).toList();
        code.add(
            new OwnKernelCode(
                (PlanStep.Launch) step, ExprType.of(out.dtype()), inputs, multiprocessors));
      }
    }
    return code;
  }

  /**
   * Where a step runs.
   *
   * @param address device memory of an operand and the byte at which its view begins
   * @param kernels compiled kernels by entry
   * @param page holds the argument block, at byte {@code offset}
   * @param scratch the step's scratch memory, if it uses any
   */
  record Site(
      Function<Operand, Place> address,
      Function<String, CudaKernel> kernels,
      PinnedMemory page,
      int offset,
      Place scratch,
      CudaStream stream,
      Cublas blas) {}

  /** A byte of device memory. */
  record Place(DeviceMemory memory, long offset) {
    long address() {
      return memory.address(offset);
    }
  }
}
