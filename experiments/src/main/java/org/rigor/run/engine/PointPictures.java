// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rigor.attack.ImageLayout;
import org.rigor.io.AtomicFile;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.figure.Png;
import org.rigor.tensor.Shape;

/** PNG files of samples, of misclassified points near them, and of what differs. */
record PointPictures(ImageLayout layout) {

  /**
   * Returns pictures of a layout.
   *
   * @param input shape of a sample; its channels come first, unless only the last axis has 1 or 3
   * @throws RunException with exit code 2 if there is no layout, or it is not grey or RGB
   */
  static PointPictures of(Shape input, Optional<ImageLayout> given) {
    ImageLayout layout =
        given
            .or(() -> layout(input))
            .orElseThrow(
                () ->
                    new RunException(
                        ExitCode.USAGE,
                        "--png: samples of shape %s are no grey or RGB images; --image H,W,C says"
                                .formatted(input)
                            + " what they are"));
    if (layout.channels() != 1 && layout.channels() != 3) {
      throw new RunException(
          ExitCode.USAGE,
          "--png: pictures are grey or RGB, with 1 or 3 channels, got " + layout.channels());
    }
    return new PointPictures(layout);
  }

  private static Optional<ImageLayout> layout(Shape s) {
    if (s.rank() == 2) {
      return Optional.of(new ImageLayout(s.dim(0), s.dim(1), 1, true));
    }
    if (s.rank() != 3) {
      return Optional.empty();
    }
    if (s.dim(0) == 1 || s.dim(0) == 3) {
      return Optional.of(new ImageLayout(s.dim(1), s.dim(2), s.dim(0), true));
    }
    return s.dim(2) == 1 || s.dim(2) == 3
        ? Optional.of(new ImageLayout(s.dim(0), s.dim(1), s.dim(2), false))
        : Optional.empty();
  }

  /**
   * Writes {@code INDEX-clean.png}, {@code INDEX-adversarial.png} and {@code INDEX-difference.png}
   * of each point; in the last, middle grey is no change and black or white the largest of the
   * sample.
   *
   * @param folder that exists
   * @param clean in [0, 1], flat
   * @param points in [0, 1], flat
   */
  void write(Path folder, List<SavedPoints.Row> rows, double[] clean, double[] points) {
    int size = Math.toIntExact(layout.size());
    for (int r = 0; r < rows.size(); r++) {
      float[][] all = new float[3][size];
      double most = Double.MIN_NORMAL;
      for (int i = 0; i < size; i++) {
        most = Math.max(most, Math.abs(points[r * size + i] - clean[r * size + i]));
      }
      for (int i = 0; i < size; i++) {
        int at = r * size + from(i);
        all[0][i] = (float) clean[at];
        all[1][i] = (float) points[at];
        all[2][i] = (float) (0.5 + 0.5 * (points[at] - clean[at]) / most);
      }
      String stem = "%05d-".formatted(rows.get(r).index());
      String[] names = {"clean", "adversarial", "difference"};
      for (int k = 0; k < names.length; k++) {
        byte[] png = Png.bytes(all[k], layout.height(), layout.width(), layout.channels());
        AtomicFile.write(folder.resolve(stem + names[k] + ".png"), out -> out.write(png));
      }
    }
  }

  /** Returns where a sample holds what a picture, channels last, has in a place. */
  private int from(int place) {
    if (!layout.channelsFirst()) {
      return place;
    }
    int channels = layout.channels();
    return place % channels * layout.height() * layout.width() + place / channels;
  }
}
