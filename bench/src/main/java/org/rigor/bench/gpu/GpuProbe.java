// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.cuda.CudaDoctor;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.loading.Check;
import org.rigor.exec.cuda.loading.CudaLibraries;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.run.bench.CopyProbe;
import org.rigor.run.bench.ProductProbe;

/**
 * Checks and timings of the CUDA layer on a real device: loading, compiling, launching, products,
 * graph replay. They go into one JSON file; steps are independent, so one failure does not hide the
 * others. Exit status 1 if a step failed, 3 if CUDA cannot be used.
 */
public final class GpuProbe {
  private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

  /** One step of the probe; it stores its findings by name. */
  interface Step {
    void run(Map<String, Object> found);
  }

  private final Map<String, Object> report = new LinkedHashMap<>();
  private final Path file;
  private int failures;

  private GpuProbe(Path file) {
    this.file = file;
  }

  /** Runs the probe. Arguments: the JSON file to write, and optionally {@code emulator}. */
  public static void main(String[] args) throws IOException {
    GpuProbe probe = new GpuProbe(Path.of(args[0]));
    System.exit(probe.run(args.length > 1 && args[1].equals("emulator")));
  }

  private int run(boolean emulated) throws IOException {
    report.put("date", Instant.now().toString());
    report.put("java", Runtime.version().toString());
    long start = System.nanoTime();
    if (!emulated) {
      List<Check> checks = CudaDoctor.examine();
      checks.forEach(check -> System.out.println(check.line()));
      report.put("doctor", checks);
      report.put("doctorSeconds", (System.nanoTime() - start) / 1e9);
    }
    CudaLibraries libraries;
    try {
      libraries = emulated ? Emulator.load() : CudaLibraries.machine();
    } catch (RuntimeException e) {
      System.out.println(e.getMessage());
      report.put("error", e.getMessage());
      write();
      return 3;
    }
    try (CudaContext context = CudaContext.open(libraries, 0)) {
      Map<String, Object> device = new LinkedHashMap<>();
      device.put("name", context.name());
      device.put("emulated", libraries.emulated());
      device.put("computeCapability", context.capability());
      device.put("driverCuda", libraries.driverVersion());
      device.put("nvrtc", libraries.nvrtcVersion());
      device.put("totalMemoryBytes", context.totalMemory());
      report.put("device", device);
      step("kernels", found -> KernelProbe.run(context, found));
      step("products", found -> GemmProbe.check(context, found));
      step("graph", found -> GraphProbe.run(context, found));
      step("copy", found -> CopyProbe.run(context, found));
      step("productSpeed", found -> ProductProbe.run(context, found));
    }
    report.put("seconds", (System.nanoTime() - start) / 1e9);
    report.put("failures", failures);
    write();
    return failures == 0 ? 0 : 1;
  }

  private void step(String name, Step step) throws IOException {
    Map<String, Object> found = new LinkedHashMap<>();
    report.put(name, found);
    try {
      step.run(found);
    } catch (RuntimeException e) {
      failures++;
      found.put("error", e.toString());
      e.printStackTrace();
    }
    System.out.println(name + " " + found);
    write();
  }

  private void write() throws IOException {
    Files.writeString(file, JSON.toJson(report) + System.lineSeparator());
  }
}
