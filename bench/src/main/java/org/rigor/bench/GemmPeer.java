// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

/** A library whose matrix product competes with ours; found by ServiceLoader. */
public interface GemmPeer {
  /** Returns name and version. */
  String name();

  /** Sets the threads that the library uses for one product, from now on. */
  void threads(int count);

  /**
   * Prepares {@code count} row-major products C_t = A_t B_t, with the operands of each t stored one
   * after another.
   */
  Products prepare(int count, int m, int n, int k, float[] a, float[] b);

  /** Operands in the library's own memory. */
  interface Products {
    /** Computes products {@code from} to {@code to - 1}. */
    void run(int from, int to);

    /** Returns a copy of all products. */
    float[] result();
  }
}
