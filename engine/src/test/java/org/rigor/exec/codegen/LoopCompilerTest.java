// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprInterpreter;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;
import org.rigor.ir.fn.Functions;

class LoopCompilerTest {
  private static final int N = 77;
  private static final int KERNELS = 60;

  @Test
  void scalarLoopsHaveTheInterpretersBits() {
    for (int seed = 0; seed < KERNELS; seed++) {
      ExprKernel kernel = RandomTrees.kernel(seed);
      check(kernel, LoopCompiler.scalar(kernel, RandomTrees.ARGUMENTS.size()), Set.of(1, 4), 2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void vectorLoopsHaveTheInterpretersBits(int bits) {
    Assumptions.assumeTrue(
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
        "the vector module is absent");
    for (int seed = 0; seed < KERNELS; seed++) {
      ExprKernel kernel = RandomTrees.kernel(seed);
      Set<Integer> repeated = new HashSet<>();
      if (seed % 2 == 1) {
        repeated.add(seed % 5);
        repeated.add(3);
      }
      MapLoop loop =
          LoopCompiler.vector(kernel, RandomTrees.ARGUMENTS.size(), Set.copyOf(repeated), bits);
      check(kernel, loop, repeated, 1);
    }
  }

  @Test
  void functionsHaveTheSameBitsHotAndCold() {
    Assumptions.assumeTrue(
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
        "the vector module is absent");
    Expr x = Expr.arg(0, ExprType.F32);
    ExprKernel kernel = Functions.tanh(Functions.exp(x)).parameterize();
    float[] in = (float[]) RandomTrees.operand(ExprType.F32, 1000, 3);
    float[] cold = new float[1000];
    float[] hot = new float[1000];
    MapLoop loop = LoopCompiler.vector(kernel, 1, Set.of(), 256);
    int[] one = {1, 1};
    int[] zero = {0, 0};
    loop.run(new Object[] {in, cold}, zero, 1, zero, 1000, one, new long[0]);
    for (int i = 0; i < 300; i++) {
      loop.run(new Object[] {in, hot}, zero, 1, zero, 1000, one, new long[0]);
    }
    assertThat(hot).containsExactly(cold);
  }

  /** Three rows of N elements; arguments in {@code repeated} have stride 0, others {@code step}. */
  private static void check(ExprKernel kernel, MapLoop loop, Set<Integer> repeated, int step) {
    int arguments = RandomTrees.ARGUMENTS.size();
    int operands = arguments + kernel.outputs().size();
    Object[] arrays = new Object[operands];
    int[] at = new int[operands];
    int[] rowStrides = new int[operands];
    int[] strides = new int[operands];
    for (int o = 0; o < operands; o++) {
      boolean input = o < arguments;
      ExprType type =
          input ? RandomTrees.ARGUMENTS.get(o) : kernel.outputs().get(o - arguments).type();
      arrays[o] = RandomTrees.operand(type, 1000, o);
      at[o] = o;
      rowStrides[o] = N * step + 1;
      strides[o] = repeated.contains(o) && input ? 0 : step;
    }
    ExprInterpreter interpreter = ExprInterpreter.of(kernel);
    Object[] before = arrays.clone();
    loop.run(arrays, at, 3, rowStrides, N, strides, kernel.params());
    for (int row = 0; row < 3; row++) {
      for (int i = 0; i < N; i++) {
        long[] x = new long[arguments];
        for (int a = 0; a < arguments; a++) {
          int place = at[a] + row * rowStrides[a] + i * strides[a];
          x[a] = bits(RandomTrees.ARGUMENTS.get(a), before[a], place);
        }
        long[] want = interpreter.run(x);
        for (int k = 0; k < want.length; k++) {
          int o = arguments + k;
          int place = at[o] + row * rowStrides[o] + i * strides[o];
          assertThat(bits(kernel.outputs().get(k).type(), arrays[o], place))
              .as("output %d of row %d, element %d of%n%s", k, row, i, kernel.key())
              .isEqualTo(oneNaN(kernel.outputs().get(k).type(), want[k]));
        }
      }
    }
  }

  private static long oneNaN(ExprType type, long bits) {
    boolean nan = type.isFloat() && Double.isNaN(ExprInterpreter.toDouble(type, bits));
    return nan ? ExprInterpreter.bits(type, Double.NaN) : bits;
  }

  /** Bits with one NaN for all. */
  private static long bits(ExprType type, Object array, int i) {
    return switch (type) {
      case F32 -> Float.floatToIntBits(((float[]) array)[i]);
      case F64 -> Double.doubleToLongBits(((double[]) array)[i]);
      default -> ((int[]) array)[i];
    };
  }
}
