// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** How a trial ended. */
public enum Outcome {
  /** Trained and measured. */
  FINISHED,
  /** The loss grew beyond use or its parameters became infinite. */
  DIVERGED,
  /** A NaN appeared; the message names the first bad node. */
  NAN,
  /** Did not fit, alone, on the device. */
  OUT_OF_MEMORY,
  /** Anything else; the message says what. */
  FAILED
}
