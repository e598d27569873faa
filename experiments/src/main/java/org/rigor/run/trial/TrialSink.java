// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.io.AtomicFile;

/** The receiver of a runner's results. Safe for use by several threads. */
public interface TrialSink {

  /**
   * Stores a result. When the call returns the result is on disk and survives a kill.
   *
   * @throws org.rigor.run.RunException if an invariant is broken or it cannot be written
   */
  void completed(TrialResult result);

  /**
   * What is known of a trial before all its measurements are done.
   *
   * @param measured number of measurements, the first ones of the study
   * @param result with their numbers
   */
  record Partial(int measured, TrialResult result) {}

  /** Stores what was measured so far; when the call returns it survives a kill. */
  default void measured(Partial partial) {}

  /** Returns what an earlier run measured of a trial that it did not finish. */
  default Optional<Partial> measured(String trialId) {
    return Optional.empty();
  }

  /** Appends a line to {@code metrics.jsonl}, for example an epoch's loss. */
  void metric(String trialId, String phase, long step, Map<String, Double> values);

  /**
   * Drops lines of earlier runs about trials after a step, because those steps are repeated now.
   */
  void metricsRestart(Set<String> trialIds, long after);

  /**
   * Writes a file of the run folder atomically: {@code models/<modelId>.safetensors} or {@code
   * arrays/<trialId>-<what>.npy}. Call it before {@link #completed}.
   *
   * @param path relative to the run folder
   */
  void file(String path, AtomicFile.Content content);

  /** Returns the file that an earlier run stored there if it is intact, or null. */
  Path existing(String path);

  /** Moves an unusable file aside and reports why; it is made again. */
  void damaged(String path, String why);

  /** Removes a file that is no longer needed, if it exists. */
  void discard(String path);
}
