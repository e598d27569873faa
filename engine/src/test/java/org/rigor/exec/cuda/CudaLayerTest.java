// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.cuda.code.Nvrtc;
import org.rigor.exec.cuda.driver.CompiledKernels;
import org.rigor.exec.cuda.driver.Cublas;
import org.rigor.exec.cuda.driver.Cublas.Operand;
import org.rigor.exec.cuda.driver.Cublas.Precision;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaGraph;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.CudaModule;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.cuda.driver.KernelArguments;
import org.rigor.exec.cuda.driver.PinnedMemory;
import org.rigor.exec.cuda.loading.CudaFailure;
import org.rigor.exec.cuda.loading.CudaLibraries;
import org.rigor.exec.cuda.loading.Emulator;

/** The driver layer on the emulator. */
class CudaLayerTest {
  private static final String SOURCE =
      """
      #include "scale.cuh"
      extern "C" __global__ void axpy(const float* x, float* y, float a, int n) {
        for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
          y[i] = scale(a, x[i]) + y[i];
      }
      template <int K> __global__ void add(int* p) { p[threadIdx.x] += K; }
      """;

  private static final int N = 1001;

  private static CudaContext context;
  private static CompiledKernels compiled;

  @BeforeAll
  static void open() {
    assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    context = CudaContext.open(Emulator.load(), 0);
    compiled = new Nvrtc(context).compile(source(SOURCE));
  }

  @AfterAll
  static void close() {
    if (context != null) {
      context.close();
    }
  }

  @AfterEach
  void nothingIsLeftOpen() {
    assertThat(context.alive()).isEmpty();
  }

  private static Nvrtc.Source source(String text) {
    Map<String, String> headers =
        Map.of("scale.cuh", "__device__ float scale(float a, float x) { return a * x; }\n");
    return new Nvrtc.Source("k.cu", text, new TreeMap<>(headers), List.of(), List.of("add<3>"));
  }

  @Test
  void kernelComputesWhatJavaDoes() {
    try (CudaStream stream = new CudaStream(context, "s");
        CudaModule module = new CudaModule(context, compiled);
        DeviceMemory x = new DeviceMemory(context, "x", 4 * N);
        DeviceMemory y = new DeviceMemory(context, "y", 4 * N);
        PinnedMemory page = new PinnedMemory(context, "p", 512)) {
      float[] hx = random(1, N);
      float[] hy = random(2, N);
      x.upload(0, hx);
      y.upload(0, hy);
      KernelArguments arguments = axpyArguments(page, x, y);
      module.kernel("axpy").launch(stream, CudaKernel.Extent.linear(N, 128), arguments);
      stream.synchronize();
      float[] got = new float[N];
      y.download(0, got);
      for (int i = 0; i < N; i++) {
        assertThat(got[i]).isEqualTo(1.1f * hx[i] + hy[i]);
      }
    }
  }

  @Test
  void templateInstanceIsFoundByItsExpression() {
    try (CudaStream stream = new CudaStream(context, "s");
        CudaModule module = new CudaModule(context, compiled);
        DeviceMemory p = new DeviceMemory(context, "p", 4 * 32);
        PinnedMemory page = new PinnedMemory(context, "p", 512)) {
      stream.fill(p, 0, 39, 32);
      KernelArguments arguments = new KernelArguments(page, 16, 8);
      arguments.set(0, p, 0);
      module.kernel("add<3>").launch(stream, CudaKernel.Extent.linear(32, 32), arguments);
      stream.synchronize();
      int[] got = new int[32];
      p.download(0, got);
      assertThat(got).containsOnly(42);
      assertThatThrownBy(() -> module.kernel("nosuch"))
          .isInstanceOf(CudaFailure.class)
          .hasMessageContaining("'nosuch'")
          .hasMessageContaining("k.cu");
    }
  }

