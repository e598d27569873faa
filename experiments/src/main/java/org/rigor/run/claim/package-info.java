// SPDX-License-Identifier: Apache-2.0
/**
 * Claims of a study against its results: metrics, intervals over seeds and over images, and the
 * verdict {@code holds}, {@code violated} or {@code undecided}. All intervals are two-sided.
 */
package org.rigor.run.claim;
