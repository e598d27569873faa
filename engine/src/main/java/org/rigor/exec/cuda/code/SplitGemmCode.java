// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.rigor.exec.Products;
import org.rigor.exec.cuda.driver.Cublas;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.plan.PlanStep;
import org.rigor.tensor.DType;

/**
 * Products with small results and long sums, one per model, such as the gradient of a convolution's
 * kernel. cuBLAS gives each product of a batch few blocks, however long its sum, so the rows are
 * split into chunks that form one larger batch, and a product with ones adds the chunks. The split
 * depends only on the product's extents, never on the number of models.
 */
public final class SplitGemmCode implements StepCode {
  private static final int LONG = 4096;
  private static final int SMALL = 8192;
  private static final int MOST_CHUNKS = 64;
  private static final int LEAST_ROWS = 256;

  private final PlanStep.Gemm step;
  private final Cublas.Precision precision;
  private final int bytes;
  private final long[] modelStrides;
  private final int chunks;
  private final Set<String> warm;

  /** Takes the parameters of {@link GemmCode}, for a step that {@link #fits}. */
  SplitGemmCode(PlanStep.Gemm step, DType dtype, Products products, Set<String> warm) {
    this.step = step;
    this.bytes = dtype.bytes();
    this.precision = GemmCode.precision(step, dtype, products);
    this.modelStrides =
        MapCode.modelStrides(List.of(step.inputs().get(0), step.inputs().get(1), step.output()));
    this.chunks = chunks(step.k());
    this.warm = warm;
  }

  /** Returns whether a step is such a product: dense [K, m]' [K, n] for more than one model. */
  public static boolean fits(PlanStep.Gemm step) {
    long[] strides =
        MapCode.modelStrides(List.of(step.inputs().get(0), step.inputs().get(1), step.output()));
    return step.models() > 1
        && step.batch().size() == 1
        && step.transA()
        && !step.transB()
        && step.k() >= LONG
        && step.m() * (long) step.n() <= SMALL
        && strides[0] == (long) step.k() * step.lda()
        && strides[1] == (long) step.k() * step.ldb()
        && step.ldc() == step.n()
        && chunks(step.k()) > 1;
  }

  /**
   * Returns the largest number of chunks of equal length, each long enough to be worth a product.
   */
  private static int chunks(int rows) {
    int most = Math.min(MOST_CHUNKS, rows / LEAST_ROWS);
    while (rows % most != 0) {
      most--;
    }
    return most;
  }

  @Override
  public List<KernelSource> sources() {
    return List.of();
  }

  @Override
  public int argumentBytes() {
    return 0;
  }

  /** Returns the bytes of the ones, one per chunk, and of the partial products of every model. */
  @Override
  public long scratchBytes() {
    return onesBytes() + (long) step.models() * chunks * step.m() * step.n() * bytes;
  }

  private long onesBytes() {
    return (chunks * (long) bytes + 255) / 256 * 256;
  }

  @Override
  public int nodes() {
    return 2;
  }

  @Override
  public Runnable bind(Site site) {
    StepCode.Place c = site.address().apply(step.output());
    DeviceMemory memory = site.scratch().memory();
    if (precision == Cublas.Precision.F64) {
      double[] ones = new double[chunks];
      Arrays.fill(ones, 1);
      memory.upload(site.scratch().offset(), ones);
    } else {
      float[] ones = new float[chunks];
      Arrays.fill(ones, 1);
      memory.upload(site.scratch().offset(), ones);
    }
    // cuBLAS loads kernels on the first call, which is not allowed while a graph is recorded.
    if (warm.add(site.stream() + " " + step.models() + " split " + this)) {
      long elements = (step.models() - 1) * modelStrides[2] + (long) step.m() * step.n();
      try (DeviceMemory out =
          new DeviceMemory(site.stream().context(), "cuBLAS warm-up", elements * bytes)) {
        run(site, out, 0, modelStrides[2]);
        site.stream().synchronize();
      }
    }
    return () -> run(site, c.memory(), c.offset(), modelStrides[2]);
  }

  private void run(Site site, DeviceMemory out, long offset, long stride) {
    StepCode.Place a = site.address().apply(step.inputs().get(0));
    StepCode.Place b = site.address().apply(step.inputs().get(1));
    int rows = step.k() / chunks;
    int size = step.m() * step.n();
    DeviceMemory scratch = site.scratch().memory();
    long ones = site.scratch().offset();
    long parts = ones + onesBytes();
    site.blas()
        .gemm(
            precision,
            step.m(),
            step.n(),
            rows,
            new Cublas.Operand(a.memory(), a.offset(), step.lda(), (long) rows * step.lda(), true),
            new Cublas.Operand(b.memory(), b.offset(), step.ldb(), (long) rows * step.ldb(), false),
            new Cublas.Operand(scratch, parts, step.n(), size, false),
            step.models() * chunks,
            false);
    site.blas()
        .gemm(
            precision,
            1,
            size,
            chunks,
            new Cublas.Operand(scratch, ones, chunks, 0, false),
            new Cublas.Operand(scratch, parts, size, (long) chunks * size, false),
            new Cublas.Operand(out, offset, size, stride, false),
            step.models(),
            false);
  }

  @Override
  public String toString() {
    return precision + " " + step.m() + " " + step.n() + " " + step.k() + " in " + chunks;
  }
}
