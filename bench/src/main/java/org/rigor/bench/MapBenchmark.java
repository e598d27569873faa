// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.rigor.exec.codegen.LoopCompiler;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;
import org.rigor.ir.fn.Functions;
import org.rigor.linalg.VectorGemm;

/** Nanoseconds per element of generated elementwise loops, in cache, on one thread. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
public class MapBenchmark {
  private static final int N = 4096;
  private static final int[] ONES = {1, 1};
  private static final int[] ZEROS = {0, 0};

  /** The function of the loop. */
  @Param({"relu", "exp", "log", "tanh", "sigmoid", "erf", "sin"})
  public String body;

  /** F32 or F64. */
  @Param({"F32", "F64"})
  public ExprType type;

  /** Kind of generated code. */
  @Param({"vector", "scalar"})
  public String code;

  private MapLoop loop;
  private Object[] arrays;
  private long[] params;

  /** Compiles the loop and fills its operand. */
  @Setup
  public void compile() {
    ExprKernel kernel = function().apply(Expr.arg(0, type)).parameterize();
    int bits = VectorGemm.preferredBits().orElseThrow();
    loop =
        code.equals("vector")
            ? LoopCompiler.vector(kernel, 1, Set.of(), bits)
            : LoopCompiler.scalar(kernel, 1);
    params = kernel.params();
    double[] x = new Random(1).doubles(N, 0.01, 4).toArray();
    float[] f = new float[N];
    for (int i = 0; i < N; i++) {
      f[i] = (float) x[i];
    }
    boolean single = type == ExprType.F32;
    arrays = single ? new Object[] {f, new float[N]} : new Object[] {x, new double[N]};
  }

  private UnaryOperator<Expr> function() {
    return switch (body) {
      case "relu" -> x -> Expr.max(x, Expr.constant(x.type(), 0));
      case "exp" -> Functions::exp;
      case "log" -> Functions::log;
      case "tanh" -> Functions::tanh;
      case "sigmoid" -> Functions::sigmoid;
      case "erf" -> Functions::erf;
      default -> Functions::sin;
    };
  }

  /** Runs the loop over all elements. */
  @Benchmark
  @OperationsPerInvocation(N)
  public Object map() {
    loop.run(arrays, ZEROS, 1, ZEROS, N, ONES, params);
    return arrays[1];
  }
}
