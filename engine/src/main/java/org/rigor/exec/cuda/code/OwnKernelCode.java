// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.KernelArguments;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering;

/**
 * An op's own {@code .cu} file for one set of element types. Each file gets its own namespace and
 * its entries a suffix, so that files and types can share a translation unit.
 */
final class OwnKernelCode implements StepCode {
  private static final int MOST_OPERANDS = 6;
  private static final int THREADS = 128;
  private static final int MOST_BLOCKS = 1 << 20;

  private final PlanStep.Launch step;
  private final String types;
  private final String suffix;
  private final int multiprocessors;

  /**
   * @param outputType element type of the result
   * @param inputTypes those of the operands
   */
  OwnKernelCode(
      PlanStep.Launch step, ExprType outputType, List<ExprType> inputTypes, int multiprocessors) {
    this.step = step;
    this.multiprocessors = multiprocessors;
    // Other entries of the file may take more operands; their types do not matter here.
    StringBuilder macros = new StringBuilder();
    for (int i = 0; i < Math.max(MOST_OPERANDS, inputTypes.size()); i++) {
      ExprType t = i < inputTypes.size() ? inputTypes.get(i) : ExprType.I32;
      macros.append("#define T").append(i).append(' ').append(BodySource.stored(t)).append('\n');
    }
    macros.append("#define TOUT ").append(BodySource.stored(outputType)).append('\n');
    step.launch()
        .macros()
        .forEach(
            (name, value) ->
                macros.append("#define ").append(name).append(' ').append(value).append('\n'));
    this.types = macros.toString();
    this.suffix = KernelSource.hash(step.launch().file() + types);
  }

  private String entry() {
    return step.launch().entry() + "_" + suffix;
  }

  @Override
  public List<KernelSource> sources() {
    String file = CudaSources.text(step.launch().file());
    String renamed =
        file.replaceAll(
            "extern \"C\" __global__ void (__launch_bounds__\\([^)]*\\) )?(\\w+)",
            "extern \"C\" __global__ void $1$2_" + suffix);
    String undefine = types.replaceAll("#define (\\w+) .*", "#undef $1");
    String text = types + "namespace file_" + suffix + " {\n" + renamed + "}\n" + undefine;
    return List.of(new KernelSource(entry(), text, ""));
  }

  private int[] sizes() {
    int operands = step.inputs().size() + 1;
    int[] sizes = new int[2 * operands + 2 + step.launch().params().size()];
    Arrays.fill(sizes, 0, 2 * operands, 8);
    Arrays.fill(sizes, 2 * operands, sizes.length, 4);
    return sizes;
  }

  @Override
  public int argumentBytes() {
    return KernelArguments.bytes(sizes());
  }

  @Override
  public int nodes() {
    return 1;
  }

  @Override
  public Runnable bind(Site site) {
    KernelArguments a = new KernelArguments(site.page(), site.offset(), sizes());
    int n = step.inputs().size();
    IntStream.rangeClosed(0, n)
        .forEach(
            i -> {
              Operand o = i < n ? step.inputs().get(i) : step.output();
              a.set(i, site.address().apply(o).address());
              boolean shared = o.view().shape().models() == 1;
              a.set(n + 1 + i, shared ? 0L : o.view().strides()[0]);
            });
    Lowering.Launch launch = step.launch();
    int next = 2 * (n + 1);
    a.set(next++, step.models());
    a.set(next++, launch.items());
    for (int p : launch.params()) {
      a.set(next++, p);
    }
    CudaKernel.Extent extent = extent(launch);
    CudaKernel kernel = site.kernels().apply(entry());
    return () -> kernel.launch(site.stream(), extent, a, step.origin());
  }

  private CudaKernel.Extent extent(Lowering.Launch launch) {
    int models = Math.min(step.models(), 65535);
    if (launch.blocks().isPresent()) {
      Lowering.Blocks b = launch.blocks().get();
      int wide = Math.min(launch.items(), MOST_BLOCKS);
      return new CudaKernel.Extent(wide, models, 1, b.threads(), 1, 1, b.shared());
    }
    long blocks = (launch.items() + THREADS - 1L) / THREADS;
    int wide =
        (int)
            Math.min(blocks, Math.max(1, Grids.blocks(blocks * models, multiprocessors) / models));
    return new CudaKernel.Extent(Math.max(1, wide), models, 1, THREADS, 1, 1, 0);
  }
}
