// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.rigor.io.DataException;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.report.Table;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.study.StudyFile;
import org.rigor.run.theory.TheoryFile;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.yaml.Problem;
import org.rigor.run.yaml.SpecException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command that runs the unfinished work of studies and writes their reports. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Runs studies; finished trials and laws are skipped.",
    footer = {
      "",
      "Example:  ./rigor run experiments/quickstart.yaml sweep.seeds=10 training.epochs=20",
      "          ./rigor run experiments/*/ --smoke"
    })
final class RunCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private StudyOptions options;
  @Mixin private DeviceOptions device;

  @Option(
      names = "--packs",
      paramLabel = "N",
      description =
          "Packs of models of different shape that run at a time"
              + " (default: 2 on a GPU; the CPU runs 1).")
  private Integer packs;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      converter = Shard.Converter.class,
      description = {
        "Run the I-th of N parts, in a run folder of its own; a run without it in the",
        "same --out then takes the parts together."
      })
  private Shard shard = Shard.ALL;

  @Option(names = "--force", description = "Train and measure finished trials again.")
  private boolean force;

  @Option(names = "--json", description = "Print one JSON object per event instead of text.")
  private boolean json;

  /** A line of the final table. */
  private record Line(StudyDocument study, StudyJob.Ending ending, double seconds) {}

  @Override
  public Integer call() throws IOException {
    StudyOptions.Selection selection = options.read();
    PrintStream out = System.out;
    try (StudyEngine engine = EngineProvider.load().study(device.request())) {
      StudyJob.Setting setting =
          new StudyJob.Setting(
              engine,
              packs == null ? engine.packsAtOnce() : packs(),
              options.out(),
              shard,
              Optional.empty(),
              force,
              json,
              style(),
              CommandText.run(options, device, packs, shard, force),
              out);
      boolean several = selection.studies().size() > 1;
      List<StudyJob> jobs = new ArrayList<>();
      List<Problem> problems = new ArrayList<>();
      for (StudyDocument study : selection.studies()) {
        try {
          jobs.add(prepare(study, setting, several));
        } catch (SpecException e) {
          problems.addAll(e.problems());
        }
      }
      if (!problems.isEmpty()) {
        throw new SpecException(problems);
      }
      if (!selection.passed().isEmpty() && !json) {
        System.err.printf(
            "no study in %s%n",
            String.join(", ", selection.passed().stream().map(Object::toString).toList()));
      }
      List<Line> lines = new ArrayList<>();
      for (StudyJob job : jobs) {
        if (several) {
          head(job, lines.size() + 1, jobs.size(), out);
        }
        long start = System.nanoTime();
        StudyJob.Ending ending = several ? guarded(job) : job.run();
        double seconds = (System.nanoTime() - start) / 1e9;
        lines.add(new Line(job.study(), ending, seconds));
        if (ending.interrupted()) {
          break;
        }
        if (shard.whole()) {
          setting.summarise(job.study(), ending, seconds);
        }
      }
      int exit = lines.stream().mapToInt(l -> l.ending().exit()).max().orElse(0);
      if (several) {
        summary(lines, exit, out);
      }
      return exit;
    }
  }

  /**
   * Prepares a study, so that misfits with the data or the device surface before the first one
   * runs.
   */
  private StudyJob prepare(StudyDocument study, StudyJob.Setting setting, boolean several) {
    try {
      return study instanceof TheoryFile theory
          ? TheoryJob.of(theory, setting)
          : NetworkJob.of((StudyFile) study, setting);
    } catch (RunException e) {
      throw several ? new RunException(e.exit(), study.file() + ": " + e.getMessage(), e) : e;
    } catch (DataException e) {
      throw several ? new RunException(ExitCode.DATA, study.file() + ": " + e.getMessage(), e) : e;
    }
  }

  /** Runs a study; if it throws, it becomes a line of the table and the others go on. */
  private StudyJob.Ending guarded(StudyJob job) {
    try {
      return job.run();
    } catch (RuntimeException | IOException e) {
      boolean debug = Rigor.debug(spec.commandLine());
      Failures.Said said = Failures.say(e, debug);
      System.err.println("rigor: " + said.message());
      if (debug) {
        e.printStackTrace();
      }
      return StudyJob.Ending.without(said.exit().code(), false, "failed");
    }
  }

  private void head(StudyJob job, int number, int of, PrintStream out) {
    if (json) {
      JsonObject e = new JsonObject();
      e.addProperty("event", "study");
      e.addProperty("name", job.study().name());
      e.addProperty("file", job.study().file().toString());
      out.println(e);
    } else {
      out.printf("%n==== %s (%d of %d)%n", job.study().file(), number, of);
    }
  }

  private void summary(List<Line> lines, int exit, PrintStream out) {
    if (json) {
      JsonObject e = new JsonObject();
      e.addProperty("event", "summary");
      e.addProperty("exit", exit);
      JsonArray studies = new JsonArray();
      for (Line l : lines) {
        JsonObject s = new JsonObject();
        s.addProperty("study", l.study().name());
        s.addProperty("exit", l.ending().exit());
        s.addProperty("result", l.ending().summary());
        s.addProperty("claims", l.ending().claims());
        s.addProperty("seconds", Math.round(10 * l.seconds()) / 10.0);
        studies.add(s);
      }
      e.add("studies", studies);
      out.println(e);
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    for (Line l : lines) {
      rows.add(
          List.of(
              l.study().name(),
              l.ending().summary(),
              l.ending().claims(),
              String.format(Locale.ROOT, "%.1f s", l.seconds()),
              Integer.toString(l.ending().exit())));
    }
    double seconds = lines.stream().mapToDouble(Line::seconds).sum();
    out.println();
    out.print(new Table(List.of("study", "result", "claims held", "time", "exit"), rows, 2).text());
    out.printf(Locale.ROOT, "%d studies in %.0f s%n", lines.size(), seconds);
  }

  private int packs() {
    if (packs < 1) {
      throw new RunException(ExitCode.USAGE, "--packs: must be at least 1, got " + packs);
    }
    return packs;
  }

  private RunProgress.Style style() {
    if (json) {
      return RunProgress.Style.JSON;
    }
    return Terminal.attached() ? RunProgress.Style.TERMINAL : RunProgress.Style.PLAIN;
  }
}
