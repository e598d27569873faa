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
  /** Characters of overrides in the name of a run folder. */
  private static final int MOST_OF_CHANGES = 60;

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

  static String folderName(StudyFile study) {
    return folderName(study.study().name(), study.smoke(), study.overrides());
  }

  /**
   * Returns the name of the run folder: the study's, with the overrides behind it as far as they
   * are short; what stands for the rest tells runs apart, and their reports list all.
   */
  static String folderName(String study, boolean smoke, List<String> overrides) {
    String base = smoke ? study + "+smoke" : study;
    List<String> changes = new ArrayList<>();
    for (String o : overrides) {
      if (!o.startsWith("name=")) {
        changes.add(o.replaceAll("\\s+", "").replaceAll("[^A-Za-z0-9._=-]", "_"));
      }
    }
    StringBuilder name = new StringBuilder(base);
    int shown = 0;
    while (shown < changes.size()
        && name.length() + changes.get(shown).length() - base.length() < MOST_OF_CHANGES) {
      name.append('+').append(changes.get(shown++));
    }
    int more = changes.size() - shown;
    return more == 0
        ? name.toString()
        : "%s+%d-more-%08x".formatted(name, more, String.join("+", changes).hashCode());
  }
}
