// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.rigor.data.Box;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses.Keep;
import picocli.CommandLine.Option;

/** Options that say where misclassified points go. */
final class KeepOptions {
  @Option(
      names = "--save",
      paramLabel = "FILE",
      description =
          "Write the misclassified points here, as NPZ: x, x_adv, y, predicted, distance, attack"
              + " and the index in the data.")
  private Path save;

  @Option(
      names = "--png",
      paramLabel = "DIR",
      description =
          "Write them as pictures into this folder: INDEX-clean.png, -adversarial.png and"
              + " -difference.png, where middle grey is no change.")
  private Path png;

  boolean pictures() {
    return png != null;
  }

  /**
   * Returns where points go, once it is sure that they can be written there.
   *
   * @param image layout of pictures
   * @param box of the inputs, which pictures need
   */
  Keep keep(ImageOptions image, Box box) {
    if (png != null && !box.equals(Box.UNIT)) {
      throw new RunException(
          ExitCode.USAGE,
          "--png: pictures are of inputs in [0, 1], --box says %s; rigor preprocess puts the scaling"
                  .formatted(box)
              + " into the network");
    }
    if (png != null) {
      try {
        Files.createDirectories(png);
      } catch (IOException e) {
        throw new RunException(
            ExitCode.ENVIRONMENT, "cannot write pictures to the folder " + png + ": " + e, e);
      }
    }
    return new Keep(
        Optional.ofNullable(save).map(ModelOptions::writable),
        Optional.ofNullable(png),
        png == null ? Optional.empty() : image.layout());
  }
}
