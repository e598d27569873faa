// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import static org.rigor.ir.ExprType.BOOL;

import java.util.ArrayList;
import java.util.List;

/**
 * The body of an elementwise operation: an immutable expression over the operands of a kernel.
 *
 * <p>Nodes are interned, so an expression is a graph without duplicates: equal expressions are the
 * same object, {@code ==} compares them, and a subexpression used twice is computed once. All
 * arithmetic is IEEE 754 with rounding to nearest, nothing is contracted or reassociated, and every
 * printer gives the bits of {@link ExprInterpreter}. The one exception is NaN: which NaN an
 * operation returns is left open, so a tree must not let the bits of a NaN reach an integer.
 *
 * <p>The builders check types while the tree is made and fold only what is exact for every input:
 * {@code x * 1}, {@code x - 0}, {@code x + (-0.0)}, but never {@code x + 0.0} or {@code x * 0}.
 */
public final class Expr {
  private final ExprOp op;
  private final ExprType type;
  private final long payload;
  private final List<Expr> operands;
  private final int hash;
  private int nodeCount = -1;

  Expr(ExprOp op, ExprType type, long payload, List<Expr> operands) {
    this.op = op;
    this.type = type;
    this.payload = payload;
    this.operands = operands;
    int h = 31 * (31 * op.ordinal() + type.ordinal()) + Long.hashCode(payload);
    for (Expr operand : operands) {
      h = 31 * h + operand.hash;
    }
    this.hash = h;
  }

  // ---- leaves

  /** Returns the element of operand {@code index} of the kernel, {@code index >= 0}. */
  public static Expr arg(int index, ExprType type) {
    if (index < 0) {
      throw new IllegalArgumentException("arg: index must be >= 0, got " + index);
    }
    if (type == ExprType.I64) {
      throw new IllegalArgumentException("arg: no tensor has type I64, got it for arg " + index);
    }
    return ExprTable.leaf(ExprOp.ARG, type, index);
  }

  /** Returns parameter {@code index} of a kernel, see {@link ExprKernel}. */
  static Expr param(int index, ExprType type) {
    return ExprTable.leaf(ExprOp.PARAM, type, index);
  }

  /** Makes a constant of the program. Kernels that differ only in such constants are shared. */
  public static Expr constant(ExprType type, double value) {
    return ExprTable.leaf(ExprOp.CONSTANT, type, ExprInterpreter.bits(type, value));
  }

  /** Makes an integer constant of the program; for float types the value is rounded once. */
  public static Expr constant(ExprType type, long value) {
    return ExprTable.leaf(ExprOp.CONSTANT, type, ExprInterpreter.bits(type, value));
  }

  /** Makes a constant that belongs to the kernel, such as a polynomial's coefficient. */
  public static Expr literal(ExprType type, double value) {
    return ExprTable.leaf(ExprOp.LITERAL, type, ExprInterpreter.bits(type, value));
  }

  /** Makes an integer constant that is part of the kernel. */
  public static Expr literal(ExprType type, long value) {
    return ExprTable.leaf(ExprOp.LITERAL, type, ExprInterpreter.bits(type, value));
  }

  // ---- arithmetic

  public static Expr add(Expr a, Expr b) {
    return ExprFold.make(ExprOp.ADD, number("add", a, b), a, b);
  }

  public static Expr sub(Expr a, Expr b) {
    return ExprFold.make(ExprOp.SUB, number("sub", a, b), a, b);
  }

  public static Expr mul(Expr a, Expr b) {
    return ExprFold.make(ExprOp.MUL, number("mul", a, b), a, b);
  }

  /** Returns the correctly rounded quotient of floats. */
  public static Expr div(Expr a, Expr b) {
    return ExprFold.make(ExprOp.DIV, real("div", a, b), a, b);
  }

  public static Expr neg(Expr a) {
    return ExprFold.make(ExprOp.NEG, number("neg", a), a);
  }

  public static Expr abs(Expr a) {
    return ExprFold.make(ExprOp.ABS, number("abs", a), a);
  }

  public static Expr sqrt(Expr a) {
    return ExprFold.make(ExprOp.SQRT, real("sqrt", a), a);
  }

  /** Rounds down to an integral value; keeps NaN, infinities and the sign of zero. */
  public static Expr floor(Expr a) {
    return ExprFold.make(ExprOp.FLOOR, real("floor", a), a);
  }

