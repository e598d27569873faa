// SPDX-License-Identifier: Apache-2.0
/**
 * Training of many models at once, as rows of the model axis, each equal to the same row trained
 * alone. To add a method: a record that implements {@link org.rigor.train.Method}, and its sample
 * in {@code MethodSamples}; an optimiser: a record that implements {@link
 * org.rigor.train.Optimiser}; a schedule: one that implements {@link org.rigor.train.Schedule}.
 */
package org.rigor.train;
