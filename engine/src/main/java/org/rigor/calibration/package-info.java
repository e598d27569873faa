// SPDX-License-Identifier: Apache-2.0
/**
 * Calibration of probabilities, on the host and in double: calibration errors with their bias,
 * proper scores, temperature scaling, the AUROC of a score between two groups, and the risk that
 * remains when a predictor may abstain. The package takes probabilities, logits and labels and does
 * not depend on networks. Random numbers are Philox draws, so results depend only on the seed.
 */
package org.rigor.calibration;
