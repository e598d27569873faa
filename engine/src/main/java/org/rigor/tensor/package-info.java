// SPDX-License-Identifier: Apache-2.0
/**
 * Element types, shapes and arrays on the host, and Philox, the only source of random words. Axis 0
 * of every shape is the model axis: one row per model, or 1 if all models share the data. To add an
 * element type, add a constant to {@link org.rigor.tensor.DType}; the compiler then names each
 * switch that must handle it.
 */
package org.rigor.tensor;
