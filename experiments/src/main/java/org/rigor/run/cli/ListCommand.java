// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.rigor.run.RunException;
import org.rigor.run.store.RunHead;
import org.rigor.run.store.RunRecord;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.yaml.SpecException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the studies there are and the runs there are. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Lists studies and runs.",
    footer = {"", "Example:  ./rigor list --out runs"})
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

  @Override
  public Integer call() throws IOException {
    System.out.println("studies in " + studies);
    for (Path p : yaml(studies)) {
      try {
        StudyDocument s = StudyOptions.read(p, List.of(), false);
        System.out.printf("  %-44s %s%n", p, s.title().isEmpty() ? s.name() : s.title());
      } catch (SpecException e) {
        System.out.printf("  %-44s %d problems%n", p, e.problems().size());
      }
    }
    System.out.println("runs in " + out);
    for (Path p : folders(out)) {
      try {
        if (RunHead.open(p).study().theory()) {
          TheoryRecord r = TheoryRecord.open(p);
          System.out.printf(
              "  %-44s %d of %d laws, %d disagree, on %s%n",
              p,
              r.results().size(),
              r.trials().size(),
              r.results().values().stream().filter(t -> !t.agrees()).count(),
              r.provenance().get("device-kind").getAsString());
          continue;
        }
        RunRecord r = RunRecord.open(p);
        long failed = r.results().values().stream().filter(t -> !t.finished()).count();
        System.out.printf(
            "  %-44s %d of %d trials, %d failed, on %s%n",
            p,
            r.results().size(),
            r.trials().size(),
            failed,
            r.provenance().get("device-kind").getAsString());
      } catch (RunException | SpecException e) {
        System.out.printf(
            "  %-44s unreadable: %s%n", p, e.getMessage().lines().findFirst().orElse(""));
      }
    }
    return 0;
  }

  private static List<Path> yaml(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(folder, 3)) {
      return walk.filter(p -> p.toString().endsWith(".yaml"))
          .filter(p -> !p.toString().contains("target") && !p.toString().contains("src"))
          .sorted()
          .toList();
    }
  }

  private static List<Path> folders(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(folder)) {
      return list.filter(p -> Files.exists(p.resolve("provenance.json"))).sorted().toList();
    }
  }
}
