// SPDX-License-Identifier: Apache-2.0
/**
 * The works of {@code rigor bench}: each is measured on a device, its floor stated, and its inputs
 * and results handed to the peers in {@code bench/peers}, which must agree before any ratio is
 * shown. They stand here because the command line starts from the one jar of this module; what is
 * built and run beside it, JMH and the comparisons within one process, stands in the module {@code
 * bench}. To add a work: a class here, listed at {@link org.rigor.run.bench.Work}.
 */
package org.rigor.run.bench;
