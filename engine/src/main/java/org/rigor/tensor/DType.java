// SPDX-License-Identifier: Apache-2.0
package org.rigor.tensor;

/** Element types. {@code BOOL} is stored as one int (0 or 1) per element on every device. */
public enum DType {
  F32(4, true),
  F64(8, true),
  I32(4, false),
  BOOL(4, false),
  /** CUDA storage only: the host never holds it. */
  BF16(2, true);

  private final int bytes;
  private final boolean floating;

  DType(int bytes, boolean floating) {
    this.bytes = bytes;
    this.floating = floating;
  }

  /** Returns the bytes that one element takes in memory. */
  public int bytes() {
    return bytes;
  }

  /** Returns true for the types that carry derivatives. */
  public boolean isFloating() {
    return floating;
  }
}
