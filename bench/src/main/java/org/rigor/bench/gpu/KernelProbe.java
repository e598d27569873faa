// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.cuda.code.Nvrtc;
import org.rigor.exec.cuda.driver.CompiledKernels;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.CudaModule;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.cuda.driver.KernelArguments;
import org.rigor.exec.cuda.driver.PinnedMemory;
import org.rigor.exec.cuda.loading.CudaFailure;
import org.rigor.run.bench.DeviceClock;

/** A probe that compiles a kernel, checks its result, and times launches. */
final class KernelProbe {
  /** With --fmad=false x*a+y rounds twice, as in Java. */
  static final String SOURCE =
      """
      extern "C" __global__ void axpy(const float* x, float* y, float a, int n) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n) y[i] = a * x[i] + y[i];
      }
      extern "C" __global__ void nothing(float* y, float* z, float a, int n) {}
      """;

  private static final int N = 1_000_003;
  private static final int LAUNCHES = 500;

  private KernelProbe() {}

  static Nvrtc.Source source() {
    return new Nvrtc.Source("probe.cu", SOURCE, new TreeMap<>(), List.of(), List.of());
  }

  static void run(CudaContext context, Map<String, Object> found) {
    Nvrtc nvrtc = new Nvrtc(context);
    long start = System.nanoTime();
    CompiledKernels compiled = nvrtc.compile(source());
    found.put("firstCompileMillis", (System.nanoTime() - start) / 1e6);
    start = System.nanoTime();
    nvrtc.compile(source());
    found.put("secondCompileMillis", (System.nanoTime() - start) / 1e6);
    found.put("imageBytes", compiled.image().length);
    found.put("compileError", compileError(nvrtc));
    try (CudaStream stream = new CudaStream(context, "probe");
        CudaModule module = new CudaModule(context, compiled);
        DeviceMemory x = new DeviceMemory(context, "x", 4L * N);
        DeviceMemory y = new DeviceMemory(context, "y", 4L * N);
        PinnedMemory page = new PinnedMemory(context, "arguments", 4096)) {
      KernelArguments arguments = new KernelArguments(page, 0, 8, 8, 4, 4);
      arguments.set(0, x, 0);
      arguments.set(1, y, 0);
      arguments.set(2, 1.1f);
      arguments.set(3, N);
      found.put("axpyWrong", axpy(module.kernel("axpy"), stream, x, y, arguments));
      CudaKernel nothing = module.kernel("nothing");
      CudaKernel.Extent one = CudaKernel.Extent.linear(1, 32);
      found.put(
          "launchNativeBlockMicros",
          DeviceClock.hostMicros(
              stream::synchronize, LAUNCHES, () -> nothing.launch(stream, one, arguments)));
      found.put("launchPointerGraphMicros", pointerGraph(nothing));
    }
  }

  private static int axpy(
      CudaKernel kernel, CudaStream stream, DeviceMemory x, DeviceMemory y, KernelArguments args) {
    float[] hx = new float[N];
    float[] hy = new float[N];
    for (int i = 0; i < N; i++) {
      hx[i] = (float) Math.sin(i);
      hy[i] = (float) Math.cos(3 * i);
    }
    x.upload(0, hx);
    y.upload(0, hy);
    kernel.launch(stream, CudaKernel.Extent.linear(N, 256), args, "x [" + N + "]");
    stream.synchronize();
    float[] got = new float[N];
    y.download(0, got);
    int wrong = 0;
    for (int i = 0; i < N; i++) {
      wrong +=
          Float.floatToRawIntBits(got[i]) == Float.floatToRawIntBits(1.1f * hx[i] + hy[i]) ? 0 : 1;
    }
    if (wrong > 0) {
      throw new IllegalStateException(wrong + " of " + N + " elements are not bit-equal to Java's");
    }
    return wrong;
  }

  /** Returns the microseconds of a launch without {@link KernelArguments}, on a separate stream. */
  private static double pointerGraph(CudaKernel kernel) {
    CUstream s = new CUstream();
    JCudaDriver.cuStreamCreate(s, 1);
    double us =
        DeviceClock.hostMicros(
            () -> JCudaDriver.cuStreamSynchronize(s),
            LAUNCHES,
            () -> {
              NativePointerObject[] values = {
                Pointer.to(new long[1]),
                Pointer.to(new long[1]),
                Pointer.to(new float[1]),
                Pointer.to(new int[1])
              };
              JCudaDriver.cuLaunchKernel(
                  kernel.handle(), 1, 1, 1, 32, 1, 1, 0, s, Pointer.to(values), null);
            });
    JCudaDriver.cuStreamDestroy(s);
    return us;
  }

  private static String compileError(Nvrtc nvrtc) {
    try {
      nvrtc.compile(
          new Nvrtc.Source(
              "bad.cu",
              "extern \"C\" __global__ void f(int* p) {\n  p[0] = oops;\n}\n",
              new TreeMap<>(),
              List.of(),
              List.of()));
      throw new IllegalStateException("a source with an undefined name compiled");
    } catch (CudaFailure expected) {
      return expected.getMessage();
    }
  }
}
