// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.rigor.run.EngineProvider;
import org.rigor.run.schedule.StudyRun;
import org.rigor.run.store.RunFolder;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.Trial;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what a run would do. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = "Shows the trials and packs of a study and which are finished; runs nothing.",
    footer = {"", "Example:  ./rigor plan experiments/quickstart.yaml sweep.seeds=20"})
final class PlanCommand implements Callable<Integer> {
  @Mixin private StudyOptions options;
  @Mixin private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    StudyFile study = options.read();
    try (StudyEngine engine = EngineProvider.load().study(device.request())) {
      Prepared p = Prepared.of(study, engine);
      RunFolder folder = RunFolder.at(options.out().resolve(StudyOptions.folderName(study)));
      var stored = StudyRun.stored(folder, p.trials());
      System.out.printf("study    %s%n", study.study().name());
      System.out.printf("device   %s%n", engine.deviceLine());
      for (DataIdentity d : p.data().values()) {
        System.out.printf(
            "data     %s: %,d training and %,d test samples of shape %s, %d classes%n",
            d.name(), d.trainSamples(), d.testSamples(), d.shape(), d.classes());
      }
      List<Trial> open = p.trials().stream().filter(t -> !stored.containsKey(t.id())).toList();
      System.out.printf(
          "trials   %d: %d finished, %d to run, in %s%n",
          p.trials().size(), stored.size(), open.size(), folder.root());
      for (Pack pack : Pack.group(open)) {
        System.out.printf("pack     %s with %d trials%n", pack.id(), pack.trials().size());
        for (Trial t : pack.trials()) {
          System.out.printf(
              "           %s  %s, seed %d%n", t.id(), t.arm().label(), t.spec().seed());
        }
      }
      return 0;
    }
  }
}
