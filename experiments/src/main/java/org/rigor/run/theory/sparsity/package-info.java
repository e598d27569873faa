// SPDX-License-Identifier: Apache-2.0
/**
 * Laws about activation sparsity and flat minima (Peng et al. 2023, arXiv 2309.03004): the Fisher
 * trace, gradients of blocks, random matrices, weight noise.
 */
package org.rigor.run.theory.sparsity;
