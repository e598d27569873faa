// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

/**
 * What the programs of a training are traced for.
 *
 * @param models rows M of the model axis
 * @param steps most steps a row takes, the extent of tables over the steps
 */
record Rows(TrainingSetup setup, int models, int steps) {}
