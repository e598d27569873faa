// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import org.rigor.tensor.DType;

/** Type of an expression node. {@link #I64} lives in registers only: no tensor has it. */
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

  /** Returns the type in which elements of a tensor type are computed; BF16 is computed in F32. */
  public static ExprType of(DType type) {
    return switch (type) {
      case F32, BF16 -> F32;
      case F64 -> F64;
      case I32 -> I32;
      case BOOL -> BOOL;
    };
  }

  /** Returns the tensor type that stores this type. */
  public DType dtype() {
    return switch (this) {
      case F32 -> DType.F32;
      case F64 -> DType.F64;
      case I32 -> DType.I32;
      case BOOL -> DType.BOOL;
      case I64 -> throw new IllegalArgumentException("no tensor stores I64");
    };
  }

  /** Returns the width of a stored element in bits. */
  public int bits() {
    return bits;
  }

  public boolean isFloat() {
    return this == F32 || this == F64;
  }

  public boolean isInteger() {
    return this == I32 || this == I64;
  }

  /** Returns the integer type that a {@code bitcast} of this type gives, and the reverse. */
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
