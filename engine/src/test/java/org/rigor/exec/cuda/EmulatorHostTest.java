// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemAllocHost;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.rigor.exec.cuda.EmulatedDriver.check;
import static org.rigor.exec.cuda.EmulatedDriver.compile;
import static org.rigor.exec.cuda.EmulatedDriver.floats;
import static org.rigor.exec.cuda.EmulatedDriver.function;
import static org.rigor.exec.cuda.EmulatedDriver.launchOn;
import static org.rigor.exec.cuda.EmulatedDriver.load;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What host code sees of the emulator: NVRTC, cuBLAS, streams, capture and graphs. */
class EmulatorHostTest {
  private static final List<String> SM_90 = List.of("--gpu-architecture=sm_90");
  private static final int THREAD_LOCAL = 1;
  private static final int COMPUTE_CAPABILITY_MAJOR = 75;
  private static final int COMPUTE_32F = 68;
  private static final int COMPUTE_64F = 70;
  private static final int COMPUTE_BF16 = 75;
  private static final int COMPUTE_TF32 = 77;

  private static CUfunction increment;
  private final EmulatedDriver driver = new EmulatedDriver();
  private final CUstream stream = new CUstream();
  private final cublasHandle blas = new cublasHandle();

  @BeforeAll
  static void start() {
    EmulatedDriver.start();
    String source =
        "extern \"C\" __global__ void increment(float* x, float by) { x[threadIdx.x] += by; }";
    increment = function(load(compile(source, "increment.cu", SM_90, List.of())), "increment");
  }

  @BeforeEach
  void open() {
    check(cuStreamCreate(stream, 1)); // not waiting for the default stream
    assertThat(JCublas2.cublasCreate(blas)).isZero();
    assertThat(JCublas2.cublasSetStream(blas, new cudaStream_t(stream))).isZero();
  }

  @AfterAll
  static void stop() {
    EmulatedDriver.stop();
  }

  @AfterEach
  void close() {
    JCublas2.cublasDestroy(blas);
    cuStreamDestroy(stream);
    driver.close();
  }

  @Test
  void theListOfSourcesIsWhole() throws IOException {
    Path sources = Path.of("..", "kernels", "emulator");
    try (Stream<Path> files = Files.walk(sources)) {
      assertThat(Files.readAllLines(sources.resolve("FILES")))
          .containsExactlyInAnyOrderElementsOf(
              files
                  .filter(Files::isRegularFile)
                  .map(f -> sources.relativize(f).toString())
                  .filter(f -> !f.equals("FILES") && !f.startsWith("build/"))
                  .toList());
    }
  }

  @Test
  void saysThatItIsTheEmulator() {
    CUdevice device = new CUdevice();
    check(cuDeviceGet(device, 0));
    byte[] name = new byte[64];
    check(cuDeviceGetName(name, name.length, device));
    assertThat(new String(name, StandardCharsets.US_ASCII)).startsWith("Rigor emulator");
    int[] major = new int[1];
    check(cuDeviceGetAttribute(major, COMPUTE_CAPABILITY_MAJOR, device));
    assertThat(major[0]).isEqualTo(9);
  }

  @Test
  void compileErrorsNameFileAndLine() {
    String body = "__device__ float twice(float x) {\n  return 2 * y;\n}\n";
    String source =
        "#include \"help.cuh\"\n\nextern \"C\" __global__ void k(float* x) {\n  x[0] = z;\n}\n";
    EmulatedDriver.Compilation bad =
        compile(source, "k.cu", SM_90, List.of(), new String[] {body}, new String[] {"help.cuh"});
    assertThat(bad.result()).isEqualTo(6);
    assertThat(bad.log()).contains("help.cuh(2): error:", "'y'", "k.cu(4): error:", "'z'");
  }