  @Test
  void graphReplaysKernelProductAndCopies() {
    int n = 8;
    try (CudaStream stream = new CudaStream(context, "s");
        Cublas blas = new Cublas(stream);
        CudaModule module = new CudaModule(context, compiled);
        DeviceMemory a = new DeviceMemory(context, "a", 4 * N);
        DeviceMemory c = new DeviceMemory(context, "c", 4 * N);
        DeviceMemory sum = new DeviceMemory(context, "sum", 4 * N);
        PinnedMemory page = new PinnedMemory(context, "p", 512);
        PinnedMemory host = new PinnedMemory(context, "h", 4 * N)) {
      float[] ones = new float[N];
      java.util.Arrays.fill(ones, 1);
      a.upload(0, ones);
      c.upload(0, new float[N]);
      sum.upload(0, new float[N]);
      KernelArguments arguments = axpyArguments(page, c, sum);
      arguments.set(2, 1f);
      Operand left = new Operand(a, 0, n, 0, false);
      CudaKernel axpy = module.kernel("axpy");
      try (CudaGraph graph =
          CudaGraph.record(
              stream,
              "g",
              () -> {
                Operand out = new Operand(c, 0, n, 0, false);
                blas.gemm(Precision.F32, n, n, n, left, left, out, 1, false);
                axpy.launch(stream, CudaKernel.Extent.linear(N, 64), arguments);
                stream.download(host, 0, sum, 0, 4 * N);
              })) {
        assertThat(graph.nodes()).isEqualTo(3);
        // The recorded value counts, not what stands in the block at the replay.
        arguments.set(2, 100f);
        for (int i = 0; i < 5; i++) {
          graph.launch(stream);
        }
        stream.synchronize();
        assertThat(host.buffer().getFloat(4 * (n * n - 1))).isEqualTo(5f * n);
        assertThat(host.buffer().getFloat(4 * n * n)).isZero();
      }
    }
  }

  @Test
  void failureWhileRecordingLeavesTheStreamUsable() {
    try (CudaStream stream = new CudaStream(context, "s");
        DeviceMemory p = new DeviceMemory(context, "p", 16)) {
      assertThatThrownBy(
              () ->
                  CudaGraph.record(
                      stream,
                      "g",
                      () -> {
                        stream.fill(p, 0, 1, 4);
                        throw new IllegalStateException("mine");
                      }))
          .hasMessage("mine");
      stream.fill(p, 0, 7, 4);
      stream.synchronize();
      int[] got = new int[4];
      p.download(0, got);
      assertThat(got).containsOnly(7);
    }
  }

  @Test
  void productsAreRowMajorBatchedAndTransposed() {
    int m = 3;
    int n = 5;
    int k = 4;
    int batch = 2;
    try (CudaStream stream = new CudaStream(context, "s");
        Cublas blas = new Cublas(stream);
        DeviceMemory a = new DeviceMemory(context, "a", 8 * batch * m * k);
        DeviceMemory b = new DeviceMemory(context, "b", 8 * k * n);
        DeviceMemory c = new DeviceMemory(context, "c", 8 * batch * m * n)) {
      double[] ha = doubles(1, batch * m * k);
      double[] hb = doubles(2, k * n);
      a.upload(0, ha);
      b.upload(0, hb);
      for (boolean ta : new boolean[] {false, true}) {
        for (boolean tb : new boolean[] {false, true}) {
          Operand left = new Operand(a, 0, ta ? m : k, m * k, ta);
          Operand right = new Operand(b, 0, tb ? k : n, 0, tb);
          Operand out = new Operand(c, 0, n, m * n, false);
          blas.gemm(Precision.F64, m, n, k, left, right, out, batch, false);
          blas.gemm(Precision.F64, m, n, k, left, right, out, batch, true);
          stream.synchronize();
          double[] got = new double[batch * m * n];
          c.download(0, got);
          for (int e = 0; e < got.length; e++) {
            int i = e / n % m;
            int j = e % n;
            double want = 0;
            for (int q = 0; q < k; q++) {
              double x = ha[e / (m * n) * m * k + (ta ? q * m + i : i * k + q)];
              want += x * hb[tb ? j * k + q : q * n + j];
            }
            assertThat(got[e]).isCloseTo(2 * want, org.assertj.core.api.Assertions.within(1e-14));
          }
        }
      }
      Operand past = new Operand(a, 8, k, m * k, false);
      Operand out = new Operand(c, 0, n, m * n, false);
      Operand right = new Operand(b, 0, n, 0, false);
      assertThatThrownBy(() -> blas.gemm(Precision.F64, m, n, k, past, right, out, batch, false))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("'a'");
    }
  }

