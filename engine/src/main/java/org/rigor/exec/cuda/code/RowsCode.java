// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.exec.codegen.CudaPrinter;
import org.rigor.exec.codegen.ScalarPrinter;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.KernelArguments;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;

/** Steps over the same short rows: a kernel generated on rows.cuh, one thread per row. */
final class RowsCode implements StepCode {
  private static final CudaPrinter CUDA = new CudaPrinter();

  private final PlanStep.Rows step;
  private final List<Operand> operands = new ArrayList<>();
  private final List<Long> params = new ArrayList<>();
  private final Loops loops;
  private final String entry;
  private final String text;
  private final int multiprocessors;

  RowsCode(PlanStep.Rows step, int multiprocessors) {
    this.step = step;
    this.multiprocessors = multiprocessors;
    operands.addAll(step.inputs());
    step.kept().forEach(k -> operands.add(step.parts().get(k).output()));
    int[] pick = IntStream.range(0, operands.size()).toArray();
    this.loops =
        Loops.of(step.models(), MapCode.modelStrides(operands), step.rows(), pick).padded();
    StringBuilder body = new StringBuilder();
    for (int p = 0; p < step.parts().size(); p++) {
      part(p, body);
    }
    String arguments =
        "RowsArguments<%d, %d, %d>".formatted(operands.size(), loops.count(), params.size());
    this.entry = "rows_" + KernelSource.hash(arguments + body);
    this.text =
        """
        extern "C" __global__ void __launch_bounds__(256) %s(
            const %s a) {
          for (unsigned e = blockIdx.x * blockDim.x + threadIdx.x; e < (unsigned)a.rows;
               e += gridDim.x * blockDim.x) {
            long long at[%d] = {};
            advance(e, a.extent, a.stride, at);
        %s  }
        }
        """
            .formatted(entry, arguments, operands.size(), body);
  }

  /** Writes part p, whose value is y{p}: one for the row, or one for each of the row's values. */
  private void part(int p, StringBuilder to) {
    PlanStep s = step.parts().get(p);
    ExprKernel kernel = (s instanceof PlanStep.Map m ? m.body() : reduce(s).body()).parameterize();
    ExprType type = kernel.outputs().get(0).type();
    boolean wide = isWide(p);
    boolean each = wide || s instanceof PlanStep.Reduce;
    String fold = each && !wide ? ReduceCode.fold(reduce(s).kind(), type) : null;
    String stored = fold == null ? BodySource.stored(type) : fold;
    String variable = fold == null ? "y" + p : "fold" + p;
    to.append("    %s %s%s;\n".formatted(stored, variable, each ? "[" + step.values() + "]" : ""));
    to.append(each ? "#pragma unroll\n" : "");
    to.append(each ? "    for (int k = 0; k < %d; k++) {\n".formatted(step.values()) : "    {\n");
    for (Expr a : kernel.args()) {
      String load = source(step.sources().get(p).get(a.index()), a.type(), each);
      String test = a.type() == ExprType.BOOL ? " != 0" : "";
      to.append(
          "      const %s x%d = %s%s;\n".formatted(CUDA.type(a.type()), a.index(), load, test));
    }
    for (int i = 0; i < kernel.paramTypes().size(); i++) {
      ExprType t = kernel.paramTypes().get(i);
      String bits = BodySource.parameter(t, "a.param[" + params.size() + "]");
      to.append("      const %s p%d = %s;\n".formatted(CUDA.type(t), i, bits));
      params.add(kernel.params()[i]);
    }
    ScalarPrinter.Code code = CUDA.print(kernel, "      ");
    to.append(code.statements());
    String value = code.results().get(0) + (type == ExprType.BOOL ? " ? 1 : 0" : "");
    if (fold == null) {
      to.append("      %s%s = %s;\n    }\n".formatted(variable, each ? "[k]" : "", value));
    } else {
      to.append(
          "      fold%1$d[k].clear();\n      fold%1$d[k].take(%2$s, k);\n".formatted(p, value));
      to.append("    }\n    const %s::Result y%d = join_values(fold%d);\n".formatted(fold, p, p));
    }
    keep(p, fold == null ? stored : fold + "::Result", wide, to);
  }

  private void keep(int p, String stored, boolean wide, StringBuilder to) {
    int at = step.kept().indexOf(p);
    if (at >= 0) {
      String place = place(step.inputs().size() + at, stored, wide);
      to.append(
          wide
              ? "#pragma unroll\n    for (int k = 0; k < %d; k++) %s = y%d[k];\n"
                  .formatted(step.values(), place, p)
              : "    %s = y%d;\n".formatted(place, p));
    }
  }

  private String source(int from, ExprType type, boolean each) {
    if (from >= 0) {
      return place(from, "const " + BodySource.stored(type), each);
    }
    return "y" + (-1 - from) + (isWide(-1 - from) ? "[k]" : "");
  }

  private static String place(int operand, String type, boolean each) {
    String k = each ? " + k * a.across[%d]".formatted(operand) : "";
    return "((%1$s*)a.at[%2$d])[at[%2$d]%3$s]".formatted(type, operand, k);
  }

  private static PlanStep.Reduce reduce(PlanStep s) {
    return (PlanStep.Reduce) s;
  }

  /** Returns whether a part has a result for each value of a row. */
  private boolean isWide(int p) {
    return step.parts().get(p) instanceof PlanStep.Map m
        && m.nest().size() == step.rows().size() * step.values();
  }

  @Override
  public List<KernelSource> sources() {
    return List.of(new KernelSource(entry, "", text));
  }

  private int structBytes() {
    int n = operands.size();
    return 8 * (n + n * loops.count() + n + params.size() + 1 + loops.count() + 1);
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
    loops.putStrides(a);
    step.strides().forEach(a::putLong);
    params.forEach(a::putLong);
    a.putLong(0);
    loops.putExtents(a);
    a.putLong(loops.size());
    CudaKernel kernel = site.kernels().apply(entry);
    CudaKernel.Extent extent = Grids.linear(loops.size(), multiprocessors);
    return () -> kernel.launch(site.stream(), extent, arguments, step.origin());
  }
}
