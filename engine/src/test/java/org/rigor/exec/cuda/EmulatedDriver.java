// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static jcuda.driver.JCudaDriver.cuCtxCreate;
import static jcuda.driver.JCudaDriver.cuCtxSetLimit;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuGetErrorString;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;

/** JCuda on the emulator with return codes instead of exceptions, for EmulatorTest. */
final class EmulatedDriver implements AutoCloseable {
  static final int FORWARD = 0;
  static final int REVERSED = 1;
  static final int RANDOM = 2;
  private static final int LIMIT_SCHEDULE = 0x52490001;
  private static final int LIMIT_DEFERRED = 0x52490002;
  private static final int LIMIT_MEMORY_MIB = 0x52490003;

  private final List<CUdeviceptr> allocated = new ArrayList<>();

  /** Builds and loads the three libraries, once for the JVM. */
  static synchronized void start() throws IOException, InterruptedException {
    Path out = Path.of("target", "emulator").toAbsolutePath();
    Path script = Path.of("..", "kernels", "emulator", "build.sh").toAbsolutePath();
    Process build =
        new ProcessBuilder("sh", script.toString(), out.toString()).inheritIO().start();
    if (build.waitFor() != 0) {
      throw new IOException("building the emulator failed with status " + build.exitValue());
    }
    for (String lib : List.of("libcuda.so.1", "libnvrtc.so.12", "libcublas.so.12")) {
      System.load(out.resolve(lib).toString());
    }
    cuInit(0);
    CUdevice device = new CUdevice();
    cuDeviceGet(device, 0);
    cuCtxCreate(new CUcontext(), 0, device);
  }

  static void schedule(int kind, int seed) {
    check(cuCtxSetLimit(LIMIT_SCHEDULE, kind + 256L * seed));
  }

  static void deferred(boolean on) {
    check(cuCtxSetLimit(LIMIT_DEFERRED, on ? 1 : 0));
  }

  static void memoryMib(long mib) {
    check(cuCtxSetLimit(LIMIT_MEMORY_MIB, mib));
  }

  /** Back to the defaults, and frees what {@link #upload} and {@link #allocate} gave. */
  @Override
  public void close() {
    deferred(false);
    memoryMib(0);
    schedule(FORWARD, 0);
    for (CUdeviceptr p : allocated) {
      cuMemFree(p);
    }
    allocated.clear();
  }

  static String errorText(int code) {
    String[] text = new String[1];
    cuGetErrorString(code, text);
    return text[0];
  }

  static void check(int code) {
    if (code != 0) {
      throw new AssertionError("driver error " + code + ": " + errorText(code));
    }
  }

  CUdeviceptr allocate(long bytes) {
    CUdeviceptr p = new CUdeviceptr();
    check(cuMemAlloc(p, bytes));
    allocated.add(p);
    return p;
  }

  CUdeviceptr upload(float... values) {
    CUdeviceptr p = allocate(4L * values.length);
    check(cuMemcpyHtoD(p, Pointer.to(values), 4L * values.length));
    return p;
  }

  CUdeviceptr upload(double... values) {
    CUdeviceptr p = allocate(8L * values.length);
    check(cuMemcpyHtoD(p, Pointer.to(values), 8L * values.length));
    return p;
  }

  static float[] floats(CUdeviceptr p, int count) {
    float[] values = new float[count];
    check(cuMemcpyDtoH(Pointer.to(values), p, 4L * count));
    return values;
  }

  static int[] ints(CUdeviceptr p, int count) {
    int[] values = new int[count];
    check(cuMemcpyDtoH(Pointer.to(values), p, 4L * count));
    return values;
  }

  static double[] doubles(CUdeviceptr p, int count) {
    double[] values = new double[count];
    check(cuMemcpyDtoH(Pointer.to(values), p, 8L * count));
    return values;
  }

  /** What NVRTC answered. */
  record Compilation(int result, String log, byte[] image, String ptx, List<String> lowered) {}

  static Compilation compile(
      String source, String name, List<String> options, List<String> nameExpressions) {
    return compile(source, name, options, nameExpressions, new String[0], new String[0]);
  }

  static Compilation compile(
      String source,
      String name,
      List<String> options,
      List<String> nameExpressions,
      String[] headers,
      String[] includeNames) {
    nvrtcProgram program = new nvrtcProgram();
    JNvrtc.nvrtcCreateProgram(program, source, name, headers.length, headers, includeNames);
    nameExpressions.forEach(e -> JNvrtc.nvrtcAddNameExpression(program, e));
    String[] given = options.toArray(String[]::new);
    int result = JNvrtc.nvrtcCompileProgram(program, given.length, given);
    String[] log = new String[1];
    JNvrtc.nvrtcGetProgramLog(program, log);
    byte[] image = null;
    String[] ptx = new String[1];
    List<String> lowered = new ArrayList<>();
    if (result == 0) {
      long[] size = new long[1];
      JNvrtc.nvrtcGetCUBINSize(program, size);
      image = new byte[(int) size[0]];
      JNvrtc.nvrtcGetCUBIN(program, image);
      JNvrtc.nvrtcGetPTX(program, ptx);
      for (String e : nameExpressions) {
        String[] one = new String[1];
        JNvrtc.nvrtcGetLoweredName(program, e, one);
        lowered.add(one[0]);
      }
    }
    JNvrtc.nvrtcDestroyProgram(program);
    return new Compilation(result, log[0], image, ptx[0], lowered);
  }

  static CUmodule load(Compilation compiled) {
    if (compiled.result() != 0) {
      throw new AssertionError(compiled.log());
    }
    CUmodule module = new CUmodule();
    check(cuModuleLoadData(module, compiled.image()));
    return module;
  }

  static CUfunction function(CUmodule module, String name) {
    CUfunction f = new CUfunction();
    check(cuModuleGetFunction(f, module, name));
    return f;
  }

  /** Parameters of a kernel: device pointers, ints, floats, longs. */
  static Pointer params(Object... values) {
    NativePointerObject[] list = new NativePointerObject[values.length];
    for (int i = 0; i < values.length; i++) {
      Object v = values[i];
      if (v instanceof Integer n) {
        list[i] = Pointer.to(new int[] {n});
      } else if (v instanceof Long n) {
        list[i] = Pointer.to(new long[] {n});
      } else if (v instanceof Float x) {
        list[i] = Pointer.to(new float[] {x});
      } else {
        list[i] = Pointer.to((NativePointerObject) v);
      }
    }
    return Pointer.to(list);
  }

  static int launch(CUfunction f, int blocks, int threads, int shared, Object... values) {
    return launchOn(null, f, blocks, threads, shared, values);
  }

  static int launchOn(
      CUstream stream, CUfunction f, int blocks, int threads, int shared, Object... values) {
    return cuLaunchKernel(
        f, blocks, 1, 1, threads, 1, 1, shared, stream, params(values), null);
  }

  /** The folder of compiled modules. */
  static Path cache() {
    return Path.of("target", "emulator", "cache");
  }

  static boolean hasCompiler() {
    for (String dir : System.getenv().getOrDefault("PATH", "").split(":")) {
      if (Files.isExecutable(Path.of(dir, "g++"))) {
        return true;
      }
    }
    return false;
  }
}
