// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.rigor.linalg.Gemm;
import org.rigor.linalg.GemmShape;
import org.rigor.linalg.Gemms;
import org.rigor.linalg.VectorGemm;

/** One float product of our own providers, on one thread. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
public class GemmBenchmark {

  /** Extents m x n x k, with {@code t} before an operand stored transposed. */
  @Param({
    "512x512x512",
    "1024x1024x1024",
    "128x128x64",
    "128xt128x64",
    "t64x128x128",
    "128x10x128"
  })
  public String shape;

  /** Provider. */
  @Param({"vector", "scalar", "ejml"})
  public String provider;

  private Gemm gemm;
  private GemmShape product;
  private float[] a;
  private float[] b;
  private float[] c;

  /** Opens the provider, waits until it is warm and fills the operands. */
  @Setup
  public void open() {
    String[] extents = shape.split("x");
    int m = Integer.parseInt(extents[0].replace("t", ""));
    int n = Integer.parseInt(extents[1].replace("t", ""));
    int k = Integer.parseInt(extents[2]);
    product = GemmShape.of(m, n, k).transposed(shape.startsWith("t"), extents[1].startsWith("t"));
    gemm = Gemms.open(provider).gemm();
    if (gemm instanceof VectorGemm vector) {
      vector.awaitReady();
    }
    a = Operands.random(1, m * k);
    b = Operands.random(2, k * n);
    c = new float[m * n];
  }

  /** Runs the product. */
  @Benchmark
  public float[] multiply() {
    gemm.run(product, a, 0, b, 0, c, 0);
    return c;
  }

  /** Random operands. */
  static final class Operands {
    private Operands() {}

    static float[] random(long seed, int length) {
      Random random = new Random(seed);
      float[] x = new float[length];
      for (int i = 0; i < length; i++) {
        x[i] = random.nextFloat() - 0.5f;
      }
      return x;
    }
  }
}
