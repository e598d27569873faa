// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.exec.plan.Nest;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering.Reduce.Kind;
import org.rigor.ir.View;
import org.rigor.tensor.Shape;

/** Generated kernels against the interpreter, over random nests, strides and cuts. */
class KernelsTest {
  private static final int MODELS = 3;
  private final Random random = new Random(11);

  @Test
  void mapsEqualTheInterpreter() {
    for (int trial = 0; trial < 60; trial++) {
      ExprType type = trial % 2 == 0 ? ExprType.F32 : ExprType.F64;
      int[] extents = extents(trial % 5 == 0 ? 200 : 9);
      int n = size(extents);
      List<Operand> in = new ArrayList<>();
      long[][] strides = new long[3][];
      for (int o = 0; o < 2; o++) {
        strides[o] = strides(extents);
        in.add(operand(o, o == 1 ? 0 : n * 2L));
      }
      strides[2] = dense(extents);
      Operand out = operand(2, n);
      PlanStep.Map step =
          new PlanStep.Map(MODELS, body(type), in, out, new Nest(extents, strides), "test");
      Object[] arrays = {values(type, 6 * n), values(type, 6 * n), values(type, 3 * n)};
      check(step, arrays, new InterpretedMap(step), MapKernel::new);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void reductionsEqualTheInterpreter(Kind kind) {
    for (int trial = 0; trial < 61; trial++) {
      ExprType type = List.of(ExprType.F32, ExprType.F64, ExprType.I32).get(trial % 3);
      int[] outer = extents(trial % 4 == 0 ? 40 : 5);
      int[] inner = extents(trial % 7 == 0 ? 70 : 6);
      if (trial % 20 == 3) {
        // Several chunks, on both paths.
        inner = new int[] {3, 2900};
        outer = new int[] {trial % 40 == 3 ? 1 : 17};
      }
      boolean acrossModels = trial % 6 == 5;
      int n = size(outer) * size(inner);
      List<Operand> in = new ArrayList<>();
      long[][] outerStrides = new long[3][];
      long[][] innerStrides = new long[2][];
      int[] all = concat(outer, inner);
      for (int o = 0; o < 2; o++) {
        long[] s = strides(all);
        outerStrides[o] = Arrays.copyOf(s, outer.length);
        innerStrides[o] = Arrays.copyOfRange(s, outer.length, all.length);
        in.add(operand(o, o == 1 ? 0 : n * 2L));
      }
      outerStrides[2] = dense(outer);
      Operand out = operand(2, size(outer));
      PlanStep.Reduce step =
          new PlanStep.Reduce(
              acrossModels ? 1 : MODELS,
              kind,
              acrossModels ? MODELS : 1,
              body(type),
              in,
              out,
              new Nest(outer, outerStrides),
              new Nest(inner, innerStrides),
              "test");
      ExprType result = kind == Kind.ARGMAX ? ExprType.I32 : type;
      Object[] arrays = {values(type, 6 * n), values(type, 6 * n), values(result, 3 * n)};
      check(step, arrays, new InterpretedReduce(step), ReduceKernel::new);
    }
  }

  /** An operand folded without a map before it, along dense values and along dense rows. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void reductionsOfAnOperandItselfEqualTheInterpreter(Kind kind) {
    int[][][] nests = {
      {{7}, {10}},
      {{3, 2}, {1030}},
      {{2}, {9001}},
      {{300}, {37}},
      {{2, 21}, {130}},
      {{17}, {4100}},
      {{10}, {256}},
    };
    for (ExprType type : List.of(ExprType.F32, ExprType.F64, ExprType.I32)) {
      for (int[][] nest : nests) {
        for (boolean rows : new boolean[] {false, true}) {
          int[] outer = nest[0];
          int[] inner = nest[1];
          int n = size(outer) * size(inner);
          int side = outer[outer.length - 1];
          long[] along = dense(concat(outer, inner));
          long[] o = Arrays.copyOf(along, outer.length);
          if (rows) {
            o[outer.length - 1] = 1;
          }
          PlanStep.Reduce step =
              new PlanStep.Reduce(
                  MODELS,
                  kind,
                  1,
                  Expr.arg(0, type),
                  List.of(operand(0, n)),
                  operand(2, size(outer)),
                  new Nest(outer, new long[][] {o, dense(outer)}),
                  new Nest(inner, new long[][] {{rows ? side : 1}}),
                  "test");
          ExprType result = kind == Kind.ARGMAX ? ExprType.I32 : type;
          Object[] arrays = {values(type, MODELS * n), null, values(result, MODELS * size(outer))};
          check(step, arrays, new InterpretedReduce(step), ReduceKernel::new);
        }
      }
    }
  }

  /** Runs the kernel whole and cut in three, early and late in its life. */
  private static <S extends PlanStep> void check(
      S step, Object[] arrays, StepKernel reference, Function<S, StepKernel> make) {
    clear(arrays[2]);
    reference.run(frame(arrays), 0, step.models(), 0, 1);
    Object want = copy(arrays[2]);
    for (int parts : new int[] {1, 3, 1, 3}) {
      clear(arrays[2]);
      StepKernel kernel = make.apply(step);
      for (int p = 0; p < parts; p++) {
        kernel.run(frame(arrays), 0, step.models(), p, parts);
      }
      assertThat(bits(arrays[2])).as("%s in %d parts", step, parts).isEqualTo(bits(want));
    }
  }

  private static Frame frame(Object[] arrays) {
    return new Frame(arrays, new int[arrays.length], new boolean[arrays.length]);
  }

  private static Operand operand(int slot, long modelStride) {
    return new Operand(slot, new View(Shape.of(MODELS), new long[] {modelStride}, 0));
  }

  private Expr body(ExprType type) {
    Expr x = Expr.arg(0, type);
    Expr y = Expr.arg(1, type);
    return switch (random.nextInt(3)) {
      case 0 -> x;
      case 1 -> Expr.mul(x, y);
      default -> Expr.max(Expr.sub(x, y), Expr.constant(type, random.nextInt(3)));
    };
  }

  private int[] extents(int most) {
    int[] e = new int[1 + random.nextInt(3)];
    for (int i = 0; i < e.length; i++) {
      e[i] = 1 + random.nextInt(i == e.length - 1 ? most : 4);
    }
    return e;
  }

  /** Strides of a dense array whose axes are stored in random order, or of a broadcast one. */
  private long[] strides(int[] extents) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < extents.length; i++) {
      order.add(i);
    }
    if (random.nextBoolean()) {
      Collections.shuffle(order, random);
    }
    long[] s = new long[extents.length];
    long next = random.nextInt(4) == 0 ? 2 : 1;
    for (int i = order.size() - 1; i >= 0; i--) {
      boolean repeated = random.nextInt(4) == 0;
      s[order.get(i)] = repeated ? 0 : next;
      next *= repeated ? 1 : extents[order.get(i)];
    }
    return s;
  }

