// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** Trains and measures the trials of a pack. */
public interface PackRunner {

  /**
   * Runs a pack. Every trial is handed to the sink once, as soon as it is done; a trial that
   * diverges or fails is an {@link Outcome}, not an exception, and the others go on. After
   * cancellation it returns early, having written its state if it can resume.
   *
   * @throws PackTooLarge if the pack does not fit on the device; it is then halved
   * @throws org.rigor.run.RunException if no trial of the pack can run
   */
  void run(Pack pack, TrialSink sink, Progress progress, Cancellation cancellation);
}