  @Test
  void headersMacrosAndBothImageFormsWork() {
    String source =
        "#include \"lib/scale.cuh\"\n"
            + "template <int N> __global__ void k(float* x) { x[0] = scale(N) + OFFSET; }\n";
    EmulatedDriver.Compilation compiled =
        compile(
            source,
            "k.cu",
            List.of("-arch=sm_90", "-D", "OFFSET=0.5f", "--fmad=false", "-default-device"),
            List.of("k<20>"),
            new String[] {"__device__ float scale(int n) { return 2.f * n; }"},
            new String[] {"lib/scale.cuh"});
    CUmodule fromText = new CUmodule();
    check(cuModuleLoadData(fromText, compiled.ptx()));
    for (CUmodule module : List.of(load(compiled), fromText)) {
      CUdeviceptr x = driver.upload(0f);
      check(launchOn(null, function(module, compiled.lowered().get(0)), 1, 1, 0, x));
      assertThat(floats(x, 1)).containsExactly(40.5f);
      check(cuModuleUnload(module));
    }
  }

  @Test
  void aKernelWithoutExternCHasNoPlainName() {
    CUmodule module =
        load(compile("__global__ void k(float* x) { x[0] = 1; }", "k.cu", SM_90, List.of()));
    assertThat(cuModuleGetFunction(new CUfunction(), module, "k")).isEqualTo(500);
    check(cuModuleGetFunction(new CUfunction(), module, "_Z1kPf"));
  }

  @ParameterizedTest
  @CsvSource({"--use_fast_math", "--ftz=true", "--no-such-option", "-arch=x"})
  void optionsThatCannotBeHonouredAreErrors(String option) {
    EmulatedDriver.Compilation bad = compile("", "k.cu", List.of(option), List.of());
    assertThat(bad.result()).isEqualTo(5);
    assertThat(bad.log()).contains(option);
  }

