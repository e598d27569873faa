// SPDX-License-Identifier: Apache-2.0
/**
 * The benchmarks' work in other libraries, found as services; compiled only with {@code -Ppeers}.
 */
package org.rigor.bench.peers;
