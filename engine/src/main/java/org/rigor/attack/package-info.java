// SPDX-License-Identifier: Apache-2.0
/**
 * Attacks: the upper side of robust accuracy. An {@link org.rigor.attack.Attack} says where a row
 * starts and how it steps; drivers keep its state, check its points and confirm successes in
 * double. A finished row is held by {@code select}, never by a product.
 */
package org.rigor.attack;
