// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.peers;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.rigor.bench.GemmPeer;

/** OpenBLAS through the bytedeco presets, operands off the heap so that nothing is copied. */
public final class OpenBlas implements GemmPeer {

  /** Loads the native library. */
  public OpenBlas() {
    Loader.load(openblas.class);
  }

  @Override
  public String name() {
    return "OpenBLAS";
  }

  @Override
  public void threads(int count) {
    blas_set_num_threads(count);
  }

  @Override
  public Products prepare(int count, int m, int n, int k, float[] a, float[] b) {
    FloatPointer[] as = slices(new FloatPointer(a), count, m * k);
    FloatPointer[] bs = slices(new FloatPointer(b), count, k * n);
    FloatPointer c = new FloatPointer((long) count * m * n);
    FloatPointer[] cs = slices(c, count, m * n);
    return new Products() {
      @Override
      public void run(int from, int to) {
        for (int t = from; t < to; t++) {
          cblas_sgemm(
              CblasRowMajor,
              CblasNoTrans,
              CblasNoTrans,
              m,
              n,
              k,
              1f,
              as[t],
              k,
              bs[t],
              n,
              0f,
              cs[t],
              n);
        }
      }

      @Override
      public float[] result() {
        float[] out = new float[count * m * n];
        c.get(out);
        return out;
      }
    };
  }

  private static FloatPointer[] slices(FloatPointer base, int count, int length) {
    FloatPointer[] slices = new FloatPointer[count];
    for (int t = 0; t < count; t++) {
      slices[t] = new FloatPointer(base).position((long) t * length);
    }
    return slices;
  }
}
