// SPDX-License-Identifier: Apache-2.0
/**
 * Properties of networks: which inputs and outputs are unsafe, in exact decimals, and as doubles
 * that are rounded so that a proof of the doubles is a proof of the decimals.
 */
package org.rigor.property;
