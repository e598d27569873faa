// SPDX-License-Identifier: Apache-2.0
/**
 * Curvature of a loss over the parameters of M networks at once, in double: Hessian-vector products
 * by forward over reverse differentiation, traces, extreme eigenvalues, densities, gradients of
 * single samples, the Fisher trace and the largest loss in a ball of weights. A {@link
 * org.rigor.curvature.LossSurface} keeps data and parameters on the device; what is measured on it
 * is compiled once and reused after every {@link org.rigor.curvature.LossSurface#move}. At kinks,
 * derivatives follow the operations' rules; the Hessian is the one that holds almost everywhere.
 */
package org.rigor.curvature;
