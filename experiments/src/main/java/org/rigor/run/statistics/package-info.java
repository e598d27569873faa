// SPDX-License-Identifier: Apache-2.0
/** Intervals and tests of shares, of means over seeds, and of ranks. */
package org.rigor.run.statistics;
