// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import org.rigor.ir.Lowering;

/**
 * Elements of a block as doubles, for reference kernels in F32 or F64. A sum, difference, product,
 * quotient or root of floats rounds to the same float directly or through double (Figueroa 1995),
 * so {@link #r} after every operation gives the bits of float arithmetic.
 */
record RealBlock(float[] floats, double[] doubles, int offset) {

  static RealBlock of(Lowering.Block b) {
    return b.array() instanceof float[] f
        ? new RealBlock(f, null, b.offset())
        : new RealBlock(null, b.doubles(), b.offset());
  }

  boolean single() {
    return floats != null;
  }

  /** Rounds a number to the block's type. */
  double r(double x) {
    return floats != null ? (float) x : x;
  }

  double get(int i) {
    return floats != null ? floats[offset + i] : doubles[offset + i];
  }

  void set(int i, double x) {
    if (floats != null) {
      floats[offset + i] = (float) x;
    } else {
      doubles[offset + i] = x;
    }
  }

  void fill(int from, int count, double x) {
    for (int i = 0; i < count; i++) {
      set(from + i, x);
    }
  }
}
