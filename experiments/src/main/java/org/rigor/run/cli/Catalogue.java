// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.rigor.io.Utf8;
import org.rigor.run.store.DamagedException;
import org.rigor.run.store.RunSummary;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.study.StudyHeader;
import org.rigor.run.yaml.SpecException;

/** The studies in a folder and the results of their last runs. */
final class Catalogue {
  private Catalogue() {}

  /**
   * @param study what its file says; empty if that has problems
   * @param problems number of them
   */
  record Entry(
      Path file,
      Optional<StudyFacts> study,
      int problems,
      StudyHeader header,
      Optional<Last> last) {

    /** Returns the heading of the study. */
    String title() {
      return study
          .map(s -> s.title().isEmpty() ? s.name() : s.title())
          .orElse(file.getFileName().toString());
    }

    /** Returns the study's size, for example {@code 10 trials, 14 s on 2 CPU cores}. */
    String size() {
      String time = header.get("Run time");
      return study.map(StudyFacts::size).orElse("?") + (time.isEmpty() ? "" : "; " + time);
    }
  }

  /** The newest run of a study without overrides. */
  record Last(Path folder, RunSummary summary) {

    /** Returns the summary in one line. */
    String words() {
      String claims = summary.claims().equals("-") ? "" : "; claims that hold: " + summary.claims();
      return "%s%s; %s, %s%s%s"
          .formatted(
              summary.result(),
              claims,
              summary.finished().split("T")[0],
              summary.device(),
              summary.smoke() ? ", small size" : "",
              summary.exit() == 0 ? "" : ", exit code " + summary.exit());
    }
  }

  /**
   * Returns the studies in a folder and in its subfolders.
   *
   * @param runs folder of the run folders
   */
  static List<Entry> of(Path studies, Path runs) throws IOException {
    Map<String, Last> last = last(runs);
    KeptFacts kept = KeptFacts.of(studies);
    try {
      List<Entry> entries = yaml(studies).parallelStream().map(p -> entry(p, kept, last)).toList();
      kept.write();
      return entries;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static Entry entry(Path file, KeptFacts kept, Map<String, Last> last) {
    String text = text(file);
    StudyHeader header = StudyHeader.of(text);
    try {
      StudyFacts s = kept.get(text).orElseGet(() -> facts(file, text, kept));
      return new Entry(file, Optional.of(s), 0, header, Optional.ofNullable(last.get(s.name())));
    } catch (SpecException e) {
      return new Entry(file, Optional.empty(), e.problems().size(), header, Optional.empty());
    }
  }

  /** Reads a study; keeps what was found unless the file has changed since its text was read. */
  private static StudyFacts facts(Path file, String text, KeptFacts kept) {
    StudyDocument s = StudyOptions.read(file, List.of(), false);
    StudyFacts facts = StudyFacts.of(s);
    if (s.text().equals(Utf8.withoutMark(text))) {
      kept.put(text, facts);
    }
    return facts;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Last> last(Path runs) throws IOException {
    List<Last> all = new ArrayList<>();
    for (Path p : runFolders(runs)) {
      summary(p)
          .filter(s -> p.getFileName().toString().equals(s.study() + (s.smoke() ? "+smoke" : "")))
          .ifPresent(s -> all.add(new Last(p, s)));
    }
    all.sort(Comparator.comparing(l -> l.summary().finished()));
    Map<String, Last> out = new LinkedHashMap<>();
    all.forEach(l -> out.put(l.summary().study(), l));
    return out;
  }

  /** Reads a summary; an unreadable one is reported where the runs are listed. */
  private static Optional<RunSummary> summary(Path run) {
    try {
      return RunSummary.read(run);
    } catch (DamagedException e) {
      return Optional.empty();
    }
  }

  private static List<Path> yaml(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(folder, 3)) {
      return walk.filter(p -> p.toString().endsWith(".yaml"))
          .filter(p -> !folder.relativize(p).startsWith("target"))
          .filter(p -> !folder.relativize(p).startsWith("src"))
          .sorted()
          .toList();
    }
  }

  /** Returns the run folders in a folder. */
  static List<Path> runFolders(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(folder)) {
      return list.filter(p -> Files.exists(p.resolve("provenance.json"))).sorted().toList();
    }
  }
}