  /** Returns {@code a * b + c} of floats, rounded once. */
  public static Expr fma(Expr a, Expr b, Expr c) {
    return ExprFold.make(ExprOp.FMA, real("fma", a, b, c), a, b, c);
  }

  /** Returns the larger operand; NaN if either is; {@code b} if both compare equal (-0, +0). */
  public static Expr max(Expr a, Expr b) {
    return ExprFold.extremum(ExprOp.GT, ExprOp.LE, number("max", a, b), a, b);
  }

  /** Returns the smaller operand; NaN if either is; {@code b} if both compare equal (-0, +0). */
  public static Expr min(Expr a, Expr b) {
    return ExprFold.extremum(ExprOp.LT, ExprOp.GE, number("min", a, b), a, b);
  }

  // ---- bits and truth values

  public static Expr and(Expr a, Expr b) {
    return ExprFold.make(ExprOp.AND, discrete("and", a, b), a, b);
  }

  public static Expr or(Expr a, Expr b) {
    return ExprFold.make(ExprOp.OR, discrete("or", a, b), a, b);
  }

  public static Expr xor(Expr a, Expr b) {
    return ExprFold.make(ExprOp.XOR, discrete("xor", a, b), a, b);
  }

  public static Expr not(Expr a) {
    return ExprFold.make(ExprOp.NOT, discrete("not", a), a);
  }

  public static Expr shl(Expr a, Expr count) {
    return ExprFold.make(ExprOp.SHL, integer("shl", a, count), a, count);
  }

  public static Expr shl(Expr a, int count) {
    return shl(a, literal(a.type, (long) count));
  }

  /** Shifts right arithmetically. */
  public static Expr shr(Expr a, Expr count) {
    return ExprFold.make(ExprOp.SHR, integer("shr", a, count), a, count);
  }

  public static Expr shr(Expr a, int count) {
    return shr(a, literal(a.type, (long) count));
  }

  /** Shifts right logically. */
  public static Expr ushr(Expr a, Expr count) {
    return ExprFold.make(ExprOp.USHR, integer("ushr", a, count), a, count);
  }

  public static Expr ushr(Expr a, int count) {
    return ushr(a, literal(a.type, (long) count));
  }

  // ---- comparisons: BOOL, false with a NaN operand except for ne

  public static Expr lt(Expr a, Expr b) {
    return compare(ExprOp.LT, a, b);
  }

  public static Expr le(Expr a, Expr b) {
    return compare(ExprOp.LE, a, b);
  }

  public static Expr gt(Expr a, Expr b) {
    return compare(ExprOp.GT, a, b);
  }

  public static Expr ge(Expr a, Expr b) {
    return compare(ExprOp.GE, a, b);
  }

  public static Expr eq(Expr a, Expr b) {
    return a.type == BOOL ? not(xor(a, b)) : compare(ExprOp.EQ, a, b);
  }

  public static Expr ne(Expr a, Expr b) {
    return a.type == BOOL ? xor(a, b) : compare(ExprOp.NE, a, b);
  }

  public static Expr isNaN(Expr a) {
    real("isNaN", a);
    return ne(a, a);
  }

  private static Expr compare(ExprOp op, Expr a, Expr b) {
    number(op.name().toLowerCase(java.util.Locale.ROOT), a, b);
    return ExprFold.make(op, BOOL, a, b);
  }

  /** Returns {@code condition ? a : b}; computes both; a NaN on the other side does no harm. */
  public static Expr select(Expr condition, Expr a, Expr b) {
    if (condition.type != BOOL || a.type != b.type) {
      throw typeError("select", "a BOOL condition and two values of one type", condition, a, b);
    }
    if (a.type == BOOL) {
      return or(and(condition, a), and(not(condition), b));
    }
    return ExprFold.make(ExprOp.SELECT, a.type, condition, a, b);
  }

  // ---- conversions

  /**
   * Converts to {@code type} as Java does: float to integer truncates, saturates and maps NaN to 0;
   * BOOL gives 0 or 1; to BOOL gives {@code a != 0}.
   */
  public static Expr cast(Expr a, ExprType type) {
    if (a.type == type) {
      return a;
    }
    if (type == BOOL) {
      return ne(a, literal(a.type, 0L));
    }
    if (a.type == BOOL) {
      return select(a, literal(type, 1L), literal(type, 0L));
    }
    return ExprFold.make(ExprOp.CAST, type, a);
  }

