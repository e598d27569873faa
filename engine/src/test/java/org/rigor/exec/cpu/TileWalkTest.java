// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.rigor.exec.codegen.LoopCompiler;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;
import org.rigor.tensor.Shape;

/** Scalar and vector loops over tiles against x - y + z, element by element. */
class TileWalkTest {
  private static final ExprType[] TYPES = {ExprType.F32, ExprType.F64, ExprType.I32};

  /** Extents, then the strides of x, y and z. */
  private static final long[][][] NESTS = {
    {{45, 70}, {1, 45}, {70, 1}, {0, 1}},
    {{64, 10}, {10, 1}, {1, 0}, {0, 1}},
    {{3, 150, 3}, {450, 1, 150}, {450, 3, 1}, {0, 0, 0}},
    {{5, 33, 40}, {1320, 1, 33}, {1, 200, 5}, {1, 0, 0}},
    {{3000}, {2}, {1}, {0}},
    {{2, 9, 130}, {1, 260, 2}, {130, 260, 1}, {0, 130, 1}},
  };

  @Test
  void tilesReachEachElementOnce() {
    for (ExprType type : TYPES) {
      check(type, k -> LoopCompiler.scalar(k, 3));
    }
  }

  @Test
  void vectorLoopsOverTilesHaveTheSameBits() {
    Assumptions.assumeTrue(VectorLoop.BITS > 0, "no vector module");
    for (ExprType type : TYPES) {
      check(type, null);
    }
  }

  @Test
  void resultsTooFewOrNotDenseHaveNoTiles() {
    assertThat(TileWalk.of(new Walk(new int[] {9}, new long[][] {{2}, {1}}), negated(), 1))
        .isNull();
    assertThat(TileWalk.of(new Walk(new int[] {99}, new long[][] {{1}, {2}}), negated(), 1))
        .isNull();
  }

  private static ExprKernel negated() {
    return Expr.neg(Expr.arg(0, ExprType.F32)).parameterize();
  }

  private interface Maker {
    MapLoop make(ExprKernel kernel);
  }

  private static void check(ExprType type, Maker maker) {
    Expr x = Expr.arg(0, type);
    Expr y = Expr.arg(1, type);
    ExprKernel kernel = Expr.add(Expr.sub(x, y), Expr.arg(2, type)).parameterize();
    for (long[][] nest : NESTS) {
      int[] extents = new int[nest[0].length];
      for (int l = 0; l < extents.length; l++) {
        extents[l] = (int) nest[0][l];
      }
      long[][] strides = {nest[1], nest[2], nest[3], Shape.of(extents).strides()};
      TileWalk tiles = TileWalk.of(new Walk(extents, strides), kernel, 3);
      MapLoop loop =
          maker == null
              ? LoopCompiler.vector(kernel, 3, tiles.repeated(), VectorLoop.BITS)
              : maker.make(kernel);
      int n = (int) Shape.of(extents).size();
      Object[] arrays = new Object[4];
      for (int o = 0; o < 4; o++) {
        arrays[o] = values(type, 2 * n + 7, o);
      }
      Object want = reference(type, extents, strides, arrays, n);
      int parts = 3;
      for (int part = 0; part < parts; part++) {
        tiles.run(loop, arrays, new int[] {1, 2, 3, 4}, kernel.params(), part, parts);
      }
      assertThat(arrays[3]).as("%s %s", type, List.of(nest[0].length, n)).isEqualTo(want);
    }
  }

  private static Object values(ExprType type, int n, int seed) {
    Random random = new Random(seed);
    return switch (type) {
      case F32 -> {
        float[] f = new float[n];
        for (int i = 0; i < n; i++) {
          f[i] = random.nextFloat();
        }
        yield f;
      }
      case F64 -> random.doubles(n).toArray();
      default -> random.ints(n).toArray();
    };
  }

  private static Object reference(
      ExprType type, int[] extents, long[][] strides, Object[] arrays, int n) {
    Object out =
        switch (type) {
          case F32 -> ((float[]) arrays[3]).clone();
          case F64 -> ((double[]) arrays[3]).clone();
          default -> ((int[]) arrays[3]).clone();
        };
    for (int e = 0; e < n; e++) {
      int[] at = {1, 2, 3, 4};
      int rest = e;
      for (int l = extents.length - 1; l >= 0; l--) {
        for (int o = 0; o < 4; o++) {
          at[o] += (int) (rest % extents[l] * strides[o][l]);
        }
        rest /= extents[l];
      }
      switch (type) {
        case F32 -> {
          float[][] f = {(float[]) arrays[0], (float[]) arrays[1], (float[]) arrays[2]};
          ((float[]) out)[at[3]] = f[0][at[0]] - f[1][at[1]] + f[2][at[2]];
        }
        case F64 -> {
          double[][] d = {(double[]) arrays[0], (double[]) arrays[1], (double[]) arrays[2]};
          ((double[]) out)[at[3]] = d[0][at[0]] - d[1][at[1]] + d[2][at[2]];
        }
        default -> {
          int[][] i = {(int[]) arrays[0], (int[]) arrays[1], (int[]) arrays[2]};
          ((int[]) out)[at[3]] = i[0][at[0]] - i[1][at[1]] + i[2][at[2]];
        }
      }
    }
    return out;
  }
}
