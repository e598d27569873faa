// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemAllocHost;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD32;
import static jcuda.driver.JCudaDriver.cuModuleGetGlobal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rigor.exec.cuda.EmulatedDriver.check;
import static org.rigor.exec.cuda.EmulatedDriver.errorText;
import static org.rigor.exec.cuda.EmulatedDriver.floats;
import static org.rigor.exec.cuda.EmulatedDriver.function;
import static org.rigor.exec.cuda.EmulatedDriver.ints;
import static org.rigor.exec.cuda.EmulatedDriver.launch;
import static org.rigor.exec.cuda.EmulatedDriver.params;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels on the emulator: what they compute, and that they may do only what a device allows. */
class EmulatorTest {
  private static final int MAX_DYNAMIC_SHARED = 8; // CU_FUNC_ATTRIBUTE_...
  private static CUmodule module;
  private static String warpSum;
  private final EmulatedDriver driver = new EmulatedDriver();

  @BeforeAll
  static void compileKernels() {
    EmulatedDriver.start();
    EmulatedDriver.Compilation compiled =
        EmulatedDriver.compile(
            EmulatorKernels.SOURCE,
            "kernels.cu",
            List.of("--gpu-architecture=sm_90", "--fmad=false", "-DSCALE=3"),
            List.of("rigor::tileSum<float, 64>"));
    module = EmulatedDriver.load(compiled);
    warpSum = compiled.lowered().get(0);
  }

  @AfterAll
  static void stop() {
    EmulatedDriver.stop();
  }

  @AfterEach
  void restore() {
    driver.close();
  }

  private static CUfunction kernel(String name) {
    return function(module, name);
  }

