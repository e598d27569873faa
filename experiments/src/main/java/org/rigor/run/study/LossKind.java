// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

/** The loss of standard training. */
public enum LossKind {
  CROSS_ENTROPY,
  /** Mean over the outputs of the squared distance to the one-hot label. */
  MSE
}
