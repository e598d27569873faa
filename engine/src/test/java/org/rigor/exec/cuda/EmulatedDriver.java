// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static jcuda.driver.JCudaDriver.cuCtxCreate;
import static jcuda.driver.JCudaDriver.cuCtxDestroy;
import static jcuda.driver.JCudaDriver.cuCtxSetLimit;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuGetErrorString;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import org.rigor.cache.CacheFolder;
import org.rigor.exec.cuda.loading.Emulator;

/** JCuda on the emulator with return codes instead of exceptions, for EmulatorTest. */
final class EmulatedDriver implements AutoCloseable {
  static final int FORWARD = 0;
  static final int REVERSED = 1;
  static final int RANDOM = 2;
  private static final int LIMIT_SCHEDULE = 0x52490001;
  private static final int LIMIT_DEFERRED = 0x52490002;
  private static final int LIMIT_MEMORY_MIB = 0x52490003;

  private final List<CUdeviceptr> allocated = new ArrayList<>();

  private static final CUcontext CONTEXT = new CUcontext();
  private static boolean started;

  /** Loads the emulator and makes a context current; demanded of CI, else skipped without g++. */
  static void start() {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    Emulator.load();
    started = true;
    exceptions(false);
    CUdevice device = new CUdevice();
    check(cuDeviceGet(device, 0));
    check(cuCtxCreate(CONTEXT, 0, device));
  }

  /** Leaves the thread and JCuda as they were. */
  static void stop() {
    if (started) {
      cuCtxDestroy(CONTEXT);
      exceptions(true);
    }
  }

  private static void exceptions(boolean on) {
    JCudaDriver.setExceptionsEnabled(on);
    JNvrtc.setExceptionsEnabled(on);
    JCublas2.setExceptionsEnabled(on);
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
    return cuLaunchKernel(f, blocks, 1, 1, threads, 1, 1, shared, stream, params(values), null);
  }

  /** The files in the emulator's cache of compiled modules. */
  static List<Path> cachedModules() throws IOException {
    try (Stream<Path> files = Files.walk(CacheFolder.root().resolve("emulator"))) {
      return files.filter(f -> f.toString().endsWith(".module")).toList();
    }
  }
}
