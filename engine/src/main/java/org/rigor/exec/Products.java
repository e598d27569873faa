// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

/** What a device may round the operands of a product of floats to; sums stay in float. */
public enum Products {
  /** To nothing: operands are used as they are. */
  EXACT,
  /** To 10 bits of mantissa after the first, for tensor cores. */
  TF32,
  /** To bfloat16, 7 bits of mantissa after the first, for tensor cores. */
  BF16
}
