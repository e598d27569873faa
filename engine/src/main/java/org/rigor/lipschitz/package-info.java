// SPDX-License-Identifier: Apache-2.0
/**
 * Lipschitz constants of networks, as brackets: norms of Jacobians at samples below, products of
 * certified norms above. An operation's rule for the upper side is {@link org.rigor.ir.Op#slope}.
 */
package org.rigor.lipschitz;
