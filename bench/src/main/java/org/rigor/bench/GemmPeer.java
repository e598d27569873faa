// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

/** A library whose matrix product is compared with ours; found by ServiceLoader. */
public interface GemmPeer {
  /** Name and version. */
  String name();

  /** Threads the library itself uses for one product, from now on. */
  void threads(int count);

  /**
   * Puts {@code count} row-major products C_t = A_t B_t in place, t-th operands one after another.
   */
  Products prepare(int count, int m, int n, int k, float[] a, float[] b);

  /** Operands in the library's own memory. */
  interface Products {
    /** Computes products from to to - 1. */
    void run(int from, int to);

    /** All products, copied out. */
    float[] result();
  }
}
