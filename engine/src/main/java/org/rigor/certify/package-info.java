// SPDX-License-Identifier: Apache-2.0
/**
 * Certificates: the lower side of robust accuracy. A bound walks over the nodes of the traced
 * network and is itself a traced program in F64. A-priori terms cover every rounding, so verdicts
 * hold for the real-arithmetic function of the stored parameters. To add one: implement {@link
 * org.rigor.certify.Certificate}; each operation defines its own rules in {@code org.rigor.op}.
 */
package org.rigor.certify;
