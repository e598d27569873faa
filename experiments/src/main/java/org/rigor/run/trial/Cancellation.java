// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** Set when the run is to end early. A runner asks between steps, writes its state and returns. */
public final class Cancellation {
  private volatile boolean requested;
  private volatile boolean expendable;

  public void request() {
    requested = true;
  }

  public boolean requested() {
    return requested;
  }

  /**
   * Said by the runner: whether what it does now may be cut off without a word, because all that is
   * dear to compute is stored. An early end then does not wait for it.
   */
  public void expendable(boolean now) {
    expendable = now;
  }

  public boolean expendable() {
    return expendable;
  }
}
