// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import org.rigor.exec.Traffic;

/** Sum of what was asked of a device, or recorded in a graph. */
final class Tally {
  private Traffic sum = Traffic.NONE;

  synchronized void add(Traffic what) {
    sum = sum.plus(what);
  }

  synchronized Traffic sum() {
    return sum;
  }
}
