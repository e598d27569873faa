// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.store.Provenance;
import org.rigor.run.store.ResolvedYaml;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunSummary;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.theory.TheoryFile;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.StudyInputs;

/** A study checked against its engine, ready to run. */
interface StudyJob {

  /**
   * The settings that the jobs of one command share.
   *
   * @param packs packs of networks that run at once
   * @param shard the part of the trials or laws to run
   * @param folderName of the run folder; empty for the usual one. A run with an explicit name takes
   *     nothing over from others
   * @param force whether finished work is repeated
   */
  record Setting(
      StudyEngine engine,
      int packs,
      Path out,
      Shard shard,
      Optional<String> folderName,
      boolean force,
      boolean json,
      RunProgress.Style style,
      List<String> command,
      PrintStream print) {

    PrintStream progress() {
      return json ? print : System.err;
    }

    /** Returns the command that resumes an interrupted study. */
    String resume() {
      return String.join(" ", command.stream().filter(w -> !w.equals("--force")).toList());
    }

    Path folder(StudyDocument study) {
      return out.resolve(
          folderName.orElseGet(() -> StudyOptions.folderName(study) + shard.suffix()));
    }

    /** Describes the run in its folder and returns notes for the user. */
    List<String> describe(RunFolder folder, StudyDocument study, StudyInputs inputs) {
      Instant start = Instant.now();
      return folder.describe(
          study.text(),
          ResolvedYaml.text(study),
          Provenance.identity(study, engine, inputs),
          () -> Provenance.facts(study, engine, inputs, command, start));
    }

    /** Writes to the run folder how the run ended. */
    void summarise(StudyDocument study, Ending ending, double seconds) throws IOException {
      Path root = folder(study);
      String figure = "";
      if (Files.isDirectory(root.resolve("figures"))) {
        try (Stream<Path> all = Files.list(root.resolve("figures"))) {
          figure =
              all.map(p -> "figures/" + p.getFileName())
                  .filter(p -> p.endsWith(".svg"))
                  .sorted()
                  .findFirst()
                  .orElse("");
        }
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        new RunSummary(
                study.name(),
                ending.exit(),
                ending.summary(),
                ending.claims(),
                seconds,
                now,
                engine.deviceKind(),
                study.smoke(),
                ending.total(),
                ending.stored(),
                ending.failed(),
                study instanceof TheoryFile,
                figure)
            .write(RunFolder.at(root));
      }
    }

    /** Returns whether finished work of other runs is taken over. */
    boolean takesOver() {
      return folderName.isEmpty() && !force;
    }
  }

  /**
   * How a study ended.
   *
   * @param exit its exit code
   * @param interrupted whether it was told to end early
   * @param summary what it measured, in a few words
   * @param claims for example {@code 3 of 3}
   * @param total trials or laws; -1 if it did not get that far
   * @param stored those with a result
   * @param failed trials that did not finish, or laws that disagree
   */
  record Ending(
      int exit,
      boolean interrupted,
      String summary,
      String claims,
      int total,
      int stored,
      int failed) {

    /** Returns an ending without results. */
    static Ending without(int exit, boolean interrupted, String summary) {
      return new Ending(exit, interrupted, summary, "-", -1, 0, 0);
    }
  }

  StudyDocument study();

  /** Runs unfinished work, writes the report and prints the conclusion. */
  Ending run() throws IOException;
}
