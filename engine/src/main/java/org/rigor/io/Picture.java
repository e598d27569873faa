// SPDX-License-Identifier: Apache-2.0
package org.rigor.io;

/**
 * One decoded image.
 *
 * @param channels 1 if the image is grey, else 3: red, green, blue
 * @param samples [height, width, channels], each the stored sample over the largest its depth
 *     allows
 * @param turned whether an Exif tag asks viewers to turn or mirror it; the samples are as stored
 */
public record Picture(int height, int width, int channels, float[] samples, boolean turned) {

  /** Returns the three channels; a grey g gives red = green = blue = g. */
  public Picture colour() {
    if (channels == 3) {
      return this;
    }
    float[] out = new float[3 * samples.length];
    for (int i = 0; i < samples.length; i++) {
      out[3 * i] = samples[i];
      out[3 * i + 1] = samples[i];
      out[3 * i + 2] = samples[i];
    }
    return new Picture(height, width, 3, out, turned);
  }
}
