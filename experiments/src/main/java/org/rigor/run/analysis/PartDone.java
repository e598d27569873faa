// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

/** What takes a Lipschitz bracket before it is finished. */
@FunctionalInterface
public interface PartDone {
  /**
   * Takes a bracket.
   *
   * @param measured samples of {@code all} whose Jacobians the bracket holds
   */
  void take(Analyses.LipschitzReport soFar, int measured, int all);
}
