// SPDX-License-Identifier: Apache-2.0
/**
 * The probe and the acceptance of a GPU: checks against the CPU, then timings, each written as soon
 * as it is known. The scripts in {@code bench/gpu} start them.
 */
package org.rigor.bench.gpu;
