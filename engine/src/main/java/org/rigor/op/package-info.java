// SPDX-License-Identifier: Apache-2.0
/**
 * The operations, one record a file, and {@link org.rigor.op.F}, the vocabulary in which models,
 * attacks and derivative rules are written. To add one: a record that implements {@link
 * org.rigor.ir.Op}, or {@link org.rigor.op.Pointwise} if it is elementwise; its word in {@code F}
 * or {@link org.rigor.op.Elementwise}; its samples in the contract test, which fails without them.
 * Words about matrices are in {@link org.rigor.op.Solve}, about order in {@link
 * org.rigor.op.Order}.
 */
package org.rigor.op;
