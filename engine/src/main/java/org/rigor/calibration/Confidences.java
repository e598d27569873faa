// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

/**
 * A predictor's confidence in each answer, and whether the answer was right. The predictor is
 * calibrated if a share c of its answers with confidence c is right.
 *
 * @param confidence [N], each in [0, 1]
 * @param correct [N]
 */
public record Confidences(double[] confidence, boolean[] correct) {
  /**
   * @throws IllegalArgumentException if there is no sample, lengths differ, or a confidence lies
   *     outside [0, 1]
   */
  public Confidences {
    if (confidence.length < 1 || confidence.length != correct.length) {
      throw new IllegalArgumentException(
          "needs as many answers as confidences and at least one, got %d and %d"
              .formatted(correct.length, confidence.length));
    }
    for (int n = 0; n < confidence.length; n++) {
      if (!(confidence[n] >= 0 && confidence[n] <= 1)) {
        throw new IllegalArgumentException(
            "a confidence lies in [0, 1], that of sample %d is %s".formatted(n, confidence[n]));
      }
    }
  }

  public int size() {
    return confidence.length;
  }

  /** Returns the share of right answers. */
  public double accuracy() {
    int right = 0;
    for (boolean c : correct) {
      right += c ? 1 : 0;
    }
    return (double) right / size();
  }
}
