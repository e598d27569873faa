// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Random crops and flips of training images, redrawn for each sample and epoch (Krizhevsky et al.
 * 2012; He et al. 2016, section 4.2). A draw depends on the trial, the sample and the epoch, never
 * on the batch.
 *
 * @param crop pixels of zero padding on each side before a crop of the original size, at least 0
 * @param flip mirror left and right with probability 1/2
 */
public record Augmentation(int crop, boolean flip) {
  /**
   * @throws IllegalArgumentException if {@code crop} is negative or nothing is done
   */
  public Augmentation {
    if (crop < 0 || (crop == 0 && !flip)) {
      throw new IllegalArgumentException(
          "augmentation needs crop >= 0 and a crop or a flip, got crop " + crop + " and no flip");
    }
  }

  /** Returns whether samples of this shape are images [H, W, C] that every crop overlaps. */
  public boolean fits(Shape sample) {
    return sample.rank() == 3 && crop < sample.dim(0) && crop < sample.dim(1);
  }

  /**
   * Returns the augmented images.
   *
   * @param x [M, B, H, W, C]
   * @param random with the samples' ids and the epoch as step
   * @throws IllegalArgumentException if {@code x} does not hold images, or a crop could miss the
   *     image entirely
   */
  Value apply(Value x, Randoms random) {
    Shape s = x.shape();
    if (s.rank() != 5 || !fits(s.remove(0).remove(0))) {
      throw new IllegalArgumentException(
          "crops by %d and flips need images [H, W, C] larger than that, got %s"
              .formatted(crop, s.remove(0).remove(0)));
    }
    int b = s.dim(1);
    int h = s.dim(2);
    int w = s.dim(3);
    Value row = F.add(F.iota(4, 2, h), shift(random, "train/crop-y"));
    Value column = F.iota(4, 3, w);
    if (flip) {
      Value mirrored = F.add(F.neg(column), w - 1);
      Value bits = random.bits("train/flip", Shape.of(1, 1)); // [M, B, 1, 1]
      column = F.select(F.lt(bits, F.constant(bits, 0)), mirrored, column);
    }
    column = F.add(column, shift(random, "train/crop-x"));
    Value inside = F.and(within(row, h), within(column, w)); // [M, B, H, W]
    Value image = F.mul(F.iota(4, 1, b), h * w);
    Value nearest = F.add(F.mul(F.clamp(row, 0, h - 1), w), F.clamp(column, 0, w - 1));
    Value pixel = F.add(image, nearest);
    Shape flat = Shape.of(pixel.shape().models(), b * h * w);
    Value table = F.reshape(x, Shape.of(s.models(), b * h * w, s.dim(4)));
    Value moved = F.gather(table, F.reshape(pixel, flat));
    Shape images = s.with(0, moved.shape().models());
    Value keep = F.reshape(inside, inside.shape().insert(4, 1));
    moved = F.reshape(moved, images);
    return F.select(keep, moved, F.constant(moved, 0));
  }

  /** Returns a shift of -crop .. crop with equal probability, [M, B, 1, 1]. */
  private Value shift(Randoms random, String site) {
    Value unit = random.unit(site, DType.F32, Shape.of(1, 1));
    Value steps = F.cast(F.mul(unit, 2 * crop + 1), DType.I32);
    // The product may round up to its end.
    return F.add(F.minimum(steps, F.constant(steps, 2 * crop)), -crop);
  }

  private static Value within(Value i, int extent) {
    return F.and(F.le(F.constant(i, 0), i), F.lt(i, F.constant(i, extent)));
  }
}
