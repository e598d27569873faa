// SPDX-License-Identifier: Apache-2.0
/**
 * The execution of a study's unfinished trials: packs, invariants that stop a run, progress, and an
 * orderly end on a signal.
 */
package org.rigor.run.schedule;
