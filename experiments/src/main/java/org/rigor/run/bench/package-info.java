// SPDX-License-Identifier: Apache-2.0
/**
 * The works of {@code rigor bench}: each runs on a device, states its floor, and hands its inputs
 * and results to the peers in {@code bench/peers}, which must agree before any ratio is shown. They
 * live here because the command line starts from this module's one jar; JMH benchmarks and
 * comparisons within one process live in the module {@code bench}. To add a work: a class here,
 * listed at {@link org.rigor.run.bench.Work}.
 */
package org.rigor.run.bench;
