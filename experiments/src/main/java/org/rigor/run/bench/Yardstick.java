// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.loading.CudaLibraries;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.ir.Program;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * What this machine was measured to reach, from which floors are computed: a copy and products of
 * both types. On a GPU without the engine (driver and cuBLAS); on the CPU a plain copy by all
 * threads, and the engine's own products, since no other library is there.
 */
final class Yardstick {
  /** GB/s of a copy, each byte read and written. */
  static final String COPY = "copyGBs";

  static final String F32 = "f32TFLOPs";
  static final String F64 = "f64TFLOPs";

  private Yardstick() {}

  /** Side of the large product of this session. */
  static int side(Session s) {
    return s.kind().equals("cpu") ? s.size(1024, 256) : s.size(8192, 32);
  }

  static void measure(Session s) {
    Map<String, Object> found = new LinkedHashMap<>();
    if (s.kind().equals("cpu")) {
      found.put(COPY, copy(s));
      try (Device device = Device.open("cpu")) {
        found.put(F32, product(device, DType.F32, side(s), s.seconds() / 2));
        found.put(F64, product(device, DType.F64, side(s), s.seconds() / 2));
      }
    } else {
      direct(s, found);
    }
    s.records().add("yardstick", found);
  }

  private static void direct(Session s, Map<String, Object> found) {
    CudaLibraries libraries =
        s.kind().equals("emulated") ? Emulator.load() : CudaLibraries.machine();
    Map<String, Object> details = new LinkedHashMap<>();
    try (CudaContext context = CudaContext.open(libraries, 0)) {
      CopyProbe.run(context, details);
      ProductProbe.run(context, details);
    }
    found.put(COPY, details.get("deviceToDeviceGBs"));
    found.put(F32, largest(details, "F32 1x"));
    found.put(F64, largest(details, "F64 1x"));
    found.putAll(details);
  }

  private static double largest(Map<String, Object> details, String prefix) {
    return details.entrySet().stream()
        .filter(e -> e.getKey().startsWith(prefix))
        .mapToDouble(e -> (double) e.getValue())
        .max()
        .orElse(Double.NaN);
  }

  /** All threads copy 32 MiB each, which no cache holds; the reduced size may stay in one. */
  private static double copy(Session s) {
    int n = s.size(1 << 23, 1 << 20);
    int threads = Runtime.getRuntime().availableProcessors();
    float[][] from = new float[threads][n];
    float[][] to = new float[threads][n];
    Stopwatch.Times t =
        Stopwatch.time(
            s.seconds() / 2,
            run -> {
              Thread[] all = new Thread[threads];
              for (int i = 0; i < threads; i++) {
                int own = i;
                all[i] = new Thread(() -> System.arraycopy(from[own], 0, to[own], 0, n));
                all[i].start();
              }
              join(all);
            });
    return 8.0 * n * threads / t.least() / 1e6;
  }

  private static void join(Thread[] threads) {
    try {
      for (Thread t : threads) {
        t.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while copying", e);
    }
  }

  private static double product(Device device, DType type, int n, double seconds) {
    Shape shape = Shape.of(1, n, n);
    Program.Builder b = Program.builder("yardstick");
    TensorType t = new TensorType(type, shape);
    Program p = b.output("y", F.matmul(b.input("a", t), b.input("b", t))).build();
    HostTensor x = HostTensor.of(shape, KernelWork.pattern(shape));
    try (Executable e = device.compile(p)) {
      e.input("a").write(type == DType.F64 ? x.toDouble() : x);
      e.input("b").write(type == DType.F64 ? x.toDouble() : x);
      // Long enough for the compiler to finish with the product's loops.
      double ms = Stopwatch.time(Math.max(1, seconds), run -> e.run(), 1000).least();
      return 2.0 * n * n * n / ms / 1e9;
    }
  }
}
