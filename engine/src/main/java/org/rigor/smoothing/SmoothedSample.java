// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

/**
 * What the draws of a sample say about the smoothed classifier there, each side with probability 1
 * - alpha. R = sigma Phi^-1(p), for the probability p of its class, is a radius within which it
 * keeps that class.
 *
 * @param top class of the smoothed classifier as the first block of draws proposes it; -1 if all
 *     logits there were NaN
 * @param misses draws of another class, or of logits that are not numbers
 * @param draws number of draws that p is estimated from
 * @param pLower lower side of p
 * @param pUpper upper side of p
 * @param radiusLower lower side of R; 0 if nothing is certified
 * @param radiusUpper upper side of R
 * @param predicts whether p &gt; 1/2 is certified; if not, the classifier abstains
 * @param right whether {@code top} is the label
 * @param certified number of leading epsilons, of those asked, that are below R; 0 if not right
 * @param open number of leading epsilons not shown to be R or more; 0 if not right
 */
public record SmoothedSample(
    int top,
    int misses,
    int draws,
    double pLower,
    double pUpper,
    double radiusLower,
    double radiusUpper,
    boolean predicts,
    boolean right,
    int certified,
    int open) {
  /** Returns whether the smoothed classifier's class is certified and is not the label. */
  public boolean wrong() {
    return predicts && !right;
  }
}
