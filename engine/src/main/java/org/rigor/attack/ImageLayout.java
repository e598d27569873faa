// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Extents of images that a network takes as rows of numbers.
 *
 * @param channelsFirst whether a row holds one channel after another; else one pixel after another
 */
public record ImageLayout(int height, int width, int channels, boolean channelsFirst) {
  public ImageLayout {
    if (height < 1 || width < 1 || channels < 1) {
      throw new IllegalArgumentException(
          "image: height, width and channels must be >= 1, got %d, %d, %d"
              .formatted(height, width, channels));
    }
  }

  /** Returns how many numbers an image has. */
  public long size() {
    return (long) height * width * channels;
  }

  /** Reshapes points [M, B, features...] to [M, B, C, H, W]. */
  Value channels(Value points) {
    int m = points.shape().dim(0);
    int b = points.shape().dim(1);
    return channelsFirst
        ? F.reshape(points, Shape.of(m, b, channels, height, width))
        : F.transpose(
            F.reshape(points, Shape.of(m, b, height, width, channels)), List.of(0, 1, 4, 2, 3));
  }

  /** Reshapes images [M, B, C, H, W] to points of a shape, as {@link #channels} had them. */
  Value points(Value images, Shape like) {
    Value own = channelsFirst ? images : F.transpose(images, List.of(0, 1, 3, 4, 2));
    return F.reshape(own, like);
  }
}
