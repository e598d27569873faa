// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/**
 * Closed set of expression nodes. Every printer knows exactly these; anything else (min, max, exp,
 * ...) is a tree over them, so its bits are the same on every device.
 */
public enum ExprOp {
  /** Operand of the kernel; the payload is its index. */
  ARG(0),
  /** Kernel parameter standing for a constant; the payload is its index. */
  PARAM(0),
  /** A constant that becomes a {@link #PARAM} of the kernel; the payload is its bits. */
  CONSTANT(0),
  /** A constant that is part of the kernel, such as a polynomial's coefficient. */
  LITERAL(0),
  NEG(1),
  ABS(1),
  /** Correctly rounded square root. */
  SQRT(1),
  FLOOR(1),
  NOT(1),
  /** Numeric conversion with the semantics of Java's cast: float to int saturates, NaN gives 0. */
  CAST(1),
  BITCAST(1),
  ADD(2),
  SUB(2),
  MUL(2),
  DIV(2),
  AND(2),
  OR(2),
  XOR(2),
  /** Shifts use the low 5 (I32) or 6 (I64) bits of the count, as in Java. */
  SHL(2),
  SHR(2),
  USHR(2),
  LT(2),
  LE(2),
  GT(2),
  GE(2),
  EQ(2),
  NE(2),
  /** {@code a * b + c}, rounded once. */
  FMA(3),
  /** {@code condition ? a : b}; both sides are evaluated. */
  SELECT(3);

  private final int arity;

  ExprOp(int arity) {
    this.arity = arity;
  }

  public int arity() {
    return arity;
  }

  public boolean isLeaf() {
    return arity == 0;
  }

  public boolean isCompare() {
    return compareTo(LT) >= 0 && compareTo(NE) <= 0;
  }
}
