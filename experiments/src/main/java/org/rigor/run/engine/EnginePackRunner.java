// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rigor.data.DataSet;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.nn.Network;
import org.rigor.run.measure.Kept;
import org.rigor.run.setup.StudyData;
import org.rigor.run.setup.StudyNetworks;
import org.rigor.run.setup.StudySamples;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.PackTooLarge;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;
import org.rigor.workspace.Models;

/**
 * A runner that trains the models of a pack as rows of one model axis and measures them together.
 */
public final class EnginePackRunner implements PackRunner {
  /** Models measured together; an interrupted large pack repeats at most this many. */
  static final int TOGETHER = 64;

  private final Device device;
  private final StudyData data;
  private final StudyNetworks networks;
  private final int packsAtOnce;

  /**
   * @param packsAtOnce runners that share the device's memory
   */
  public EnginePackRunner(Device device, StudyData data, StudyNetworks networks, int packsAtOnce) {
    this.device = device;
    this.data = data;
    this.networks = networks;
    this.packsAtOnce = packsAtOnce;
  }

  @Override
  public void run(Pack pack, TrialSink sink, Progress progress, Cancellation cancellation) {
    try (Kept kept = new Kept()) {
      runWhole(pack, sink, progress, cancellation, kept);
    } catch (DeviceException e) {
      if (!e.isOutOfMemory()) {
        throw e;
      }
      throw new PackTooLarge(e.firstLine());
    } catch (OutOfMemoryError e) {
      throw new PackTooLarge("the heap is too small for " + pack.trials().size() + " models");
    }
  }

  private void runWhole(
      Pack pack, TrialSink sink, Progress progress, Cancellation cancellation, Kept kept) {
    long started = System.nanoTime();
    cancellation.expendable(false);
    StudySamples samples = data.samples(pack.shared());
    DataSet set = networks.fitted(pack.shared().model(), samples.data());
    Network network = networks.of(pack.shared(), set);
    if (pack.shared().model() instanceof ModelSpec.Files files) {
      progress.begin(pack, 0, PackMeasurement.UNITS_ALONE);
      cancellation.expendable(true);
      List<Long> seeds = pack.trials().stream().map(t -> t.spec().seed()).toList();
      try (PackTraining.Trained stored =
          PackTraining.Trained.elsewhere(networks.models(device, files, network, seeds))) {
        int units = PackMeasurement.UNITS_ALONE;
        measure(pack, set, stored, started, kept, sink, progress, cancellation, units);
      }
      return;
    }
    PackTraining training = new PackTraining(device, network, samples, pack, packsAtOnce, kept);
    Optional<PackTraining.Trained> done = training.run(sink, progress, cancellation);
    if (done.isEmpty()) {
      return;
    }
    // The networks are stored, and the measurements of a group can be repeated.
    cancellation.expendable(true);
    try (PackTraining.Trained trained = done.get()) {
      int units = PackMeasurement.UNITS;
      measure(pack, set, trained, started, kept, sink, progress, cancellation, units);
    }
  }

  private void measure(
      Pack pack,
      DataSet set,
      PackTraining.Trained trained,
      long started,
      Kept kept,
      TrialSink sink,
      Progress progress,
      Cancellation cancellation,
      int units) {
    double seconds = (System.nanoTime() - started) / 1e9 / pack.trials().size();
    List<Trial> alive = new ArrayList<>();
    List<Integer> rows = new ArrayList<>();
    for (int m = 0; m < pack.trials().size(); m++) {
      Trial t = pack.trials().get(m);
      if (trained.alive()[m]) {
        alive.add(t);
        rows.add(m);
      } else {
        String why = diverged(trained.losses()[m], trained.models().network());
        sink.completed(TrialResult.failed(t.id(), Outcome.DIVERGED, why, seconds));
      }
    }
    int groups = (alive.size() + TOGETHER - 1) / TOGETHER;
    for (int g = 0; g < groups && !cancellation.requested(); g++) {
      cancellation.expendable(true);
      int from = g * TOGETHER;
      int to = Math.min(alive.size(), from + TOGETHER);
      List<PackMeasurement.Past> pasts =
          rows.subList(from, to).stream().map(trained::past).toList();
      try (Models own = trained.models().rows(rows.subList(from, to))) {
        new PackMeasurement(own, set, alive.subList(from, to), pasts, kept, data::load, units)
            .run(pack.shared().measurements(), sink, progress, cancellation, started, g, groups);
      }
    }
  }

  private static String diverged(double loss, Network network) {
    return Double.isFinite(loss) && PackTraining.worseThanGuessing(loss, network)
        ? "the last epoch's mean loss, %.3g, is more than %.0f times that of guessing; lower the"
                .formatted(loss, PackTraining.WORSE_THAN_GUESSING)
            + " learning rate"
        : "the training loss became infinite or NaN; lower the learning rate";
  }
}
