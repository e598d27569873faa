// SPDX-License-Identifier: Apache-2.0
/**
 * The probe and the acceptance of a GPU: checks against the CPU, then timings, each written down as
 * soon as it is there. The scripts in {@code bench/gpu} start them.
 */
package org.rigor.bench.gpu;
