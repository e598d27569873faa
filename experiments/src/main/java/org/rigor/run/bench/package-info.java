// SPDX-License-Identifier: Apache-2.0
/**
 * The works of {@code rigor bench}: each is measured on a device, its floor stated, and its inputs
 * and results handed to the peers in {@code bench/peers}, which must agree before any ratio is
 * shown. To add a work: a class here, listed at {@link org.rigor.run.bench.Work}.
 */
package org.rigor.run.bench;
