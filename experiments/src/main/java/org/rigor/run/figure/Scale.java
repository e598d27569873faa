// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

/**
 * The scale of a chart's axis.
 *
 * @param label with its unit
 * @param log whether equal ratios have equal lengths; values not above 0 are then not shown
 * @param whole whether only whole numbers have a meaning, as for epochs
 * @param share whether values are shares, shown from 0 to 100 %
 */
public record Scale(String label, boolean log, boolean whole, boolean share) {
  /** Returns a linear scale. */
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
