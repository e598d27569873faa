// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;

/** Checks that keep a run from reading or writing outside its folder through links. */
public final class Links {
  private Links() {}

  /**
   * Refuses parts of a run folder that are links.
   *
   * @throws RunException with exit code 3 that names the link
   */
  static void refuse(Path root, Stream<String> parts) {
    parts.map(root::resolve).forEach(Links::refuse);
  }

  /**
   * Refuses a link.
   *
   * @throws RunException with exit code 3 that names it
   */
  static void refuse(Path part) {
    if (Files.isSymbolicLink(part)) {
      throw new RunException(
          ExitCode.ENVIRONMENT,
          part
              + " is a link; nothing is written or removed through it. Replace it by a file or"
              + " folder of the run, or choose another folder with --out DIR");
    }
  }

  /**
   * Returns a file of a run folder to be written or removed; refuses a link as its parent folder.
   */
  static Path own(Path root, Path file) {
    Path part = file.getParent();
    if (!part.equals(root.normalize())) {
      refuse(part);
    }
    return file;
  }

  /**
   * Returns a figure of a run: a file in {@code figures/} whose name ends in {@code .svg} and that
   * is not a link. Returns empty for any other path.
   *
   * @param root the run folder
   * @param path as given in a file of the folder
   */
  public static Optional<Path> figure(Path root, String path) {
    Path figures = root.resolve("figures");
    if (!path.matches("figures/[^/\\\\]+\\.svg") || Files.isSymbolicLink(figures)) {
      return Optional.empty();
    }
    return Optional.of(figures.resolve(path.substring("figures/".length())))
        .filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS));
  }
}
