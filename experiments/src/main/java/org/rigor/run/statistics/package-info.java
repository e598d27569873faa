// SPDX-License-Identifier: Apache-2.0
/** Intervals and tests for shares and means over seeds, and rank correlation. */
package org.rigor.run.statistics;
