// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.util.Map;
import java.util.SplittableRandom;
import org.rigor.exec.cuda.driver.Cublas;
import org.rigor.exec.cuda.driver.Cublas.Operand;
import org.rigor.exec.cuda.driver.Cublas.Precision;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;

/** A probe of matrix products against double on the host. */
final class GemmProbe {
  private static final int SIZE = 1024;

  private GemmProbe() {}

  static void check(CudaContext context, Map<String, Object> found) {
    int size = context.libraries().emulated() ? 128 : SIZE;
    try (CudaStream stream = new CudaStream(context, "products");
        Cublas blas = new Cublas(stream)) {
      found.put("cublas", blas.version());
      // Tolerances relative to sum |a b|: gamma_k of float, of a 10-bit mantissa, of double.
      compare(
          stream, blas, Precision.F32, size, size, size, 1, false, false, size * 0x1p-24, found);
      compare(stream, blas, Precision.TF32, size, size, size, 1, false, false, 0x1p-9, found);
      for (boolean ta : new boolean[] {false, true}) {
        for (boolean tb : new boolean[] {false, true}) {
          compare(stream, blas, Precision.F32, 33, 65, 70, 5, ta, tb, 70 * 0x1p-24, found);
          compare(stream, blas, Precision.F64, 33, 65, 70, 5, ta, tb, 70 * 0x1p-53, found);
        }
      }
    }
  }

  private static void compare(
      CudaStream stream,
      Cublas blas,
      Precision p,
      int m,
      int n,
      int k,
      int batch,
      boolean ta,
      boolean tb,
      double tolerance,
      Map<String, Object> found) {
    boolean wide = p == Precision.F64;
    double[] a = random(1, batch * m * k);
    double[] b = random(2, batch * k * n);
    int bytes = wide ? 8 : 4;
    double[] c = new double[batch * m * n];
    try (DeviceMemory da = new DeviceMemory(stream.context(), "a", (long) bytes * a.length);
        DeviceMemory db = new DeviceMemory(stream.context(), "b", (long) bytes * b.length);
        DeviceMemory dc = new DeviceMemory(stream.context(), "c", (long) bytes * c.length)) {
      put(da, a, wide);
      put(db, b, wide);
      blas.gemm(
          p,
          m,
          n,
          k,
          new Operand(da, 0, ta ? m : k, (long) m * k, ta),
          new Operand(db, 0, tb ? k : n, (long) k * n, tb),
          new Operand(dc, 0, n, (long) m * n, false),
          batch,
          false);
      stream.synchronize();
      get(dc, c, wide);
    }
    double worst = 0;
    for (int e = 0; e < batch; e++) {
      for (int i = 0; i < m; i += Math.max(1, m / 64)) {
        for (int j = 0; j < n; j++) {
          double sum = 0;
          double size = 0;
          for (int q = 0; q < k; q++) {
            double x = a[e * m * k + (ta ? q * m + i : i * k + q)];
            double y = b[e * k * n + (tb ? j * k + q : q * n + j)];
            sum += x * y;
            size += Math.abs(x * y);
          }
          worst = Math.max(worst, Math.abs(sum - c[e * m * n + i * n + j]) / size);
        }
      }
    }
    String name =
        p + (ta ? "T" : "N") + (tb ? "T" : "N") + " " + batch + "x" + m + "x" + n + "x" + k;
    found.put(name, worst);
    if (!(worst <= tolerance)) {
      throw new IllegalStateException(name + ": relative error " + worst + " over " + tolerance);
    }
  }

  private static double[] random(long seed, int n) {
    SplittableRandom random = new SplittableRandom(seed);
    // Use values exact in float, so that the double reference sees the same operands.
    return random.doubles(n).map(v -> (float) (v - 0.5)).toArray();
  }

  private static void put(DeviceMemory to, double[] from, boolean wide) {
    if (wide) {
      to.upload(0, from);
    } else {
      to.upload(0, floats(from));
    }
  }

  private static void get(DeviceMemory from, double[] to, boolean wide) {
    if (wide) {
      from.download(0, to);
    } else {
      float[] narrow = new float[to.length];
      from.download(0, narrow);
      for (int i = 0; i < to.length; i++) {
        to[i] = narrow[i];
      }
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
