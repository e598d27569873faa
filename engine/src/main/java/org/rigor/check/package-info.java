// SPDX-License-Identifier: Apache-2.0
/**
 * A checker of proofs that shares nothing with what made them but readers of bytes: it parses the
 * network and the property itself, and bounds every leaf in double arithmetic rounded outward. A
 * proof tells it where to look, never what to believe.
 */
package org.rigor.check;
