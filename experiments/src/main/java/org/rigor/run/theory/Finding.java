// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

/**
 * One row of a law: a number a theory predicts beside the number measured.
 *
 * @param row what is compared, unique within the law, for example {@code L=5, lambda>0}
 * @param equation of the prediction, with its source where it differs from the law's
 * @param predicted by the theory
 * @param measured by the engine
 * @param tolerance largest difference at which the row agrees
 */
public record Finding(
    String row, String equation, double predicted, double measured, Tolerance tolerance) {

  /**
   * Returns whether the measurement lies within the tolerance of the prediction; never with NaN.
   */
  public boolean agrees() {
    return agrees(predicted);
  }

  /** Returns whether the measurement would agree with another prediction. */
  public boolean agrees(double prediction) {
    return Math.abs(measured - prediction) <= tolerance.allowed();
  }

  /**
   * Returns whether the row detects a prediction off by 5 % to either side, or by 0.01 where it is
   * zero.
   */
  public boolean discriminates() {
    double off = predicted == 0 ? 0.01 : 0.05 * predicted;
    return !agrees(predicted + off) && !agrees(predicted - off);
  }
}