  private static float[] ramp(int n) {
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = i % 7 - 3;
    }
    return x;
  }

  @Test
  void addsVectors() {
    float[] x = ramp(100_003);
    CUdeviceptr in = driver.upload(x);
    CUdeviceptr out = driver.allocate(4L * x.length);
    check(launch(kernel("add"), (x.length + 255) / 256, 256, 0, in, in, out, x.length));
    float[] sum = floats(out, x.length);
    for (int i = 0; i < x.length; i++) {
      assertThat(sum[i]).isEqualTo(2 * x[i]);
    }
  }

  @ParameterizedTest
  @CsvSource({"0,0", "1,0", "2,1", "2,99"})
  void barriersShufflesAndAtomicsHoldInEverySchedule(int schedule, int seed) {
    EmulatedDriver.schedule(schedule, seed);
    int n = 20_000;
    float[] x = ramp(n);
    float expected = 0;
    for (float v : x) {
      expected += v;
    }
    CUdeviceptr in = driver.upload(x);
    CUdeviceptr out = driver.upload(0f, 0f, 0f);
    check(launch(kernel("blockSum"), 9, 256, 0, in, out, n));
    check(launch(kernel("warpSum"), 9, 256, 4 * 8, in, out.withByteOffset(4), n));
    check(launch(function(module, warpSum), 9, 64, 0, in, out.withByteOffset(8), n));
    assertThat(floats(out, 3)).containsExactly(expected, expected, expected);
  }

  @Test
  void warpOperationsFollowTheLanes() {
    CUdeviceptr out = driver.allocate(4L * 40 * 6);
    check(launch(kernel("lanes"), 1, 40, 0, out));
    int[] r = ints(out, 40 * 6);
    for (int t = 0; t < 40; t++) {
      int lane = t % 32;
      int warp = t / 32;
      int threads = warp == 0 ? 32 : 8;
      assertThat(r[t * 6]).as("up").isEqualTo(lane >= 3 ? t - 3 : t);
      assertThat(r[t * 6 + 1]).as("xor").isEqualTo(t ^ 1);
      assertThat(r[t * 6 + 2]).as("index").isEqualTo(warp * 32 + (lane & ~3) + 2);
      int odd = 0xaaaaaaaa >>> (32 - threads) & (int) ((1L << threads) - 1);
      assertThat(r[t * 6 + 3]).as("ballot").isEqualTo(warp == 0 ? 0xaaaaaaaa : 0xaa).isEqualTo(odd);
      assertThat(r[t * 6 + 4]).as("any, all").isEqualTo(1);
      assertThat(r[t * 6 + 5]).as("count").isEqualTo(20);
    }
  }

  @Test
  void arithmeticIsThatOfJava() {
    float[] x = new float[4096];
    java.util.Random random = new java.util.Random(5);
    for (int i = 0; i < x.length; i++) {
      x[i] = Float.intBitsToFloat(random.nextInt());
    }
    CUdeviceptr in = driver.upload(x);
    CUdeviceptr out = driver.allocate(4L * x.length);
    check(launch(kernel("arithmetic"), 16, 256, 0, in, out));
    float[] r = floats(out, x.length);
    for (int i = 0; i < x.length; i++) {
      float a = x[i];
      float b = x[(i + 1) % x.length];
      Float expected = a * b + Math.fma(a, b, (float) Math.sqrt(Math.abs(a))) / b;
      assertThat(r[i]).as("%s %s", a, b).isEqualTo(expected);
    }
  }

  @Test
  void constantsAreModuleVariables() {
    CUdeviceptr table = new CUdeviceptr();
    long[] bytes = new long[1];
    check(cuModuleGetGlobal(table, bytes, module, "table"));
    assertThat(bytes[0]).isEqualTo(16);
    check(cuMemcpyHtoD(table, Pointer.to(new float[] {1, 2, 3, 4}), 16));
    CUdeviceptr out = driver.allocate(16);
    check(launch(kernel("readTable"), 1, 4, 0, out));
    assertThat(floats(out, 4)).containsExactly(3, 6, 9, 12); // SCALE=3
  }

  @Test
  void freshMemoryIsPoisoned() {
    assertThat(floats(driver.allocate(400), 100)).containsOnly(Float.NaN);
    assertThat(EmulatedDriver.doubles(driver.allocate(80), 10)).containsOnly(Double.NaN);
    CUdeviceptr out = driver.allocate(4L * 64 * 4);
    check(launch(kernel("readSharedUnwritten"), 4, 64, 4 * 64, out));
    assertThat(floats(out, 64 * 4)).containsOnly(Float.NaN);
  }

  @Test
  void schedulesShowAMissingBarrier() {
    CUdeviceptr out = driver.allocate(4L * 128);
    check(launch(kernel("missingBarrier"), 1, 128, 0, out));
    float[] forward = floats(out, 128);
    EmulatedDriver.schedule(EmulatedDriver.REVERSED, 0);
    check(launch(kernel("missingBarrier"), 1, 128, 0, out));
    assertThat(floats(out, 128)).isNotEqualTo(forward);
  }

  /** Each of these must fail with its code, name the place, and leave the JVM and device usable. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "readPastEnd       | 700 | past the end of the 256 bytes",
        "readFar           | 700 | not allocated",
        "readNull          | 700 | not a device address",
        "pastDynamicShared | 700 | dynamic shared memory",
        "recurse           | 700 | stack overflow",
        "misaligned        | 716 | no multiple of its size",
        "misalignedScalar  | 716 | no multiple of its size",
        "divergentSites    | 719 | different barriers",
        "divergentEnded    | 719 | have ended",
        "divergentShuffle  | 719 | warp operation",
        "wrongMask         | 719 | does not name it",
        "divideByZero      | 719 | division by zero",
        "callTrap          | 719 | __trap",
        "failAssertion     | 710 | assertion",
      })
  void violationsAreErrors(String name, int code, String text) {
    CUdeviceptr data = driver.allocate(256);
    for (int schedule : new int[] {EmulatedDriver.FORWARD, EmulatedDriver.RANDOM}) {
      EmulatedDriver.schedule(schedule, 7);
      assertThat(launch(kernel(name), 3, 64, 64, data, 0)).isEqualTo(code);
      assertThat(errorText(code)).contains("kernel " + name, "block (", "thread (", text);
    }
    addsVectors();
  }

  @Test
  void javaFaultsStillReachTheJvm() {
    int[] none = IntStream.of().count() == 0 ? null : new int[1];
    for (int i = 0; i < 20_000; i++) { // hot: null checks by SIGSEGV
      assertThatThrownBy(() -> none[0]++).isInstanceOf(NullPointerException.class);
    }
  }

  @Test
  void hostAndFreedPointersFail() {
    Pointer host = new Pointer();
    check(cuMemAllocHost(host, 64));
    CUdeviceptr out = driver.allocate(256);
    long somewhere = addressOf(host) + (1L << 20);
    assertThat(launch(kernel("readPastEnd"), 1, 1, 0, somewhere, 0)).isEqualTo(700);
    assertThat(errorText(700)).contains("parameter 0", "not a device address");
    CUdeviceptr freed = new CUdeviceptr();
    check(cuMemAlloc(freed, 4096));
    check(cuMemFree(freed));
    assertThat(launch(kernel("add"), 1, 32, 0, freed, out, out, 32)).isEqualTo(700);
    assertThat(cuMemFree(freed)).isEqualTo(1);
    check(cuMemFreeHost(host));
  }

  private static long addressOf(Pointer p) {
    return new Pointer(p) {
      long address() {
        return getNativePointer();
      }
    }.address();
  }

  @Test
  void copiesAreChecked() {
    CUdeviceptr p = driver.allocate(64);
    float[] host = new float[32];
    assertThat(cuMemcpyHtoD(p, Pointer.to(host), 128)).isEqualTo(1);
    assertThat(cuMemcpyDtoH(Pointer.to(host), p.withByteOffset(32), 64)).isEqualTo(1);
    assertThat(cuMemsetD32(p, 0, 17)).isEqualTo(1);
    assertThat(cuMemcpyHtoDAsync(p, Pointer.to(host), 64, null)).isEqualTo(1);
    assertThat(errorText(1)).contains("pinned");
    check(cuMemsetD32(p, 5, 16));
    assertThat(ints(p, 16)).containsOnly(5);
  }

  @Test
  void aKernelThatWritesJustBesideItsMemoryIsFoundOut() {
    CUdeviceptr odd = new CUdeviceptr();
    check(cuMemAlloc(odd, 20)); // ends inside a 16-byte unit: no page fault
    check(launch(kernel("writeAt"), 1, 1, 0, odd, 5));
    assertThat(cuMemFree(odd)).isEqualTo(700);
  }

  @Test
  void memoryIsFinite() {
    EmulatedDriver.memoryMib(4);
    assertThat(cuMemAlloc(new CUdeviceptr(), 5 << 20)).isEqualTo(2);
    driver.allocate(3 << 20);
    assertThat(cuMemAlloc(new CUdeviceptr(), 2 << 20)).isEqualTo(2);
  }

  @Test
  void launchLimitsHold() {
    CUdeviceptr x = driver.allocate(4096);
    CUfunction f = kernel("add");
    assertThat(launch(f, 1, 1025, 0, x, x, x, 1)).isEqualTo(1);
    assertThat(launch(f, 0, 32, 0, x, x, x, 1)).isEqualTo(1);
    Pointer p = params(x, x, x, 1);
    assertThat(cuLaunchKernel(f, 1, 65536, 1, 1, 1, 1, 0, null, p, null)).isEqualTo(1);
    assertThat(cuLaunchKernel(f, 1, 1, 1, 1, 1, 65, 0, null, p, null)).isEqualTo(1);
    assertThat(launch(kernel("bounded"), 1, 65, 0, x, 0)).isEqualTo(701);
    check(launch(kernel("bounded"), 1, 64, 0, x, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {48 * 1024, 227 * 1024})
  void sharedMemoryIsLimited(int bytes) {
    CUdeviceptr out = driver.allocate(4L * 64 * 4);
    CUfunction f = function(module, "fillShared");
    if (bytes > 48 * 1024) {
      assertThat(launch(f, 1, 64, bytes, out, bytes)).isEqualTo(1);
      assertThat(cuFuncSetAttribute(f, MAX_DYNAMIC_SHARED, bytes + 1)).isEqualTo(1);
      check(cuFuncSetAttribute(f, MAX_DYNAMIC_SHARED, bytes));
    }
    check(launch(f, 1, 64, bytes, out, bytes));
    assertThat(launch(f, 1, 64, bytes + 1, out, bytes)).isEqualTo(1);
    // 256 bytes are static: the sum counts.
    assertThat(launch(kernel("readSharedUnwritten"), 1, 64, 48 * 1024 - 255, out)).isEqualTo(1);
    check(launch(kernel("readSharedUnwritten"), 1, 64, 48 * 1024 - 256, out));
  }

  @Test
  void aThreadWithoutContextIsRefused() throws InterruptedException {
    AtomicInteger code = new AtomicInteger(-1);
    Thread t = new Thread(() -> code.set(cuCtxSynchronize()));
    t.start();
    t.join();
    assertThat(code.get()).isEqualTo(201);
  }
}
