// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** How a trial ended. */
public enum Outcome {
  /** Trained and measured. */
  FINISHED,
  /** The loss became far too large or the parameters infinite. */
  DIVERGED,
  /** A NaN appeared; the message names the first bad node. */
  NAN,
  /** Did not fit on the device even alone. */
  OUT_OF_MEMORY,
  /** Anything else; the message says what. */
  FAILED
}
