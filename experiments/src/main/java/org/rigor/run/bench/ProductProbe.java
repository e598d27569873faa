// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.Map;
import java.util.SplittableRandom;
import org.rigor.exec.cuda.driver.Cublas;
import org.rigor.exec.cuda.driver.Cublas.Operand;
import org.rigor.exec.cuda.driver.Cublas.Precision;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;

/** A probe of the speed of cuBLAS called directly. */
public final class ProductProbe {
  private static final int LARGE = 8192;

  private ProductProbe() {}

  /** Adds one entry {@code "TYPE BATCHxSIDE TFLOP/s"} per product. */
  public static void run(CudaContext context, Map<String, Object> found) {
    boolean emulated = context.libraries().emulated();
    int large = emulated ? 256 : LARGE;
    try (CudaStream stream = new CudaStream(context, "products");
        Cublas blas = new Cublas(stream)) {
      time(stream, blas, Precision.F32, large, 1, 3, found);
      time(stream, blas, Precision.TF32, large, 1, 3, found);
      time(stream, blas, Precision.F64, large / 2, 1, 3, found);
      // A pack of small models: one layer of 1,024 networks at a batch of 128.
      time(stream, blas, Precision.F32, 128, emulated ? 4 : 1024, 10, found);
      time(stream, blas, Precision.TF32, 128, emulated ? 4 : 1024, 10, found);
    }
  }

  private static void time(
      CudaStream stream,
      Cublas blas,
      Precision p,
      int n,
      int batch,
      int count,
      Map<String, Object> found) {
    long elements = (long) n * n * batch;
    long bytes = elements * (p == Precision.F64 ? 8 : 4);
    try (DeviceMemory a = new DeviceMemory(stream.context(), "a", bytes);
        DeviceMemory b = new DeviceMemory(stream.context(), "b", bytes);
        DeviceMemory c = new DeviceMemory(stream.context(), "c", bytes)) {
      // Repeat one random block: zeros would run faster than data.
      int block = Math.toIntExact(Math.min(elements, 1 << 20));
      double[] data = new SplittableRandom(3).doubles(block).map(v -> v - 0.5).toArray();
      boolean wide = p == Precision.F64;
      for (DeviceMemory x : new DeviceMemory[] {a, b}) {
        float[] narrow = wide ? null : floats(data);
        for (long at = 0; at < elements; at += data.length) {
          if (wide) {
            x.upload(8 * at, data);
          } else {
            x.upload(4 * at, narrow);
          }
        }
      }
      long stride = (long) n * n;
      double ms =
          DeviceClock.deviceMillis(
              stream.context(),
              stream,
              count,
              () ->
                  blas.gemm(
                      p,
                      n,
                      n,
                      n,
                      new Operand(a, 0, n, stride, false),
                      new Operand(b, 0, n, stride, false),
                      new Operand(c, 0, n, stride, false),
                      batch,
                      false));
      found.put(p + " " + batch + "x" + n + " TFLOP/s", 2.0 * n * n * n * batch / ms / 1e9);
    }
  }

  private static float[] floats(double[] from) {
    float[] to = new float[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = (float) from[i];
    }
    return to;
  }
}