  /** Reinterprets the bits as {@code type}: F32 and I32, F64 and I64. Not for NaN. */
  public static Expr bitcast(Expr a, ExprType type) {
    if (a.type == type) {
      return a;
    }
    if (a.type == BOOL || a.type.bitcastPeer() != type) {
      throw typeError("bitcast", "F32 with I32 or F64 with I64; target " + type, a);
    }
    return ExprFold.make(ExprOp.BITCAST, type, a);
  }

  // ---- the node

  public ExprOp op() {
    return op;
  }

  public ExprType type() {
    return type;
  }

  public List<Expr> operands() {
    return operands;
  }

  public Expr operand(int i) {
    return operands.get(i);
  }

  /** Returns the index of an {@link ExprOp#ARG} or {@link ExprOp#PARAM}. */
  public int index() {
    if (op != ExprOp.ARG && op != ExprOp.PARAM) {
      throw new IllegalStateException("index: only an ARG or PARAM has one, this is " + op);
    }
    return (int) payload;
  }

  /** Returns the bits of a constant, sign-extended from the width of its type; 0 or 1 for BOOL. */
  public long bits() {
    if (!isConstant()) {
      throw new IllegalStateException("bits: only a constant has them, this is " + op);
    }
    return payload;
  }

  /** Returns a constant as a double, exact except for I64 beyond 2^53. */
  public double value() {
    return ExprInterpreter.toDouble(type, bits());
  }

  /** Returns whether this is a {@link ExprOp#CONSTANT} or a {@link ExprOp#LITERAL}. */
  public boolean isConstant() {
    return op == ExprOp.CONSTANT || op == ExprOp.LITERAL;
  }

  /** Counts the distinct operations of this tree, without leaves. */
  public int nodeCount() {
    if (nodeCount < 0) {
      int count = 0;
      for (Expr e : ExprWalk.topological(List.of(this))) {
        count += e.op.isLeaf() ? 0 : 1;
      }
      nodeCount = count;
    }
    return nodeCount;
  }

  /** Returns the distinct {@link ExprOp#ARG} leaves, by ascending index. */
  public List<Expr> args() {
    return ExprWalk.args(List.of(this));
  }

  /** Replaces each {@code ARG i} by {@code replacements.get(i)}, of the same type. */
  public Expr substitute(List<Expr> replacements) {
    return ExprWalk.substitute(List.of(this), replacements).get(0);
  }

  /** Returns this tree as a kernel, with its constants numbered as parameters. */
  public ExprKernel parameterize() {
    return ExprKernel.of(List.of(this));
  }

  /** Returns canonical text with program constants as parameters: equal keys share a kernel. */
  public String key() {
    return parameterize().key();
  }

  /** Prints one line per node in evaluation order, linear in the number of distinct nodes. */
  @Override
  public String toString() {
    return ExprWalk.text(List.of(this));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Compares one level deep, which is enough because operands are interned. */
  @Override
  public boolean equals(Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof Expr e)
        || hash != e.hash
        || op != e.op
        || type != e.type
        || payload != e.payload
        || operands.size() != e.operands.size()) {
      return false;
    }
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i) != e.operands.get(i)) {
        return false;
      }
    }
    return true;
  }

  // ---- type rules

  private static ExprType number(String what, Expr... operands) {
    return same(what, "F32, F64, I32 or I64", operands[0].type != BOOL, operands);
  }

  private static ExprType real(String what, Expr... operands) {
    return same(what, "F32 or F64", operands[0].type.isFloat(), operands);
  }

  private static ExprType integer(String what, Expr... operands) {
    return same(what, "I32 or I64", operands[0].type.isInteger(), operands);
  }

  private static ExprType discrete(String what, Expr... operands) {
    return same(what, "I32, I64 or BOOL", !operands[0].type.isFloat(), operands);
  }

  private static ExprType same(String what, String allowed, boolean ok, Expr... operands) {
    ExprType type = operands[0].type;
    for (Expr operand : operands) {
      ok &= operand.type == type;
    }
    if (!ok) {
      throw typeError(what, "operands of one type out of " + allowed, operands);
    }
    return type;
  }

  private static IllegalArgumentException typeError(String what, String needed, Expr... operands) {
    List<ExprType> got = new ArrayList<>();
    for (Expr operand : operands) {
      got.add(operand.type);
    }
    return new IllegalArgumentException(what + ": needs " + needed + ", got " + got);
  }
}
