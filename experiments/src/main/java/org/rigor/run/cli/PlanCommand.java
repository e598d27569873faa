// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.schedule.StudyRun;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.study.StudyFile;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.theory.TheoryFile;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.Trial;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command that shows what a run would do. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = "Shows the trials or laws of studies and which are finished; runs nothing.",
    footer = {"", "Example:  ./rigor plan experiments/quickstart.yaml sweep.seeds=20"})
final class PlanCommand implements Callable<Integer> {
  @Mixin private StudyOptions options;
  @Mixin private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    try (StudyEngine engine = EngineProvider.load().study(device.request())) {
      for (StudyDocument study : options.read().studies()) {
        System.out.printf("study    %s%n", study.name());
        System.out.printf("device   %s%n", engine.deviceLine());
        RunFolder folder = RunFolder.at(options.out().resolve(StudyOptions.folderName(study)));
        if (study instanceof TheoryFile theory) {
          laws(theory, engine, folder);
        } else {
          trials(Prepared.of((StudyFile) study, engine), folder);
        }
      }
      return 0;
    }
  }

  private static void laws(TheoryFile study, StudyEngine engine, RunFolder folder)
      throws IOException {
    List<LawTrial> laws = LawTrial.of(study.study(), engine.deviceKind(), engine.numerics());
    Set<String> stored = new HashSet<>(TheoryRecord.stored(folder, laws).keySet());
    int here = stored.size();
    List<LawTrial> open = laws.stream().filter(t -> !stored.contains(t.id())).toList();
    for (var n : TheoryJob.neighbours(folder, open, System.err::println)) {
      n.work().forEach(t -> stored.add(t.id()));
    }
    say("laws", laws.size(), here, stored.size() - here, folder);
    for (LawTrial t : laws) {
      System.out.printf(
          "law      %s  %s: %s%s%n",
          t.id(), t.label(), t.law().says(), stored.contains(t.id()) ? " (finished)" : "");
    }
  }

  private static void trials(Prepared p, RunFolder folder) throws IOException {
    Set<String> stored = new HashSet<>(StudyRun.stored(folder, p.trials()).keySet());
    int here = stored.size();
    List<Trial> absent = p.trials().stream().filter(t -> !stored.contains(t.id())).toList();
    for (var n : NetworkJob.neighbours(folder, absent, System.err::println)) {
      stored.addAll(StudyRun.stored(n.folder(), n.work()).keySet());
    }
    for (DataIdentity d : p.inputs().data().values()) {
      System.out.printf(
          "data     %s: %,d training and %,d test samples of shape %s, %d classes%n",
          d.name(), d.trainSamples(), d.testSamples(), d.shape(), d.classes());
      d.notes().forEach(n -> System.out.printf("           %s%n", n));
    }
    List<Trial> open = p.trials().stream().filter(t -> !stored.contains(t.id())).toList();
    say("trials", p.trials().size(), here, stored.size() - here, folder);
    p.sharing()
        .forEach(
            (arm, other) -> System.out.printf("shared   %s has the trials of %s%n", arm, other));
    for (Pack pack : Pack.group(open)) {
      System.out.printf("pack     %s with %d trials%n", pack.id(), pack.trials().size());
      for (Trial t : pack.trials()) {
        System.out.printf("           %s  %s, seed %d%n", t.id(), t.arm().label(), t.spec().seed());
      }
    }
  }

  /**
   * @param here finished in the run folder
   * @param beside finished by other runs, from which a run takes them over
   */
  private static void say(String what, int all, int here, int beside, RunFolder folder) {
    System.out.printf(
        "%-8s %d: %d finished%s, %d to run, in %s%n",
        what,
        all,
        here,
        beside == 0 ? "" : ", %d finished by other runs".formatted(beside),
        all - here - beside,
        folder.root());
  }
}
