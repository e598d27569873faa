// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Set when the run is to end early. A runner asks between steps, writes its state and returns. Each
 * pack that runs has a part of the run's.
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

  /** Returns one for a pack that begins: it hears of every request, and may get one of its own. */
  public Cancellation part() {
    Cancellation part = new Cancellation(this);
    parts.add(part);
    return part;
  }

  /** The pack of a part has ended. */
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
   * Said by the runner: whether what it does now may be cut off without a word, because all that is
   * dear to compute is stored. An early end then does not wait for it.
   */
  public void expendable(boolean now) {
    expendable = now;
  }

  /** Whether all that runs now is expendable. */
  public boolean expendable() {
    List<Cancellation> running = List.copyOf(parts);
    return running.isEmpty() ? expendable : running.stream().allMatch(Cancellation::expendable);
  }
}
