// SPDX-License-Identifier: Apache-2.0
/**
 * The engine behind studies and commands: packs of trials are trained, probed and measured, and a
 * user's own network is analysed.
 */
package org.rigor.run.engine;
