// SPDX-License-Identifier: Apache-2.0
/**
 * Matrix products, decompositions and certified norms on plain arrays. To add a provider of
 * products: implement {@link org.rigor.linalg.Gemm} with its rounding rule and name it in {@link
 * org.rigor.linalg.Gemms}; the tests compare all providers bit by bit.
 */
package org.rigor.linalg;
