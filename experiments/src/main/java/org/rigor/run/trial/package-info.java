// SPDX-License-Identifier: Apache-2.0
/**
 * Trials: their expansion from a study, their identity, their results, and the interface between
 * the scheduler and whatever trains and measures them.
 */
package org.rigor.run.trial;
