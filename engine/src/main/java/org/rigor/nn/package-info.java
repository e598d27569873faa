// SPDX-License-Identifier: Apache-2.0
/**
 * Networks as traced programs: layers, losses, and networks of them. To add a layer: a record that
 * implements {@link org.rigor.nn.Layer} and traces operations; derivatives, stacking and devices
 * follow from those. What a batch norm does with statistics, and how it hands over the next ones,
 * says the {@link org.rigor.nn.Pass}. To add a loss: a method of {@link org.rigor.nn.Loss}, one
 * number a sample.
 */
package org.rigor.nn;
