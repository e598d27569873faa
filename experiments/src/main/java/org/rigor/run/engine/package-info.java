// SPDX-License-Identifier: Apache-2.0
/**
 * The engine behind studies and commands. It trains, probes and measures packs of trials and
 * analyses a user's own network.
 */
package org.rigor.run.engine;
