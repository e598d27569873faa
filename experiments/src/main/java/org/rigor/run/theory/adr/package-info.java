// SPDX-License-Identifier: Apache-2.0
/**
 * Laws of adversarial training and of annealing self-distillation rectification (Wu et al. 2024,
 * arXiv 2305.12118), measured through the engine's own training programs.
 */
package org.rigor.run.theory.adr;
