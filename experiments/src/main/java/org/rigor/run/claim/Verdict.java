// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

/** The verdict of the results on a claim. */
public enum Verdict {
  /** The whole interval lies in the claimed region. */
  HOLDS,
  /** The whole interval lies outside. */
  VIOLATED,
  /** Neither, or too few seeds. */
  UNDECIDED
}
