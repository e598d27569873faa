// SPDX-License-Identifier: Apache-2.0
/**
 * Attacks, Lipschitz brackets and certificates for a user's own network: requests, reports, and
 * their text and JSON forms.
 */
package org.rigor.run.analysis;
