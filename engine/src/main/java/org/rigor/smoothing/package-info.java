// SPDX-License-Identifier: Apache-2.0
/**
 * Randomised smoothing (Cohen et al. 2019): votes of networks under Gaussian noise on the device,
 * and what they say of the smoothed classifier.
 */
package org.rigor.smoothing;
