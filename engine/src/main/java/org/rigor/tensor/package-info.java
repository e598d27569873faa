// SPDX-License-Identifier: Apache-2.0
/**
 * Element types, shapes and arrays on the host, and Philox, the one source of random words. Axis 0
 * of every shape is the model axis: as many rows as models, or 1 where all models share the data.
 * To add an element type: a constant of {@link org.rigor.tensor.DType}; the compiler then names
 * each switch that has to know it.
 */
package org.rigor.tensor;