  @Test
  void tornCacheFilesAndImagesAreFoundOut() throws IOException {
    String source = "extern \"C\" __global__ void torn(float* x) { x[0] = 7; }";
    EmulatedDriver.Compilation first = compile(source, "torn.cu", SM_90, List.of());
    for (Path file : EmulatedDriver.cachedModules()) {
      byte[] bytes = Files.readAllBytes(file);
      if (!Arrays.equals(bytes, first.image())) {
        continue;
      }
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
      CUmodule module = new CUmodule();
      assertThat(cuModuleLoadData(module, bytes)).isEqualTo(200);
      Files.write(file, Arrays.copyOf(bytes, bytes.length / 3));
    }
    CUdeviceptr x = driver.upload(0f);
    CUmodule again = load(compile(source, "torn.cu", SM_90, List.of()));
    check(launchOn(null, function(again, "torn"), 1, 1, 0, x));
    assertThat(floats(x, 1)).containsExactly(7);
    assertThat(cuModuleLoadData(new CUmodule(), ".version 8.5\n.target sm_90\n")).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0,37,21,19,1,0",
    "1,0,37,21,19,1,0",
    "0,1,5,70,300,2,0.5",
    "1,1,64,64,1,1,1",
    "0,0,3,4,0,1,2"
  })
  void matrixProductsAreOneChainOfFma(
      int ta, int tb, int m, int n, int k, float alpha, float beta) {
    int batches = 3;
    int lda = (ta == 0 ? m : Math.max(1, k)) + 2;
    int ldb = (tb == 0 ? Math.max(1, k) : n) + 1;
    int strideA = 0; // shared by the batch
    int strideB = ldb * (tb == 0 ? n : Math.max(1, k));
    int strideC = (m + 3) * n;
    float[] a = random(lda * (ta == 0 ? Math.max(1, k) : m), 1);
    float[] b = random(strideB * batches, 2);
    float[] c = random(strideC * batches, 3);
    CUdeviceptr da = driver.upload(a);
    CUdeviceptr db = driver.upload(b);
    CUdeviceptr dc = driver.upload(c);
    Pointer pa = Pointer.to(new float[] {alpha});
    Pointer pb = Pointer.to(new float[] {beta});
    assertThat(
            JCublas2.cublasSgemmStridedBatched(
                blas, ta, tb, m, n, k, pa, da, lda, strideA, db, ldb, strideB, pb, dc, m + 3,
                strideC, batches))
        .isZero();
    float[] result = floats(dc, c.length);
    for (int s = 0; s < batches; s++) {
      for (int j = 0; j < n; j++) {
        for (int i = 0; i < m; i++) {
          float sum = 0;
          for (int p = 0; p < k; p++) {
            float x = a[ta == 0 ? i + p * lda : p + i * lda];
            float y = b[s * strideB + (tb == 0 ? p + j * ldb : j + p * ldb)];
            sum = Math.fma(x, y, sum);
          }
          int at = s * strideC + j * (m + 3) + i;
          Float expected = beta == 0 ? alpha * sum : Math.fma(alpha, sum, beta * c[at]);
          assertThat(result[at]).isEqualTo(expected);
        }
      }
    }
  }

  private static float[] random(int n, int seed) {
    Random random = new Random(seed);
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = random.nextFloat() - 0.5f;
    }
    return x;
  }

  @Test
  void productsInDoubleAndTf32AndRefusals() {
    CUdeviceptr x = driver.upload(1.0 / 3);
    CUdeviceptr y = driver.upload(0.0);
    Pointer one = Pointer.to(new double[] {1});
    Pointer zero = Pointer.to(new double[] {0});
    assertThat(
            JCublas2.cublasGemmEx_new(
                blas, 0, 0, 1, 1, 1, one, x, 1, 1, x, 1, 1, zero, y, 1, 1, COMPUTE_64F, -1))
        .isZero();
    assertThat(EmulatedDriver.doubles(y, 1)).containsExactly(1.0 / 3 * (1.0 / 3));

    float third = 1 / 3f;
    CUdeviceptr f = driver.upload(third);
    CUdeviceptr g = driver.upload(0f);
    Pointer onef = Pointer.to(new float[] {1});
    Pointer zerof = Pointer.to(new float[] {0});
    JCublas2.cublasGemmEx_new(
        blas, 0, 0, 1, 1, 1, onef, f, 0, 1, f, 0, 1, zerof, g, 0, 1, COMPUTE_TF32, -1);
    float rounded = Float.intBitsToFloat(Float.floatToIntBits(third) + 0x1000 & ~0x1fff);
    assertThat(floats(g, 1)).containsExactly(rounded * rounded).doesNotContain(third * third);
    CUdeviceptr tie = driver.upload(1 + 0x1p-8f);
    JCublas2.cublasGemmEx_new(
        blas, 0, 0, 1, 1, 1, onef, tie, 0, 1, f, 0, 1, zerof, g, 0, 1, COMPUTE_BF16, -1);
    assertThat(floats(g, 1)).as("1 and 1/3 in bf16").containsExactly(0x1.56p-2f);
    assertThat(
            JCublas2.cublasGemmEx_new(
                blas, 0, 0, 1, 1, 1, onef, f, 14, 1, f, 14, 1, zerof, g, 0, 1, COMPUTE_32F, -1))
        .as("bf16 in memory is not emulated")
        .isEqualTo(15);
    assertThat(JCublas2.cublasSgemm(blas, 0, 0, 2, 1, 1, onef, f, 1, f, 1, zerof, g, 2))
        .as("leading extent too small")
        .isEqualTo(7);
    assertThat(JCublas2.cublasSgemm(blas, 0, 0, 2, 1, 1, onef, f, 2, f, 1, zerof, g, 2))
        .as("beyond the allocation")
        .isEqualTo(13);
  }

  @Test
  void capturedGraphsReplayWithProducts() {
    CUdeviceptr x = driver.upload(1f, 2f);
    CUdeviceptr y = driver.upload(0f, 0f);
    Pointer one = Pointer.to(new float[] {1});
    CUdeviceptr identity = driver.upload(1f);
    check(cuStreamBeginCapture(stream, THREAD_LOCAL));
    check(launchOn(stream, increment, 1, 2, 0, x, 1f));
    // y += x * 1
    assertThat(JCublas2.cublasSgemm(blas, 0, 0, 2, 1, 1, one, x, 2, identity, 1, one, y, 2))
        .isZero();
    CUgraph graph = new CUgraph();
    check(cuStreamEndCapture(stream, graph));
    assertThat(floats(x, 2)).as("nothing ran").containsExactly(1, 2);
    CUgraphExec exec = new CUgraphExec();
    check(cuGraphInstantiate(exec, graph, 0L));
    check(cuGraphDestroy(graph));
    for (int i = 0; i < 1000; i++) {
      check(cuGraphLaunch(exec, stream));
    }
    check(cuStreamSynchronize(stream));
    assertThat(floats(x, 2)).containsExactly(1001, 1002);
    assertThat(floats(y, 2)).containsExactly(501_500, 502_500);
    check(cuGraphExecDestroy(exec));
    assertThat(cuGraphLaunch(exec, stream)).isEqualTo(400);
  }

  @Test
  void captureRefusesWhatADeviceRefuses() {
    CUdeviceptr x = driver.upload(1f);
    check(cuStreamBeginCapture(stream, THREAD_LOCAL));
    assertThat(cuStreamSynchronize(stream)).isEqualTo(900);
    assertThat(launchOn(stream, increment, 1, 1, 0, x, 1f)).isEqualTo(901);
    assertThat(cuStreamEndCapture(stream, new CUgraph())).isEqualTo(901);

    check(cuStreamBeginCapture(stream, THREAD_LOCAL));
    assertThat(cuMemAlloc(new CUdeviceptr(), 64)).isEqualTo(900);
    assertThat(cuStreamEndCapture(stream, new CUgraph())).isEqualTo(901);

    CUstream waiting = new CUstream();
    check(cuStreamCreate(waiting, 0));
    check(cuStreamBeginCapture(waiting, THREAD_LOCAL));
    assertThat(launchOn(null, increment, 1, 1, 0, x, 1f)).isEqualTo(906);
    assertThat(cuStreamEndCapture(waiting, new CUgraph())).isEqualTo(901);
    check(cuStreamDestroy(waiting));
    check(launchOn(stream, increment, 1, 1, 0, x, 1f));
    check(cuStreamSynchronize(stream));
    assertThat(floats(x, 1)).containsExactly(2);
  }

  @Test
  void deferredStreamsShowMissingSynchronization() {
    Pointer pinned = new Pointer();
    check(cuMemAllocHost(pinned, 4));
    CUdeviceptr x = driver.upload(1f);
    CUevent ready = new CUevent();
    check(cuEventCreate(ready, 0));
    CUstream other = new CUstream();
    check(cuStreamCreate(other, 1));
    EmulatedDriver.deferred(true);
    check(launchOn(stream, increment, 1, 1, 0, x, 1f));
    assertThat(floats(x, 1)).as("a copy that does not wait").containsExactly(1);
    check(cuEventRecord(ready, stream));
    check(cuStreamWaitEvent(other, ready, 0));
    check(launchOn(other, increment, 1, 1, 0, x, 10f));
    check(cuMemcpyDtoHAsync(pinned, x, 4, other));
    check(cuStreamSynchronize(other));
    float got = pinned.getByteBuffer(0, 4).order(ByteOrder.nativeOrder()).getFloat();
    assertThat(got).isEqualTo(12);
    check(cuStreamDestroy(other));
    check(cuMemFreeHost(pinned));
  }

  @Test
  void deferredErrorsComeWithTheSynchronization() {
    EmulatedDriver.deferred(true);
    CUdeviceptr x = driver.upload(1f);
    check(launchOn(stream, increment, 1, 1024, 0, x, 1f)); // beyond the allocation
    assertThat(cuStreamSynchronize(stream)).isEqualTo(700);
    check(cuStreamSynchronize(stream));
  }

  @Test
  void eventsMeasureTime() {
    CUevent begin = new CUevent();
    CUevent end = new CUevent();
    check(cuEventCreate(begin, 0));
    check(cuEventCreate(end, 0));
    float[] milliseconds = new float[1];
    assertThat(cuEventElapsedTime(milliseconds, begin, end)).isEqualTo(400);
    CUdeviceptr x = driver.upload(1f);
    check(cuEventRecord(begin, stream));
    check(launchOn(stream, increment, 1, 1, 0, x, 1f));
    check(cuEventRecord(end, stream));
    check(cuEventSynchronize(end));
    check(cuEventElapsedTime(milliseconds, begin, end));
    assertThat(milliseconds[0]).isBetween(0f, 10_000f);
  }
}
