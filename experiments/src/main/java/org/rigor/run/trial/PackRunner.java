// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** A runner that trains and measures the trials of a pack. */
public interface PackRunner {

  /**
   * Runs a pack and hands each trial to the sink once, as soon as it is done. A trial that diverges
   * or fails is an {@link Outcome}, not an exception; the others continue. After a cancellation it
   * writes its state, if it can resume, and returns early.
   *
   * @throws PackTooLarge if the pack does not fit on the device; the caller then halves it
   * @throws org.rigor.run.RunException if no trial of the pack can run
   */
  void run(Pack pack, TrialSink sink, Progress progress, Cancellation cancellation);
}
