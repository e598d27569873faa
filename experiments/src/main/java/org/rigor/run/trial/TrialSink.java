// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.rigor.io.AtomicFile;

/** Where a runner hands over what it has. Safe for use by several threads. */
public interface TrialSink {

  /**
   * Takes a result. When the call returns it is on disk and survives a kill.
   *
   * @throws org.rigor.run.RunException if an invariant is broken or it cannot be written
   */
  void completed(TrialResult result);

  /** Appends a line to {@code metrics.jsonl}, for example an epoch's loss. */
  void metric(String trialId, String phase, long step, Map<String, Double> values);

  /** Drops the lines that former runs wrote of a trial behind a step, which is done again now. */
  void metricsRestart(Set<String> trialIds, long after);

  /**
   * Writes a file of the run folder atomically: {@code models/<modelId>.safetensors} or {@code
   * arrays/<trialId>-<what>.npy}. Call it before {@link #completed}.
   *
   * @param path relative to the run folder
   */
  void file(String path, AtomicFile.Content content);

  /** Returns the file a former run left there, if it is what was stored; or null. */
  Path existing(String path);

  /** Moves a file aside that cannot be used, and says why; it is made again. */
  void damaged(String path, String why);

  /** Removes a file that is of no use any more, if it is there. */
  void discard(String path);
}
