// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reference semantics of an expression, one element at a time: slow, and every printer is tested
 * against it. A value is carried as the bits of its type, sign-extended to a long.
 */
public final class ExprInterpreter {
  private final List<Expr> nodes;
  private final int[][] operands;
  private final int[] outputs;
  private final long[] params;

  private ExprInterpreter(List<Expr> roots, long[] params) {
    this.nodes = ExprWalk.topological(roots);
    this.params = params;
    Map<Expr, Integer> number = new IdentityHashMap<>();
    nodes.forEach(e -> number.put(e, number.size()));
    this.operands = new int[nodes.size()][];
    for (int i = 0; i < operands.length; i++) {
      operands[i] = nodes.get(i).operands().stream().mapToInt(number::get).toArray();
    }
    this.outputs = roots.stream().mapToInt(number::get).toArray();
  }

  /** Prepares for many evaluations. */
  public static ExprInterpreter of(ExprKernel kernel) {
    return new ExprInterpreter(kernel.outputs(), kernel.params());
  }

  /** Prepares for many evaluations. */
  public static ExprInterpreter of(Expr e) {
    return new ExprInterpreter(List.of(e), new long[0]);
  }

  /** Evaluates {@code e} for operands given as bits, {@code ARG i} being {@code args[i]}. */
  public static long eval(Expr e, long... args) {
    return of(e).run(args)[0];
  }

  /** Evaluates a kernel's outputs. */
  public static long[] eval(ExprKernel kernel, long... args) {
    return of(kernel).run(args);
  }

  /**
   * Evaluates {@code e} for operands given as numbers, each rounded to the type of its argument.
   */
  public static double evalDouble(Expr e, double... args) {
    return of(e).runDouble(args);
  }

  /** Evaluates the outputs for operands given as bits. */
  public long[] run(long... args) {
    return run(args, params);
  }

  /** Evaluates the outputs with parameters that replace those of the kernel. */
  public long[] run(long[] args, long[] params) {
    long[] values = new long[operands.length];
    for (int i = 0; i < values.length; i++) {
      Expr e = nodes.get(i);
      values[i] =
          switch (e.op()) {
            case ARG -> args[e.index()];
            case PARAM -> params[e.index()];
            case CONSTANT, LITERAL -> e.bits();
            default -> apply(e.op(), e.type(), e.operand(0).type(), pick(values, operands[i]));
          };
    }
    return pick(values, outputs);
  }

  /** Evaluates the first output for operands given as numbers, each rounded to its type. */
  public double runDouble(double... args) {
    long[] bits = new long[args.length];
    for (Expr e : nodes) {
      if (e.op() == ExprOp.ARG) {
        bits[e.index()] = bits(e.type(), args[e.index()]);
      }
    }
    return toDouble(nodes.get(outputs[0]).type(), run(bits)[0]);
  }

  private static long[] pick(long[] values, int[] from) {
    long[] picked = new long[from.length];
    for (int i = 0; i < from.length; i++) {
      picked[i] = values[from[i]];
    }
    return picked;
  }

  /**
   * Applies one operation with result type {@code type} to operands, the first of type {@code
   * from}.
   */
  static long apply(ExprOp op, ExprType type, ExprType from, long... x) {
    if (op == ExprOp.SELECT) {
      return x[0] != 0 ? x[1] : x[2];
    }
    if (op == ExprOp.CAST) {
      return from.isFloat() ? castReal(toDouble(from, x[0]), type) : bits(type, x[0]);
    }
    if (op == ExprOp.BITCAST) {
      return x[0];
    }
    return switch (from) {
      case F32 -> applyFloat(op, x);
      case F64 -> applyDouble(op, x);
      case I32 -> applyInt(op, x);
      case I64 -> applyLong(op, x);
      case BOOL -> applyBool(op, x);
    };
  }

  private static long applyFloat(ExprOp op, long[] x) {
    float a = Float.intBitsToFloat((int) x[0]);
    float b = x.length > 1 ? Float.intBitsToFloat((int) x[1]) : 0;
    if (op.isCompare()) {
      return truth(compare(op, a, b));
    }
    float y =
        switch (op) {
          case NEG -> -a;
          case ABS -> Math.abs(a);
          // Rounding the root of a float twice does no harm: 53 >= 2 * 24 + 2.
          case SQRT -> (float) Math.sqrt(a);
          case FLOOR -> (float) Math.floor(a);
          case ADD -> a + b;
          case SUB -> a - b;
          case MUL -> a * b;
          case DIV -> a / b;
          case FMA -> Math.fma(a, b, Float.intBitsToFloat((int) x[2]));
          default -> throw undefined(op, ExprType.F32);
        };
    return Float.floatToIntBits(y);
  }

