// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.StudyFile;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A study, changes to it, and where its runs are kept. */
final class StudyOptions {
  @Parameters(index = "0", paramLabel = "STUDY", description = "YAML file of the study.")
  private Path file;

  @Parameters(
      index = "1..*",
      paramLabel = "KEY=VALUE",
      description = "Values that replace those of the file, for example training.epochs=5.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs",
      description = "Folder of the run folders (default: ${DEFAULT-VALUE}).")
  private Path out;

  StudyFile read() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new RunException(
          ExitCode.USAGE, "no study at " + file + "; './rigor list' shows the studies there are");
    }
    return StudyFile.read(file, overrides);
  }

  Path file() {
    return file;
  }

  List<String> overrides() {
    return overrides;
  }

  Path out() {
    return out;
  }

  /** Returns the name of the run folder: the study's, with the overrides behind it. */
  static String folderName(StudyFile study) {
    List<String> parts = new ArrayList<>();
    parts.add(study.study().name());
    if (study.smoke()) {
      parts.add("smoke");
    }
    for (String o : study.overrides()) {
      if (!o.startsWith("name=")) {
        parts.add(o.replaceAll("\\s+", "").replaceAll("[^A-Za-z0-9._=-]", "_"));
      }
    }
    String name = String.join("+", parts);
    // Most file systems allow 255 bytes a name.
    return name.length() <= 120
        ? name
        : name.substring(0, 110) + "+" + Integer.toHexString(name.hashCode());
  }
}
