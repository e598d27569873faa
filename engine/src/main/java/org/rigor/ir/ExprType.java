// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/** The type of an expression node. {@link #I64} lives in registers only: no tensor has it. */
public enum ExprType {
  F32(32),
  F64(64),
  I32(32),
  I64(64),
  /** A truth value; in memory an int that is 0 or 1. */
  BOOL(32);

  private final int bits;

  ExprType(int bits) {
    this.bits = bits;
  }

  /** Width of a stored element in bits. */
  public int bits() {
    return bits;
  }

  public boolean isFloat() {
    return this == F32 || this == F64;
  }

  public boolean isInteger() {
    return this == I32 || this == I64;
  }

  /** The integer type whose bits a {@code bitcast} of this type gives, and the reverse. */
  public ExprType bitcastPeer() {
    return switch (this) {
      case F32 -> I32;
      case F64 -> I64;
      case I32 -> F32;
      case I64 -> F64;
      case BOOL -> throw new IllegalArgumentException("bitcast: bool has no bits to reinterpret");
    };
  }
}
