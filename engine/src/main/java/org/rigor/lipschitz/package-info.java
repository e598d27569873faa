// SPDX-License-Identifier: Apache-2.0
/**
 * Lipschitz constants from both sides: Jacobian norms at points below, a product of certified norms
 * over the traced network above. To add a lower side: norms at points, as {@link
 * org.rigor.lipschitz.JacobianNorms} has them; an upper side: a walk over the nodes that throws
 * where it has no rule. A power iteration approaches a norm from below and is never an upper side.
 */
package org.rigor.lipschitz;
