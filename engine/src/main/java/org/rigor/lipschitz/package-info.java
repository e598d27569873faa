// SPDX-License-Identifier: Apache-2.0
/**
 * Lipschitz constants of networks, as brackets: norms of Jacobians at samples below, products of
 * certified norms above. To support a further operation in the upper bound, add its rule to {@link
 * org.rigor.lipschitz.SlopeRules}.
 */
package org.rigor.lipschitz;
