// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.loading.CudaLibraries;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.ir.Program;
import org.rigor.linalg.Gemms;
import org.rigor.linalg.VectorGemm;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The measured rates of this machine, from which floors follow: a copy and products of both types.
 * On a GPU they bypass the engine (driver and cuBLAS); on the CPU they are a plain copy by all
 * threads and the engine's own products, for want of another library.
 */
final class Yardstick {
  /** GB/s of a copy; each byte counts as read and written. */
  static final String COPY = "copyGBs";

  static final String F32 = "f32TFLOPs";
  static final String F64 = "f64TFLOPs";

  /** Why no floor follows from the yardstick, if none does. */
  static final String REFUSED = "refused";

  /** Behind a rate's name: the cores that were busy with it. */
  static final String CORES = "Cores";

  private static final double LEAST_SECONDS = 3;
  private static final long CORES_NANOS = 200_000_000;

  private Yardstick() {}

  /** Returns the side of this session's large product. */
  static int side(Session s) {
    return s.kind().equals("cpu") ? s.size(1024, 256) : s.size(8192, 32);
  }

  static void measure(Session s) {
    Map<String, Object> found = new LinkedHashMap<>();
    if (s.kind().equals("cpu")) {
      processor(s, found);
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

  /** Measures copies and products in turn, as warm as the works compared with them. */
  private static void processor(Session s, Map<String, Object> found) {
    int n = side(s);
    int floats = s.size(1 << 23, 1 << 20);
    int threads = Runtime.getRuntime().availableProcessors();
    // Before it is compiled the vector product is the scalar one, twenty times slower: a floor from
    // it would lie above the times of later works.
    if (Gemms.open("auto").gemm() instanceof VectorGemm vectors) {
      vectors.awaitReady();
    }
    try (Device device = Device.open("cpu");
        Executable narrow = product(device, DType.F32, n);
        Executable wide = product(device, DType.F64, n)) {
      List<Runnable> works = List.of(copy(threads, floats), narrow::run, wide::run);
      double[] ms =
          Rounds.medians(
              Math.max(LEAST_SECONDS, 2 * s.seconds()),
              System::nanoTime,
              works.stream().map(Yardstick::timed).toList());
      found.put(COPY, 8.0 * floats * threads / ms[0] / 1e6);
      found.putAll(rates(2.0 * n * n * n, ms[1], ms[2]));
      found.put(COPY + CORES, cores(works.get(0)));
      found.put(F32 + CORES, cores(works.get(1)));
      found.put(F64 + CORES, cores(works.get(2)));
    }
  }

  /**
   * Returns the rates of both products. Double can compute a product of floats, so a float product
   * slower than the double one means that the machine was disturbed and no floor is known.
   *
   * @param operations of one product
   * @param narrowMs milliseconds of the float product
   * @param wideMs milliseconds of the double product
   */
  static Map<String, Object> rates(double operations, double narrowMs, double wideMs) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put(F32, operations / narrowMs / 1e9);
    out.put(F64, operations / wideMs / 1e9);
    if (wideMs < narrowMs) {
      out.put(
          REFUSED,
          String.format(
              Locale.ROOT,
              "a product of doubles took %.4g ms, one of floats %.4g ms",
              wideMs,
              narrowMs));
    }
    return out;
  }

  /**
   * Returns the cores that a warm work kept busy: fewer than the machine has mean that the work
   * leaves some idle, or that other programs took them and its rate is too low.
   */
  private static double cores(Runnable work) {
    var process =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long start = System.nanoTime();
    long used = process.getProcessCpuTime();
    while (System.nanoTime() - start < CORES_NANOS) {
      work.run();
    }
    return (process.getProcessCpuTime() - used) / (double) (System.nanoTime() - start);
  }

  private static DoubleSupplier timed(Runnable work) {
    return () -> {
      long start = System.nanoTime();
      work.run();
      return (System.nanoTime() - start) / 1e6;
    };
  }

  /**
   * Returns a copy of 32 MiB by each thread, which no cache holds; the reduced size may fit in one.
   */
  private static Runnable copy(int threads, int n) {
    float[][] from = new float[threads][n];
    float[][] to = new float[threads][n];
    return () -> {
      Thread[] all = new Thread[threads];
      for (int i = 0; i < threads; i++) {
        int own = i;
        all[i] = new Thread(() -> System.arraycopy(from[own], 0, to[own], 0, n));
        all[i].start();
      }
      join(all);
    };
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

  private static Executable product(Device device, DType type, int n) {
    Shape shape = Shape.of(1, n, n);
    Program.Builder b = Program.builder("yardstick");
    TensorType t = new TensorType(type, shape);
    Program p = b.output("y", F.matmul(b.input("a", t), b.input("b", t))).build();
    HostTensor x = HostTensor.of(shape, KernelWork.pattern(shape));
    Executable e = device.compile(p);
    e.input("a").write(type == DType.F64 ? x.toDouble() : x);
    e.input("b").write(type == DType.F64 ? x.toDouble() : x);
    return e;
  }
}
