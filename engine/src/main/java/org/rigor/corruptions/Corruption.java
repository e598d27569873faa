// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.Randoms;

/**
 * An image corruption at five severities. The constants are those of the script that generated
 * CIFAR-10-C; lengths are in pixels of 32 x 32 images. Images of other sizes use the same constants
 * unless a corruption says otherwise. Results are not rounded where that script rounds to 8 bits
 * only at the very end.
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
   * @param draws one independent draw per image
   * @return of the shape of {@code x}, with the models of the draws if it uses them, in [0, 1]
   * @throws IllegalArgumentException for any other severity, or unless images have 1 or 3 channels
   */
  Value apply(Value x, int severity, Randoms draws);

  /** Returns the constant of a severity. */
  static double constant(int severity, double... constants) {
    if (severity < 1 || severity > constants.length) {
      throw new IllegalArgumentException(
          "severity: must be in 1.." + constants.length + ", got " + severity);
    }
    return constants[severity - 1];
  }

  /** Returns the constants of a severity. */
  static double[] constants(int severity, double[]... constants) {
    if (severity < 1 || severity > constants.length) {
      throw new IllegalArgumentException(
          "severity: must be in 1.." + constants.length + ", got " + severity);
    }
    return constants[severity - 1];
  }
}
