// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

/**
 * Bytes of the heap that a search may take.
 *
 * @param numbers of slopes and multipliers of rows; beyond them they lie in a file
 * @param leaves of open cells with sides of their own, of all problems that are bounded together;
 *     beyond them no more are made
 * @param boxes of problems that are open, between two looks at them; beyond them they are bounded
 *     anew
 */
record Room(long numbers, long leaves, long boxes) {
  /** Returns shares of what Java may use: a quarter, a quarter and an eighth. */
  static Room ofHeap() {
    long most = Runtime.getRuntime().maxMemory();
    return new Room(most / 4, most / 4, most / 8);
  }
}
