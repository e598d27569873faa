// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.store.Damage;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunHead;
import org.rigor.run.store.RunRecord;
import org.rigor.run.store.RunSummary;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.yaml.SpecException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command that lists studies and runs. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Lists studies with claim, source, size and last result, and runs.",
    footer = {
      "",
      "Example:  ./rigor list --out runs",
      "          ./rigor list --index experiments/README.md"
    })
final class ListCommand implements Callable<Integer> {
  @Option(
      names = "--studies",
      paramLabel = "DIR",
      defaultValue = "experiments",
      description = "Folder of the studies (default: ${DEFAULT-VALUE}).")
  private Path studies;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs",
      description = "Folder of the run folders (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--index",
      paramLabel = "FILE",
      description = "Write the studies as a page in Markdown, with a figure each in figures/.")
  private Path index;

  @Override
  public Integer call() throws IOException {
    List<Catalogue.Entry> entries = Catalogue.of(studies, out);
    if (index != null) {
      StudyIndex.write(index, entries);
      System.out.printf("%d studies in %s%n", entries.size(), index);
      return 0;
    }
    System.out.println("studies in " + studies);
    for (Catalogue.Entry e : entries) {
      System.out.printf("%n  %s%n", e.file());
      if (e.study().isEmpty()) {
        System.out.printf("    %d problems; './rigor plan' shows them%n", e.problems());
        continue;
      }
      say("title", e.title());
      say("claim", e.header().get("Claim"));
      say("source", e.header().get("Source"));
      say("size", e.size());
      say("last", e.last().map(l -> l.words() + ", in " + l.folder()).orElse("no run in " + out));
    }
    System.out.printf("%nruns in %s%n", out);
    boolean whole = true;
    for (Path p : Catalogue.runFolders(out)) {
      Line line = run(p);
      System.out.printf("  %-44s %s%n", p, line.text());
      whole &= line.whole();
    }
    return (whole ? ExitCode.OK : ExitCode.DATA).code();
  }

  /**
   * What is said of a run.
   *
   * @param whole whether nothing of it is damaged
   */
  private record Line(String text, boolean whole) {
    static Line of(Path run, String counts, List<Damage> damages) {
      return new Line(counts + damaged(run, damages), damages.isEmpty());
    }
  }

  private static void say(String name, String text) {
    if (!text.isEmpty()) {
      System.out.printf("    %-8s %s%n", name, text);
    }
  }

  /** Returns a line with the run's summary and its files whose size is not the one stored. */
  private static Line run(Path p) {
    RunFolder folder = RunFolder.at(p);
    try {
      List<Damage> wrong = new ArrayList<>(folder.stored().damages());
      wrong.addAll(folder.stored().wrongSizes());
      Optional<RunSummary> summary = RunSummary.read(p).filter(s -> s.total() >= 0);
      return summary.isPresent() ? Line.of(p, counts(summary.get(), wrong), wrong) : counted(p);
    } catch (RunException | SpecException e) {
      return new Line("unreadable: " + e.getMessage().lines().findFirst().orElse(""), false);
    }
  }

  private static String counts(RunSummary s, List<Damage> wrong) {
    long lost = wrong.stream().filter(d -> d.file().matches("(trials|laws)/.*[.]json")).count();
    return "%d of %d %s, %d %s, on %s"
        .formatted(
            Math.max(0, s.stored() - lost),
            s.total(),
            s.laws() ? "laws" : "trials",
            s.failed(),
            s.laws() ? "disagree" : "failed",
            s.device());
  }

  /** Counts the results of a run that did not end, or that version 0.1 made. */
  private static Line counted(Path p) {
    RunHead head = RunHead.open(p);
    if (head.study().theory()) {
      TheoryRecord r = TheoryRecord.open(head);
      String counts =
          "%d of %d laws, %d disagree, on %s"
              .formatted(
                  r.results().size(),
                  r.trials().size(),
                  r.results().values().stream().filter(t -> !t.agrees()).count(),
                  r.provenance().head().deviceKind());
      return Line.of(p, counts, r.damages());
    }
    RunRecord r = RunRecord.open(head);
    String counts =
        "%d of %d trials, %d failed, on %s"
            .formatted(
                r.results().size(),
                r.trials().size(),
                r.results().values().stream().filter(t -> !t.finished()).count(),
                r.provenance().head().deviceKind());
    return Line.of(p, counts, r.damages());
  }

  private static String damaged(Path run, List<Damage> all) {
    return String.join(
        "",
        all.stream()
            .map(d -> "\n    damaged  %s: %s".formatted(run.resolve(d.file()), d.why()))
            .toList());
  }
}