  @Test
  void errorsSayWhatWhereAndHowBig() {
    assertThatThrownBy(() -> new Nvrtc(context).compile(source("int f() {\n  return oops;\n}\n")))
        .isInstanceOf(CudaFailure.class)
        .hasMessageContaining("k.cu")
        .hasMessageContaining("oops")
        .hasMessageContaining("   2    return oops;");
    assertThatThrownBy(() -> new DeviceMemory(context, "huge", 1L << 50))
        .isInstanceOfSatisfying(CudaFailure.class, e -> assertThat(e.isOutOfMemory()).isTrue())
        .hasMessageContaining("'huge'")
        .hasMessageContaining(String.valueOf(1L << 50));
    DeviceMemory gone = new DeviceMemory(context, "gone", 16);
    gone.close();
    assertThatThrownBy(() -> gone.upload(0, new float[1])).hasMessage("buffer 'gone' is closed");
    assertThatThrownBy(() -> new CudaKernel.Extent(1, 1, 1, 32, 33, 1, 0))
        .hasMessageContaining("block 32x33x1");
    assertThatThrownBy(() -> CudaContext.open(context.libraries(), 7))
        .hasMessageContaining("device 7");
    assertThatThrownBy(CudaLibraries::machine)
        .isInstanceOf(CudaFailure.class)
        .hasMessageContaining("already runs the CUDA emulator")
        .hasMessageContaining("a process of its own");
  }

  @Test
  void refusedLaunchNamesKernelExtentAndContext() {
    try (CudaStream stream = new CudaStream(context, "s");
        CudaModule module = new CudaModule(context, compiled);
        PinnedMemory page = new PinnedMemory(context, "p", 512)) {
      CudaKernel axpy = module.kernel("axpy");
      KernelArguments arguments = new KernelArguments(page, 0, 8, 8, 4, 4);
      CudaKernel.Extent tooMuch = new CudaKernel.Extent(1, 1, 1, 32, 1, 1, 300_000);
      assertThatThrownBy(() -> axpy.launch(stream, tooMuch, arguments, "x [3]"))
          .isInstanceOf(CudaFailure.class)
          .hasMessageContaining("axpy")
          .hasMessageContaining("300000");
      assertThatThrownBy(() -> arguments.set(0, 1f)).hasMessageContaining("argument 0 has 8 bytes");
      arguments.set(0, 0L);
      arguments.set(1, 0L);
      arguments.set(3, N);
      assertThatThrownBy(
              () -> {
                axpy.launch(stream, CudaKernel.Extent.linear(N, 64), arguments, "x [1001]");
                stream.synchronize();
              })
          .isInstanceOf(CudaFailure.class)
          .hasMessageContaining("ILLEGAL_ADDRESS");
    }
  }

  private static KernelArguments axpyArguments(PinnedMemory page, DeviceMemory x, DeviceMemory y) {
    KernelArguments arguments = new KernelArguments(page, 0, 8, 8, 4, 4);
    arguments.set(0, x, 0);
    arguments.set(1, y, 0);
    arguments.set(2, 1.1f);
    arguments.set(3, N);
    return arguments;
  }

  private static float[] random(long seed, int n) {
    float[] x = new float[n];
    SplittableRandom r = new SplittableRandom(seed);
    for (int i = 0; i < n; i++) {
      x[i] = (float) (r.nextDouble() - 0.5);
    }
    return x;
  }

  private static double[] doubles(long seed, int n) {
    return new SplittableRandom(seed).doubles(n).toArray();
  }
}