  private static long applyDouble(ExprOp op, long[] x) {
    double a = Double.longBitsToDouble(x[0]);
    double b = x.length > 1 ? Double.longBitsToDouble(x[1]) : 0;
    if (op.isCompare()) {
      return truth(compare(op, a, b));
    }
    double y =
        switch (op) {
          case NEG -> -a;
          case ABS -> Math.abs(a);
          case SQRT -> Math.sqrt(a);
          case FLOOR -> Math.floor(a);
          case ADD -> a + b;
          case SUB -> a - b;
          case MUL -> a * b;
          case DIV -> a / b;
          case FMA -> Math.fma(a, b, Double.longBitsToDouble(x[2]));
          default -> throw undefined(op, ExprType.F64);
        };
    return Double.doubleToLongBits(y);
  }

  private static long applyInt(ExprOp op, long[] x) {
    int a = (int) x[0];
    int b = x.length > 1 ? (int) x[1] : 0;
    return switch (op) {
      case SHL -> a << b;
      case SHR -> a >> b;
      case USHR -> a >>> b;
      case NEG -> -a;
      case ABS -> Math.abs(a);
      default -> {
        long y = applyLong(op, x);
        yield op.isCompare() ? y : (int) y;
      }
    };
  }

  private static long applyLong(ExprOp op, long[] x) {
    long a = x[0];
    long b = x.length > 1 ? x[1] : 0;
    return switch (op) {
      case NEG -> -a;
      case ABS -> Math.abs(a);
      case NOT -> ~a;
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case AND -> a & b;
      case OR -> a | b;
      case XOR -> a ^ b;
      case SHL -> a << b;
      case SHR -> a >> b;
      case USHR -> a >>> b;
      case LT -> truth(a < b);
      case LE -> truth(a <= b);
      case GT -> truth(a > b);
      case GE -> truth(a >= b);
      case EQ -> truth(a == b);
      case NE -> truth(a != b);
      default -> throw undefined(op, ExprType.I64);
    };
  }

  private static long applyBool(ExprOp op, long[] x) {
    return switch (op) {
      case NOT -> 1 - x[0];
      case AND -> x[0] & x[1];
      case OR -> x[0] | x[1];
      case XOR -> x[0] ^ x[1];
      default -> throw undefined(op, ExprType.BOOL);
    };
  }

  private static boolean compare(ExprOp op, double a, double b) {
    return switch (op) {
      case LT -> a < b;
      case LE -> a <= b;
      case GT -> a > b;
      case GE -> a >= b;
      case EQ -> a == b;
      default -> a != b;
    };
  }

  private static long castReal(double value, ExprType type) {
    return switch (type) {
      case F32 -> Float.floatToIntBits((float) value);
      case F64 -> Double.doubleToLongBits(value);
      case I32 -> (int) value;
      case I64 -> (long) value;
      case BOOL -> throw undefined(ExprOp.CAST, type);
    };
  }

  private static long truth(boolean b) {
    return b ? 1 : 0;
  }

  private static IllegalStateException undefined(ExprOp op, ExprType type) {
    return new IllegalStateException(op + " is not defined for " + type);
  }

  // ---- bits and numbers

  /**
   * Returns the bits of {@code value} rounded to {@code type}; an integer type needs an integral
   * value.
   */
  public static long bits(ExprType type, double value) {
    if (type.isFloat()) {
      return castReal(value, type);
    }
    if (value != (long) value) {
      throw new IllegalArgumentException("constant: " + type + " needs an integer, got " + value);
    }
    return bits(type, (long) value);
  }

  /**
   * Returns the bits of an integer converted to {@code type} as Java's cast does; BOOL needs 0 or
   * 1.
   */
  public static long bits(ExprType type, long value) {
    return switch (type) {
      case F32 -> Float.floatToIntBits((float) value);
      case F64 -> Double.doubleToLongBits((double) value);
      case I32 -> (int) value;
      case I64 -> value;
      case BOOL -> {
        if (value != 0 && value != 1) {
          throw new IllegalArgumentException("constant: BOOL needs 0 or 1, got " + value);
        }
        yield value;
      }
    };
  }

  /** Returns the number with these bits; I64 beyond 2^53 is rounded. */
  public static double toDouble(ExprType type, long bits) {
    return switch (type) {
      case F32 -> Float.intBitsToFloat((int) bits);
      case F64 -> Double.longBitsToDouble(bits);
      case I32, I64, BOOL -> bits;
    };
  }
}
