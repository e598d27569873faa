// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

/** The norm in which inputs and outputs are measured. */
public enum OperatorNorm {
  /** Euclidean: the operator norm is the largest singular value. */
  L2,
  /** Largest magnitude: the operator norm is the largest absolute row sum. */
  LINF
}
