// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;

/** Random kernels over every operation and type, and operands full of edges. */
final class RandomTrees {
  /** Types of the operands of every kernel. */
  static final List<ExprType> ARGUMENTS =
      List.of(ExprType.F32, ExprType.F64, ExprType.I32, ExprType.BOOL, ExprType.F32);

  private final SplittableRandom random;
  private final List<Expr> pool = new ArrayList<>();

  private RandomTrees(long seed, List<ExprType> types) {
    this.random = new SplittableRandom(seed);
    for (int i = 0; i < ARGUMENTS.size(); i++) {
      if (types.contains(ARGUMENTS.get(i))) {
        pool.add(Expr.arg(i, ARGUMENTS.get(i)));
      }
    }
    for (ExprType t : types) {
      pool.add(t.isFloat() ? Expr.constant(t, random.nextDouble(-3, 3)) : Expr.literal(t, 1));
      pool.add(t.isFloat() ? Expr.literal(t, -0.0) : Expr.literal(t, 0));
    }
  }

  /** A kernel of two outputs, drawn from some of the types. */
  static ExprKernel kernel(long seed) {
    List<List<ExprType>> mixes =
        List.of(
            List.of(ExprType.F32, ExprType.I32, ExprType.BOOL),
            List.of(ExprType.F64, ExprType.I64, ExprType.BOOL),
            List.of(ExprType.values()),
            List.of(ExprType.F32));
    List<ExprType> types = mixes.get((int) (seed % mixes.size()));
    RandomTrees trees = new RandomTrees(seed, types);
    for (int i = 0; i < 30; i++) {
      trees.grow(types);
    }
    List<Expr> storable = trees.pool.stream().filter(e -> e.type() != ExprType.I64).toList();
    return ExprKernel.of(
        List.of(storable.get(storable.size() - 1), storable.get(storable.size() / 2)));
  }

  private void grow(List<ExprType> types) {
    ExprType t = types.get(random.nextInt(types.size()));
    Expr a = draw(t);
    Expr b = draw(t);
    if (t == ExprType.BOOL) {
      pool.add(
          switch (random.nextInt(5)) {
            case 0 -> Expr.and(a, b);
            case 1 -> Expr.or(a, b);
            case 2 -> Expr.xor(a, b);
            case 3 -> Expr.not(a);
            default -> Expr.eq(a, b);
          });
    } else if (random.nextInt(4) == 0) {
      compareOrConvert(types, t, a, b);
    } else {
      pool.add(t.isFloat() ? real(a, b) : integer(t, a, b));
    }
  }

  private Expr real(Expr a, Expr b) {
    return switch (random.nextInt(11)) {
      case 0 -> Expr.add(a, b);
      case 1 -> Expr.sub(a, b);
      case 2 -> Expr.mul(a, b);
      case 3 -> Expr.div(a, b);
      case 4 -> Expr.fma(a, b, draw(a.type()));
      case 5 -> Expr.neg(a);
      case 6 -> Expr.abs(a);
      case 7 -> Expr.sqrt(a);
      case 8 -> Expr.floor(a);
      case 9 -> Expr.max(a, b);
      default -> Expr.min(a, b);
    };
  }

  private Expr integer(ExprType t, Expr a, Expr b) {
    int count = random.nextInt(t.bits());
    return switch (random.nextInt(12)) {
      case 0 -> Expr.add(a, b);
      case 1 -> Expr.sub(a, b);
      case 2 -> Expr.mul(a, b);
      case 3 -> Expr.neg(a);
      case 4 -> Expr.abs(a);
      case 5 -> Expr.and(a, b);
      case 6 -> Expr.or(a, b);
      case 7 -> Expr.xor(a, Expr.not(b));
      case 8 -> Expr.shl(a, random.nextBoolean() ? b : Expr.literal(t, count));
      case 9 -> Expr.shr(a, random.nextBoolean() ? b : Expr.literal(t, count));
      case 10 -> Expr.ushr(a, random.nextBoolean() ? b : Expr.literal(t, count));
      default -> Expr.max(a, b);
    };
  }

  private void compareOrConvert(List<ExprType> types, ExprType t, Expr a, Expr b) {
    Expr truth =
        switch (random.nextInt(6)) {
          case 0 -> Expr.lt(a, b);
          case 1 -> Expr.le(a, b);
          case 2 -> Expr.gt(a, b);
          case 3 -> Expr.ge(a, b);
          case 4 -> Expr.eq(a, b);
          default -> Expr.ne(a, b);
        };
    pool.add(Expr.select(truth, b, draw(t)));
    if (types.contains(ExprType.BOOL)) {
      pool.add(truth);
      pool.add(Expr.select(draw(ExprType.BOOL), a, b));
    }
    pool.add(Expr.cast(a, types.get(random.nextInt(types.size()))));
    if (types.contains(t.bitcastPeer())) {
      // Which NaN an operation returns is open, so its bits must not be looked at.
      Expr bits = t.isFloat() ? Expr.select(Expr.isNaN(a), Expr.literal(t, 0), a) : a;
      pool.add(Expr.bitcast(bits, t.bitcastPeer()));
    }
  }

  /** A value of the type, rather a late one. */
  private Expr draw(ExprType t) {
    List<Expr> choices = pool.stream().filter(e -> e.type() == t).toList();
    int n = choices.size();
    return choices.get(Math.max(random.nextInt(n), random.nextInt(n)));
  }

  /** An array of one operand. */
  static Object operand(ExprType type, int n, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] edges = {
      0.0,
      -0.0,
      1,
      -1,
      0.5,
      1.5,
      -2.5,
      1e10,
      -3e9,
      1e30,
      1e300,
      Float.MIN_VALUE,
      Float.MIN_NORMAL,
      Float.MAX_VALUE,
      Double.MIN_VALUE,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.NaN,
      8388607.5,
      -4194304.5,
      2147483648.0,
      0x1p62,
      -0x1p63,
      0x1.fffffep30
    };
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] =
          i % 3 == 0 ? edges[random.nextInt(edges.length)] : random.nextDouble(-1, 1) * (1 + i % 7);
    }
    return switch (type) {
      case F32 -> {
        float[] f = new float[n];
        for (int i = 0; i < n; i++) {
          f[i] = (float) x[i];
        }
        yield f;
      }
      case F64 -> x;
      case BOOL -> random.ints(n, 0, 2).toArray();
      default -> {
        int[] v = random.ints(n).toArray();
        for (int i = 0; i < n; i += 3) {
          v[i] = i % 2 == 0 ? random.nextInt(-3, 4) : Integer.MIN_VALUE;
        }
        yield v;
      }
    };
  }
}
