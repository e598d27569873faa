// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

/**
 * The extents for which a training's programs are traced.
 *
 * @param models rows M of the model axis
 * @param steps largest number of steps of any row, the extent of tables over steps
 */
record Rows(TrainingSetup setup, int models, int steps) {}
