// SPDX-License-Identifier: Apache-2.0
/**
 * Runs the unfinished trials of a study: packs, invariants that stop a run, progress, and an
 * orderly end on a signal.
 */
package org.rigor.run.schedule;
