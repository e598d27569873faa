// SPDX-License-Identifier: Apache-2.0
/**
 * Certificates: the lower side of robust accuracy. A bound is a walk over the nodes of the traced
 * network and is itself a traced program in F64, with every rounding covered by a-priori terms, so
 * its verdicts hold for the real-arithmetic function of the stored parameters. To add one:
 * implement {@link org.rigor.certify.Certificate}; rules of single operations stand with them in
 * {@code org.rigor.op}.
 */
package org.rigor.certify;
