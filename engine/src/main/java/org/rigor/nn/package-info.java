// SPDX-License-Identifier: Apache-2.0
/**
 * Networks as traced programs: layers, losses, and networks of them. To add a layer: a record that
 * implements {@link org.rigor.nn.Layer} and traces operations; derivatives, stacking and devices
 * follow from those. {@link org.rigor.nn.Pass} defines which statistics a batch norm uses and how
 * it reports the updated ones. To add a loss: a method of {@link org.rigor.nn.Loss} that gives one
 * number per sample.
 */
package org.rigor.nn;
