// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/**
 * One network trained and measured.
 *
 * @param id hash of all that may change the result; names the files of the result
 * @param modelId hash of all that may change the trained network; equal for trials that differ in
 *     their measurements alone
 * @param arm where it belongs in the study
 * @param spec its configuration
 */
public record Trial(String id, String modelId, Arm arm, TrialSpec spec) {}
