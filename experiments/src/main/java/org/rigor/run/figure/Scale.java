// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

/**
 * What an axis of a chart shows.
 *
 * @param label with its unit
 * @param log whether equal ratios have equal lengths; what is not above 0 is then not shown
 * @param whole whether only whole numbers have a meaning, such as epochs
 * @param share whether values are shares, shown from 0 to 100 %
 */
public record Scale(String label, boolean log, boolean whole, boolean share) {
  /** Returns an even scale. */
  public static Scale of(String label) {
    return new Scale(label, false, false, false);
  }

  public Scale withLog(boolean on) {
    return new Scale(label, on, whole, share);
  }

  public Scale ofWholeNumbers() {
    return new Scale(label, log, true, share);
  }

  public Scale ofShares() {
    return new Scale(label, log, whole, true);
  }
}
