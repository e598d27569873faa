// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A request to end a run early. A runner checks it between steps, then writes its state and
 * returns. Each running pack has a part of the run's cancellation.
 */
public final class Cancellation {
  private final Cancellation whole;
  private final List<Cancellation> parts = new CopyOnWriteArrayList<>();
  private volatile boolean requested;
  private volatile boolean expendable;

  public Cancellation() {
    this(null);
  }

  private Cancellation(Cancellation whole) {
    this.whole = whole;
  }

  /**
   * Returns a part for a pack that begins: it sees requests to the run and can be requested alone.
   */
  public Cancellation part() {
    Cancellation part = new Cancellation(this);
    parts.add(part);
    return part;
  }

  /** Removes the part of a pack that has ended. */
  public void ended(Cancellation part) {
    parts.remove(part);
  }

  public void request() {
    requested = true;
  }

  public boolean requested() {
    return requested || whole != null && whole.requested();
  }

  /**
   * Sets, for the runner, whether its current work may be cut off because everything expensive is
   * stored. An early end then does not wait for it.
   */
  public void expendable(boolean now) {
    expendable = now;
  }

  /** Returns whether everything that runs now is expendable. */
  public boolean expendable() {
    List<Cancellation> running = List.copyOf(parts);
    return running.isEmpty() ? expendable : running.stream().allMatch(Cancellation::expendable);
  }
}
