// SPDX-License-Identifier: Apache-2.0
/**
 * Attacks: the upper side of robust accuracy. State stands in rows, one a model and sample, and a
 * finished row is held by {@code select}, never by a product. To add an attack: a record with its
 * parameters' ranges and its steps as traced values; it must stay in the ball and the box.
 */
package org.rigor.attack;
