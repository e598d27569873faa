// SPDX-License-Identifier: Apache-2.0
/**
 * Whether probabilities mean what they say, on the host and in double: calibration errors with
 * their bias, proper scores, temperature scaling, how well a score tells two groups apart, and the
 * risk that is left when a predictor may abstain. Nothing here knows networks: it takes
 * probabilities, logits and labels. Random numbers are Philox draws, so results depend on the seed
 * alone.
 */
package org.rigor.calibration;
