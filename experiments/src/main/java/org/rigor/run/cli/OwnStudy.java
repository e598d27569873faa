// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.gson.JsonPrimitive;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rigor.data.Box;
import org.rigor.run.yaml.Numbers;

/** Lines of a study of a user's own networks and data. */
final class OwnStudy {
  private OwnStudy() {}

  /**
   * Returns what {@code data} says.
   *
   * @param image height, width and channels of samples that are stored in a row; may be empty
   */
  static String data(Path data, List<Integer> image, Box box) {
    String name = data.getFileName().toString().toLowerCase(Locale.ROOT);
    if (Files.isDirectory(data)) {
      return "{type: image-folder, path: %s, test-share: 1}".formatted(path(data));
    }
    String type = name.endsWith(".csv") ? "csv" : "npz";
    String ends =
        box.equals(Box.NONE)
            ? "box: none"
            : "low: %s, high: %s".formatted(Numbers.show(box.lower()), Numbers.show(box.upper()));
    String images = image.isEmpty() ? "" : "image: %s, ".formatted(image);
    return "{type: %s, path: %s, %s%s, test-share: 1}".formatted(type, path(data), images, ends);
  }

  /** Returns what {@code model} says of a file, or a folder of them. */
  static String files(Path model, Optional<String> output) {
    String chosen = output.map(o -> ", output: " + quoted(o)).orElse("");
    return "{type: files, path: %s%s}".formatted(path(model), chosen);
  }

  /** Returns a part of the name of a run folder. */
  static String stem(Path file) {
    String name = file.getFileName().toString().replaceFirst("\\.onnx$", "");
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "_");
    return plain.substring(0, Math.min(40, plain.length()));
  }

  static String path(Path file) {
    return quoted(file.toAbsolutePath().normalize().toString());
  }

  /** Quotes text as JSON does, which is YAML too. */
  static String quoted(String text) {
    return new JsonPrimitive(text).toString();
  }
}
