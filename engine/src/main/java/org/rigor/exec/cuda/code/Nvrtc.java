// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import jcuda.CudaException;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import org.rigor.exec.cuda.driver.CompiledKernels;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.loading.CudaCache;
import org.rigor.exec.cuda.loading.CudaFailure;
import org.rigor.exec.cuda.loading.CudaLibraries;

/** Compiler of CUDA C++ for one device, through the kernel cache. Thread-safe. */
public final class Nvrtc {
  /** Options of every kernel; without contraction, fma occurs only where the source says so. */
  private static final List<String> OPTIONS = List.of("--std=c++17", "--fmad=false");

  /**
   * A translation unit.
   *
   * @param name its name in messages
   * @param text CUDA C++
   * @param headers contents of its {@code #include}s by name; no others resolve
   * @param options NVRTC options besides architecture, C++17 and {@code --fmad=false}
   * @param expressions names of template instances to compile, as a launch would write them
   */
  public record Source(
      String name,
      String text,
      SortedMap<String, String> headers,
      List<String> options,
      List<String> expressions) {}

  private final boolean emulated;
  private final String architecture;
  private final String version;
  private final KernelCache cache;

  /** Creates a compiler for a device, with the cache in the user's cache folder. */
  public Nvrtc(CudaContext context) {
    this(context, new KernelCache(CudaCache.folder("kernels")));
  }

  public Nvrtc(CudaContext context, KernelCache cache) {
    this(
        context.libraries().emulated(),
        context.capability(),
        CudaLibraries.text(context.libraries().nvrtcVersion()),
        cache);
  }

  /**
   * Creates a compiler for any device, present or not.
   *
   * @param emulated whether NVRTC is the emulator's, which has a separate cache
   * @param capability ten times the major compute capability plus the minor
   */
  public Nvrtc(boolean emulated, int capability, String version, KernelCache cache) {
    this.emulated = emulated;
    this.architecture = "sm_" + capability;
    this.version = version;
    this.cache = cache;
  }

  /**
   * Compiles a source, or returns it from the cache.
   *
   * @throws CudaFailure with NVRTC's log and the numbered source if it does not compile
   */
  public CompiledKernels compile(Source source) {
    List<String> options = new ArrayList<>(OPTIONS);
    options.add("--gpu-architecture=" + architecture);
    options.addAll(source.options());
    if (emulated) {
      // The emulator has its own cache, keyed by compiler and processor.
      return build(source, options);
    }
    return cache.get(
        KernelCache.key(version, options, source), source.name(), () -> build(source, options));
  }

  private CompiledKernels build(Source source, List<String> options) {
    nvrtcProgram program = new nvrtcProgram();
    String[] names = source.headers().keySet().toArray(new String[0]);
    String[] texts = source.headers().values().toArray(new String[0]);
    CudaFailure.call(
        "creating an NVRTC program for " + source.name(),
        () ->
            JNvrtc.nvrtcCreateProgram(
                program, source.text(), source.name(), names.length, texts, names));
    try {
      for (String expression : source.expressions()) {
        CudaFailure.call(
            "adding '" + expression + "' to " + source.name(),
            () -> JNvrtc.nvrtcAddNameExpression(program, expression));
      }
      compile(program, source, options);
      Map<String, String> lowered = new LinkedHashMap<>();
      String[] symbol = new String[1];
      for (String expression : source.expressions()) {
        CudaFailure.call(
            "looking up '" + expression + "' in " + source.name(),
            () -> JNvrtc.nvrtcGetLoweredName(program, expression, symbol));
        lowered.put(expression, symbol[0]);
      }
      return new CompiledKernels(source.name(), image(program, source.name()), lowered);
    } finally {
      JNvrtc.nvrtcDestroyProgram(program);
    }
  }

  private static void compile(nvrtcProgram program, Source source, List<String> options) {
    try {
      JNvrtc.nvrtcCompileProgram(program, options.size(), options.toArray(new String[0]));
    } catch (CudaException e) {
      String[] log = new String[1];
      JNvrtc.nvrtcGetProgramLog(program, log);
      throw new CudaFailure(
          "compiling "
              + source.name()
              + " "
              + options
              + " failed with "
              + e.getMessage()
              + ":\n"
              + log[0].strip()
              + "\n"
              + numbered(source.text()),
          e.getMessage(),
          e);
    }
  }

  private static byte[] image(nvrtcProgram program, String name) {
    long[] size = new long[1];
    CudaFailure.call("reading " + name, () -> JNvrtc.nvrtcGetCUBINSize(program, size));
    byte[] image = new byte[Math.toIntExact(size[0])];
    CudaFailure.call("reading " + name, () -> JNvrtc.nvrtcGetCUBIN(program, image));
    return image;
  }

  /** Returns the source with line numbers, as the log counts them. */
  static String numbered(String text) {
    StringBuilder out = new StringBuilder();
    int n = 1;
    for (String line : text.split("\n", -1)) {
      out.append(String.format("%4d  %s%n", n++, line));
    }
    return out.toString();
  }
}
