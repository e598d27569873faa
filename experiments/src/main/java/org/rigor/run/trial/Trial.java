// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/**
 * One network trained and measured.
 *
 * @param id hash of everything that may change the result; names the files of the result
 * @param modelId hash of everything that may change the trained network; equal for trials that
 *     differ only in their measurements
 * @param arm its arm in the study
 * @param spec its configuration
 */
public record Trial(String id, String modelId, Arm arm, TrialSpec spec) {
  /** Returns the path of its network in a run folder. */
  public String modelPath() {
    return "models/" + modelId + ".safetensors";
  }
}
