// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.exec.Products;
import org.rigor.exec.cuda.driver.Cublas;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.tensor.DType;

/**
 * Matrix products through cuBLAS. The model axis and the batch nest form one strided batch where
 * their strides allow; else the longest loop is the batch and the others become separate calls.
 */
final class GemmCode implements StepCode {
  private static final Map<Products, Cublas.Precision> FLOATS =
      Map.of(
          Products.EXACT, Cublas.Precision.F32,
          Products.TF32, Cublas.Precision.TF32,
          Products.BF16, Cublas.Precision.BF16);

  private final PlanStep.Gemm step;
  private final Cublas.Precision precision;
  private final int bytes;
  private final Loops loops;
  private final int batchLoop;
  private final boolean outputIsScratch;
  private final Set<String> warm;

  /**
   * @param outputIsScratch whether the output may be overwritten when the step is bound
   * @param warm products whose kernels cuBLAS has loaded; {@link #bind} adds to it
   */
  GemmCode(
      PlanStep.Gemm step,
      DType dtype,
      Products products,
      boolean outputIsScratch,
      Set<String> warm) {
    this.step = step;
    this.bytes = dtype.bytes();
    this.precision = precision(step, dtype, products);
    List<Operand> operands = new ArrayList<>(step.inputs());
    operands.add(step.output());
    long[] modelStrides = MapCode.modelStrides(operands);
    this.loops = Loops.of(step.models(), modelStrides, step.batch(), new int[] {0, 1, 2});
    int longest = 0;
    for (int l = 1; l < loops.count(); l++) {
      longest = loops.extents()[l] >= loops.extents()[longest] ? l : longest;
    }
    this.batchLoop = longest;
    this.outputIsScratch = outputIsScratch;
    this.warm = warm;
  }

  static Cublas.Precision precision(PlanStep.Gemm step, DType dtype, Products products) {
    return switch (dtype) {
      case F32 -> FLOATS.get(products);
      case F64 -> Cublas.Precision.F64;
      default ->
          throw new IllegalArgumentException(
              "matrix products take F32 or F64, got " + dtype + " at " + step.origin());
    };
  }

  @Override
  public List<KernelSource> sources() {
    return List.of();
  }

  @Override
  public int argumentBytes() {
    return 0;
  }

  @Override
  public int nodes() {
    return (int) Math.min(Integer.MAX_VALUE, loops.size() / loops.extents()[batchLoop]);
  }

  private record Product(Cublas.Operand a, Cublas.Operand b, Cublas.Operand c) {}

  @Override
  public Runnable bind(Site site) {
    int batch = loops.extents()[batchLoop];
    List<Product> products = new ArrayList<>();
    long[] at = new long[3];
    StepCode.Place[] places = {
      site.address().apply(step.inputs().get(0)),
      site.address().apply(step.inputs().get(1)),
      site.address().apply(step.output())
    };
    collect(places, 0, at, products);
    Runnable run =
        () -> {
          for (Product p : products) {
            multiply(site.blas(), p.a(), p.b(), p.c(), batch);
          }
        };
    warmUp(site, products.get(0), batch);
    return run;
  }

  private void multiply(
      Cublas blas, Cublas.Operand a, Cublas.Operand b, Cublas.Operand c, int batch) {
    blas.gemm(precision, step.m(), step.n(), step.k(), a, b, c, batch, false);
  }

  private void collect(StepCode.Place[] places, int loop, long[] at, List<Product> products) {
    if (loop == loops.count()) {
      products.add(
          new Product(
              operand(places[0], at[0], 0, step.lda(), step.transA()),
              operand(places[1], at[1], 1, step.ldb(), step.transB()),
              operand(places[2], at[2], 2, step.ldc(), false)));
      return;
    }
    int n = loop == batchLoop ? 1 : loops.extents()[loop];
    for (int i = 0; i < n; i++) {
      long[] next = at.clone();
      for (int o = 0; o < next.length; o++) {
        next[o] += i * loops.strides()[o][loop];
      }
      collect(places, loop + 1, next, products);
    }
  }

  private Cublas.Operand operand(
      StepCode.Place p, long at, int o, int leading, boolean transposed) {
    long stride = loops.extents()[batchLoop] == 1 ? 0 : loops.strides()[o][batchLoop];
    return new Cublas.Operand(p.memory(), p.offset() + at * bytes, leading, stride, transposed);
  }

  /**
   * Runs one product, so that cuBLAS has loaded its kernels and chosen its algorithm before a graph
   * is recorded. The result is overwritten or discarded.
   */
  private void warmUp(Site site, Product p, int batch) {
    String key =
        List.of(
                site.stream(),
                precision,
                step.m(),
                step.n(),
                step.k(),
                step.transA(),
                step.transB(),
                step.lda(),
                step.ldb(),
                p.a().stride(),
                p.b().stride(),
                p.c().stride(),
                batch)
            .toString();
    if (!warm.add(key)) {
      return;
    }
    if (outputIsScratch) {
      multiply(site.blas(), p.a(), p.b(), p.c(), batch);
      return;
    }
    long elements = (batch - 1) * p.c().stride() + (step.m() - 1L) * step.ldc() + step.n();
    CudaContext context = site.stream().context();
    try (DeviceMemory out = new DeviceMemory(context, "cuBLAS warm-up", elements * bytes)) {
      Cublas.Operand c = new Cublas.Operand(out, 0, step.ldc(), p.c().stride(), false);
      multiply(site.blas(), p.a(), p.b(), c, batch);
      site.stream().synchronize();
    }
  }
}
