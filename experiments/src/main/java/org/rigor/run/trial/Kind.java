// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** What a number is worth; the meanings are those of the engine's numbers. */
public enum Kind {
  EXACT,
  CERTIFIED,
  BOUND,
  ESTIMATE
}
