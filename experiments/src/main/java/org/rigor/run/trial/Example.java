// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/**
 * A test sample that an attack broke, for the pictures.
 *
 * @param index in the test data
 * @param label true class
 * @param predicted class of the adversarial sample
 * @param epsilon smallest radius at which the attack broke it
 * @param height of the picture, 1 for vectors
 * @param width of the picture
 * @param channels 1 or 3, last axis
 * @param clean pixels in [0, 1], row-major [height, width, channels]
 * @param adversarial pixels of the broken sample
 */
public record Example(
    int index,
    int label,
    int predicted,
    double epsilon,
    int height,
    int width,
    int channels,
    float[] clean,
    float[] adversarial) {
  public Example {
    int n = height * width * channels;
    if (clean.length != n || adversarial.length != n) {
      throw new IllegalArgumentException(
          "a %d x %d x %d picture has %d values, got %d and %d"
              .formatted(height, width, channels, n, clean.length, adversarial.length));
    }
  }
}
