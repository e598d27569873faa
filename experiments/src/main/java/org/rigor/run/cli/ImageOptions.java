// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rigor.attack.ImageLayout;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import picocli.CommandLine.Option;

/** Options that say what images a network takes as rows of numbers. */
final class ImageOptions {
  /** Attacks in which windows of images matter. */
  private static final List<String> SEES = List.of("square", "autoattack", "autoattack-reference");

  @Option(
      names = "--image",
      paramLabel = "H,W,C",
      split = ",",
      description =
          "Height, width and channels of images that the network takes as rows of numbers, for"
              + " --png and for square: without them it changes intervals of a row.")
  private List<Integer> image = new ArrayList<>();

  @Option(
      names = "--channels-first",
      description =
          "With --image: a row holds one channel after another, not one pixel after another.")
  private boolean channelsFirst;

  /**
   * Returns the images' extents; empty if the samples' shape says what they are.
   *
   * @param attack that looks at them, or ignores them
   * @param pictures whether pictures are wanted of them
   */
  Optional<ImageLayout> layout(String attack, boolean pictures) {
    if (!image.isEmpty() && !pictures && !SEES.contains(attack)) {
      throw new RunException(
          ExitCode.USAGE,
          "--image: --attack %s does not look at images, %s do, and --png"
              .formatted(attack, String.join(", ", SEES)));
    }
    return layout();
  }

  /** Returns the images' extents; empty if none are given. */
  Optional<ImageLayout> layout() {
    if (image.isEmpty() && channelsFirst) {
      throw new RunException(ExitCode.USAGE, "--channels-first: needs --image");
    }
    if (image.isEmpty()) {
      return Optional.empty();
    }
    if (image.size() != 3 || image.stream().anyMatch(extent -> extent < 1)) {
      throw new RunException(
          ExitCode.USAGE, "--image: expected height, width and channels, 28,28,1, got " + image);
    }
    return Optional.of(new ImageLayout(image.get(0), image.get(1), image.get(2), channelsFirst));
  }
}
