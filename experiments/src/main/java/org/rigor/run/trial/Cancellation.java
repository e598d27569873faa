// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.concurrent.atomic.AtomicBoolean;

/** Set when the run is to end early. A runner asks between steps, writes its state and returns. */
public final class Cancellation {
  private final AtomicBoolean requested = new AtomicBoolean();

  public void request() {
    requested.set(true);
  }

  public boolean requested() {
    return requested.get();
  }
}
