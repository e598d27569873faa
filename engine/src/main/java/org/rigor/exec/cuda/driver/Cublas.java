// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import static jcuda.cudaDataType.CUDA_R_32F;
import static jcuda.cudaDataType.CUDA_R_64F;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F_FAST_16BF;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_64F;
import static jcuda.jcublas.cublasGemmAlgo.CUBLAS_GEMM_DEFAULT;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import jcuda.CudaException;
import jcuda.driver.CUdeviceptr;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.runtime.cudaStream_t;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.CudaFailure;

/**
 * Matrix products on one stream. Captured graphs need a fixed workspace, which also keeps the
 * choice of algorithm, hence the bits, the same from call to call.
 */
public final class Cublas implements AutoCloseable {
  /** Workspace size cuBLAS recommends for Hopper; older devices need less. */
  private static final long WORKSPACE = 32L << 20;

  private static final int SCALARS = 32;

  /** How a product is computed. */
  public enum Precision {
    /** Operands, products and sums in float; no tensor cores. */
    F32(4, CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC),
    /** Float operands rounded to TF32 (10 bits of mantissa), sums in float. */
    TF32(4, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32),
    /** Float operands rounded to bfloat16 (7 bits of mantissa), sums in float. */
    BF16(4, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_16BF),
    F64(8, CUDA_R_64F, CUBLAS_COMPUTE_64F);

    private final int bytes;
    private final int type;
    private final int compute;

    Precision(int bytes, int type, int compute) {
      this.bytes = bytes;
      this.type = type;
      this.compute = compute;
    }
  }

  /**
   * A matrix, or a batch of them, in device memory, row-major.
   *
   * @param memory where
   * @param offset of the first element, in bytes
   * @param leading elements from one row to the next
   * @param stride elements from one matrix of the batch to the next; 0 shares one
   * @param transposed whether the product uses the transpose of the stored matrix
   */
  public record Operand(
      DeviceMemory memory, long offset, int leading, long stride, boolean transposed) {}

  private final CudaStream stream;
  private final cublasHandle handle = new cublasHandle();
  private final DeviceMemory workspace;
  private final PinnedMemory scalars;
  private boolean closed;

  public Cublas(CudaStream stream) {
    this.stream = stream;
    stream.handle();
    CudaFailure.call("starting cuBLAS", () -> JCublas2.cublasCreate(handle));
    workspace = new DeviceMemory(stream.context(), "cuBLAS workspace", WORKSPACE);
    scalars = new PinnedMemory(stream.context(), "cuBLAS scalars", SCALARS);
    // 0 and 1 in float, then 0 and 1 in double.
    scalars.buffer().putFloat(0, 0f).putFloat(4, 1f).putDouble(8, 0d).putDouble(16, 1d);
    CudaFailure.call(
        "binding cuBLAS to a stream",
        () -> JCublas2.cublasSetStream(handle, new cudaStream_t(stream.handle())));
    CudaFailure.call(
        "giving cuBLAS its workspace",
        () -> JCublas2.cublasSetWorkspace(handle, workspace.at(0, WORKSPACE), WORKSPACE));
  }

  /** Returns the library's version, e.g. 130000. */
  public int version() {
    int[] version = new int[1];
    CudaFailure.call("cuBLAS version", () -> JCublas2.cublasGetVersion(handle, version));
    return version[0];
  }

  /**
   * Queues C[i] = A[i] B[i] (or C[i] += with {@code accumulate}) for i in 0..batch-1, with A of [m,
   * k], B of [k, n], C of [m, n] after transposition.
   *
   * @throws IndexOutOfBoundsException if an operand reaches past its memory
   * @throws CudaFailure with the shapes, if cuBLAS refuses
   */
  public void gemm(
      Precision p,
      int m,
      int n,
      int k,
      Operand a,
      Operand b,
      Operand c,
      int batch,
      boolean accumulate) {
    if (c.transposed()) {
      throw new IllegalArgumentException("a product cannot be stored transposed");
    }
    boolean wide = p == Precision.F64;
    stream.queued(Traffic.LAUNCH);
    // Row-major C = A B is column-major C' = B' A'.
    try {
      JCublas2.cublasGemmStridedBatchedEx_new(
          handle,
          b.transposed() ? CUBLAS_OP_T : CUBLAS_OP_N,
          a.transposed() ? CUBLAS_OP_T : CUBLAS_OP_N,
          n,
          m,
          k,
          scalars.at(wide ? 16 : 4),
          pointer(p, b, k, n, batch),
          p.type,
          b.leading(),
          b.stride(),
          pointer(p, a, m, k, batch),
          p.type,
          a.leading(),
          a.stride(),
          scalars.at(wide ? (accumulate ? 16 : 8) : (accumulate ? 4 : 0)),
          pointer(p, c, m, n, batch),
          p.type,
          c.leading(),
          c.stride(),
          batch,
          p.compute,
          CUBLAS_GEMM_DEFAULT);
    } catch (CudaException e) {
      throw CudaFailure.of(
          "cuBLAS "
              + p
              + " product of ["
              + batch
              + ", "
              + m
              + ", "
              + k
              + "] and ["
              + batch
              + ", "
              + k
              + ", "
              + n
              + "]",
          e);
    }
  }

  private CUdeviceptr pointer(Precision p, Operand o, int rows, int columns, int batch) {
    int storedRows = o.transposed() ? columns : rows;
    int storedColumns = o.transposed() ? rows : columns;
    long last = (batch - 1) * o.stride() + (long) (storedRows - 1) * o.leading() + storedColumns;
    stream.handle();
    return o.memory().at(o.offset(), last * p.bytes);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      stream.handle();
      CudaFailure.call("closing cuBLAS", () -> JCublas2.cublasDestroy(handle));
      workspace.close();
      scalars.close();
    }
  }
}
