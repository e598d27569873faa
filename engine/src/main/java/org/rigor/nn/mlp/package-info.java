// SPDX-License-Identifier: Apache-2.0
/**
 * Small multilayer perceptrons on the chip: operations whose kernels hold a model's weights in a
 * block's shared memory for a whole attack, or for one forward and backward pass. Shapes and the
 * device's shared memory ({@code Device.sharedBytes}) decide whether they are used; everything else
 * uses the composed programs. Derivatives do not flow through them.
 */
package org.rigor.nn.mlp;
