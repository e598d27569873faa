// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.Randoms;

/**
 * One way in which images go bad, at five severities. Constants are those of the script that
 * generated CIFAR-10-C and are in pixels of 32 x 32 images where they are lengths; images of
 * another size keep them unless a corruption says otherwise. Where that script rounds to 8 bits
 * only at the very end, results here are not rounded.
 */
public interface Corruption {
  int SEVERITIES = 5;

  /** Returns the name CIFAR-10-C gives its file, with '-': {@code gaussian-noise}. */
  String name();

  /** Returns how it differs from the original beyond what {@link Corruption} says. */
  String differs();

  /**
   * Traces the corruption.
   *
   * @param x [M or 1, B, H, W, C] in [0, 1]; C is 1, or 3 for red, green and blue
   * @param severity 1 to 5
   * @param draws of which each image sees its own
   * @return of the shape of {@code x}, with the models of the draws if it uses them, in [0, 1]
   * @throws IllegalArgumentException for another severity, or other than images of 1 or 3 channels
   */
  Value apply(Value x, int severity, Randoms draws);

  /** The constant of a severity. */
  static double constant(int severity, double... constants) {
    if (severity < 1 || severity > constants.length) {
      throw new IllegalArgumentException(
          "severity: must be in 1.." + constants.length + ", got " + severity);
    }
    return constants[severity - 1];
  }

  /** The constants of a severity. */
  static double[] constants(int severity, double[]... constants) {
    if (severity < 1 || severity > constants.length) {
      throw new IllegalArgumentException(
          "severity: must be in 1.." + constants.length + ", got " + severity);
    }
    return constants[severity - 1];
  }
}
