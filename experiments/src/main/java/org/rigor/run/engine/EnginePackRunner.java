// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.data.DataSet;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.nn.Network;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.PackTooLarge;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;
import org.rigor.tensor.HostTensor;

/** Trains the models of a pack as rows of one model axis, then measures them together. */
final class EnginePackRunner implements PackRunner {
  private final Device device;
  private final StudyData data;

  EnginePackRunner(Device device, StudyData data) {
    this.device = device;
    this.data = data;
  }

  @Override
  public void run(Pack pack, TrialSink sink, Progress progress, Cancellation cancellation) {
    try {
      runWhole(pack, sink, progress, cancellation);
    } catch (DeviceException e) {
      if (!e.isOutOfMemory()) {
        throw e;
      }
      throw new PackTooLarge(e.firstLine());
    } catch (OutOfMemoryError e) {
      throw new PackTooLarge("the heap is too small for " + pack.trials().size() + " models");
    }
  }

  private void runWhole(Pack pack, TrialSink sink, Progress progress, Cancellation cancellation) {
    long started = System.nanoTime();
    cancellation.expendable(false);
    DataSet set = data.load(pack.shared().data());
    Network network = Architectures.of(pack.shared().model(), set);
    PackTraining training = new PackTraining(device, network, set, pack);
    Optional<PackTraining.Trained> done = training.run(sink, progress, cancellation);
    if (done.isEmpty()) {
      return;
    }
    // The networks are stored; measurements take seconds each and are simply done again.
    cancellation.expendable(true);
    PackTraining.Trained trained = done.get();
    double seconds = (System.nanoTime() - started) / 1e9 / pack.trials().size();
    List<Trial> alive = new ArrayList<>();
    List<Integer> rows = new ArrayList<>();
    for (int m = 0; m < pack.trials().size(); m++) {
      Trial t = pack.trials().get(m);
      if (trained.alive()[m]) {
        alive.add(t);
        rows.add(m);
      } else {
        String why = "the training loss became infinite or NaN; lower the learning rate";
        sink.completed(TrialResult.failed(t.id(), Outcome.DIVERGED, why, seconds));
      }
    }
    if (alive.isEmpty()) {
      return;
    }
    Map<String, HostTensor> params = Networks.rows(trained.params(), rows);
    Map<String, Double> losses = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      losses.put(alive.get(i).id(), trained.losses()[rows.get(i)]);
    }
    new PackMeasurement(device, network, set, alive, params, losses)
        .run(pack.shared().measurements(), sink, progress, cancellation, started);
  }
}
