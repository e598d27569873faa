// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/** Extents of images [H, W, C] after windowed operations. */
final class ImageShapes {
  private ImageShapes() {}

  /** Returns [OH, OW, C]. */
  static Shape windowed(Windows w, Shape image) {
    requireImage(image);
    return Shape.of(w.rows(image.dim(0)), w.columns(image.dim(1)), image.dim(2));
  }

  static void requireImage(Shape s) {
    if (s.rank() != 3) {
      throw new IllegalArgumentException("needs an image of height, width and channels");
    }
  }
}
