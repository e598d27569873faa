// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Progress;

/** Asks for an end after some epochs. */
final class StopsAfter implements Progress {
  private final Cancellation cancellation;
  private int left;

  StopsAfter(int epochs, Cancellation cancellation) {
    this.left = epochs;
    this.cancellation = cancellation;
  }

  @Override
  public void show(String metric, double value) {
    left--;
    if (left == 0) {
      cancellation.request();
    }
  }

  @Override
  public void begin(Pack pack, long units) {}

  @Override
  public void advance(long units) {}

  @Override
  public void phase(String name) {}

  @Override
  public void note(String line) {}
}
