// SPDX-License-Identifier: Apache-2.0
/**
 * Small multilayer perceptrons on the chip: operations whose kernels hold a model's weights in the
 * shared memory of a block for a whole attack, or for a pass forward and back. They are chosen by
 * shapes and by what a device states ({@code Device.sharedBytes}); everything else uses the
 * composed programs. Derivatives do not flow through them.
 */
package org.rigor.nn.mlp;
