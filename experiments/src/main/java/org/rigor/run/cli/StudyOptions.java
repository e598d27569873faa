// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.study.StudyFile;
import org.rigor.run.study.StudyText;
import org.rigor.run.theory.TheoryFile;
import org.rigor.run.yaml.Problem;
import org.rigor.run.yaml.SpecException;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options for studies, changes to them, and the folder of their runs. */
final class StudyOptions {
  /** Characters of overrides in the name of a run folder. */
  private static final int MOST_OF_CHANGES = 60;

  @Parameters(
      index = "0..*",
      arity = "1..*",
      paramLabel = "STUDY|KEY=VALUE",
      description = {
        "YAML files of studies, and folders, which stand for the studies directly in them;",
        "values that replace those of the files, for example training.epochs=5."
      })
  private List<String> words = new ArrayList<>();

  @Option(names = "--smoke", description = "The small size: the values of each study's smoke map.")
  private boolean smoke;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs",
      description = "Folder of the run folders (default: ${DEFAULT-VALUE}).")
  private Path out;

  /**
   * The studies read.
   *
   * @param studies in the order given, those of a folder by name
   * @param passed folders without a study, given beside others
   */
  record Selection(List<StudyDocument> studies, List<Path> passed) {}

  /**
   * Reads all studies before any of them runs.
   *
   * @throws SpecException with the problems of all files
   * @throws RunException if there is none, or two would share a run folder
   */
  Selection read() throws IOException {
    List<Path> passed = new ArrayList<>();
    List<Path> files = files(passed);
    List<StudyDocument> studies = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (Path f : files) {
      try {
        studies.add(read(f, overrides(), smoke));
      } catch (SpecException e) {
        problems.addAll(e.problems());
      }
    }
    if (!problems.isEmpty()) {
      throw new SpecException(problems.stream().distinct().toList());
    }
    Map<String, StudyDocument> names = new LinkedHashMap<>();
    for (StudyDocument s : studies) {
      StudyDocument other = names.put(folderName(s), s);
      if (other != null) {
        throw new RunException(
            ExitCode.USAGE,
            "%s and %s are both called '%s' and would share a run folder"
                .formatted(other.file(), s.file(), s.name()));
      }
    }
    return new Selection(studies, passed);
  }

  /** Reads one study of either kind. */
  static StudyDocument read(Path file, List<String> overrides, boolean smoke) {
    try {
      StudyText text = StudyText.read(file, overrides, smoke);
      return text.theory() ? TheoryFile.of(text) : StudyFile.of(text);
    } catch (IOException e) {
      throw new RunException(
          ExitCode.DATA, "cannot read the study %s: %s".formatted(file, Failures.reason(e)), e);
    }
  }

  private List<Path> files(List<Path> passed) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path p : paths()) {
      List<Path> found = Files.isDirectory(p) ? studiesIn(p) : List.of(p);
      if (!Files.exists(p)) {
        throw new RunException(
            ExitCode.DATA, "no study at " + p + "; './rigor list' shows the studies there are");
      }
      if (found.isEmpty()) {
        passed.add(p);
      }
      found.stream().filter(f -> !files.contains(f)).forEach(files::add);
    }
    if (files.isEmpty()) {
      if (paths().isEmpty()) {
        throw new RunException(
            ExitCode.USAGE, "no study given, only changes: " + String.join(" ", words));
      }
      throw new RunException(
          ExitCode.DATA,
          "no study (*.yaml) directly in "
              + String.join(", ", passed.stream().map(Path::toString).toList()));
    }
    return files;
  }

  private static List<Path> studiesIn(Path folder) throws IOException {
    try (Stream<Path> list = Files.list(folder)) {
      return list.filter(p -> p.getFileName().toString().matches("[^.].*\\.ya?ml"))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  /** Returns the files and folders given. A name with {@code =} counts if the file exists. */
  List<Path> paths() {
    return words.stream().filter(StudyOptions::isPath).map(Path::of).toList();
  }

  List<String> overrides() {
    return words.stream().filter(w -> !isPath(w)).toList();
  }

  private static boolean isPath(String word) {
    return !word.contains("=") || Files.exists(Path.of(word));
  }

  boolean smoke() {
    return smoke;
  }

  Path out() {
    return out;
  }

  static String folderName(StudyDocument study) {
    return folderName(study.name(), study.smoke(), study.overrides());
  }

  /**
   * Returns the name of the run folder: the study's name, then the overrides as far as they are
   * short. A stand-in for the rest tells runs apart; their reports list all overrides.
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