  private static long[] dense(int[] extents) {
    return Shape.of(extents).strides();
  }

  private static int size(int[] extents) {
    return Arrays.stream(extents).reduce(1, (a, b) -> a * b);
  }

  private static int[] concat(int[] a, int[] b) {
    int[] c = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, c, a.length, b.length);
    return c;
  }

  private Object values(ExprType type, int n) {
    if (type == ExprType.I32) {
      return random.ints(n, -50, 50).toArray();
    }
    double[] d = new double[n];
    boolean edges = random.nextInt(3) == 0;
    for (int i = 0; i < n; i++) {
      double x = random.nextGaussian();
      d[i] = edges && i % 17 == 0 ? new double[] {0.0, -0.0, Double.NaN, 1e30}[i % 4] : x;
    }
    if (type == ExprType.F64) {
      return d;
    }
    float[] f = new float[n];
    for (int i = 0; i < n; i++) {
      f[i] = (float) d[i];
    }
    return f;
  }

  private static Object copy(Object array) {
    return array instanceof float[] f
        ? f.clone()
        : array instanceof double[] d ? d.clone() : ((int[]) array).clone();
  }

  private static void clear(Object array) {
    for (int i = 0; i < java.lang.reflect.Array.getLength(array); i++) {
      Elements.set(array, i, 77);
    }
  }

  private static long[] bits(Object array) {
    long[] b = new long[java.lang.reflect.Array.getLength(array)];
    for (int i = 0; i < b.length; i++) {
      b[i] =
          array instanceof float[] f
              ? Float.floatToIntBits(f[i])
              : array instanceof double[] d ? Double.doubleToLongBits(d[i]) : ((int[]) array)[i];
    }
    return b;
  }
}
