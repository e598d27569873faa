// SPDX-License-Identifier: Apache-2.0
/**
 * Attacking, bounding and certifying a user's own network: what is asked for, what it gives, and
 * how both are written as text and JSON.
 */
package org.rigor.run.analysis;
