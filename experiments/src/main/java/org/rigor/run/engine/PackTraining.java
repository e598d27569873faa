// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rigor.data.DataSet;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.io.SafeTensors;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.run.measure.Kept;
import org.rigor.run.setup.Networks;
import org.rigor.run.setup.StudyData;
import org.rigor.run.setup.StudySamples;
import org.rigor.run.study.WeightsSpec;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.History;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialSink;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.train.Trainer;
import org.rigor.workspace.Models;

/**
 * The training of a pack. It writes its whole state every five minutes and on cancellation, and a
 * later run resumes from it bit for bit. Networks already in the run folder are read back.
 */
final class PackTraining {
  private static final long CHECKPOINT_NANOS = 300_000_000_000L;
  private static final int SLAB_STEPS = 64;
  private static final String EPOCHS = "epochs";

  /** Training has diverged above this multiple of the cross-entropy of guessing, log(classes). */
  static final double WORSE_THAN_GUESSING = 10;

  /**
   * @param models of the pack, on its device
   * @param losses mean training loss of each model's last epoch; NaN if the network was read back
   * @param histories what each model's probes measured
   * @param ends how each model's training ended, see {@link StopRule#end}
   */
  record Trained(
      Models models,
      boolean[] alive,
      double[] losses,
      List<Map<String, History>> histories,
      List<Map<String, Double>> ends)
      implements AutoCloseable {
    /** Returns networks that were trained elsewhere, whose training has no record. */
    static Trained elsewhere(Models models) {
      int n = models.count();
      boolean[] alive = new boolean[n];
      Arrays.fill(alive, true);
      double[] losses = new double[n];
      Arrays.fill(losses, Double.NaN);
      return new Trained(
          models,
          alive,
          losses,
          Collections.nCopies(n, Map.of()),
          Collections.nCopies(n, Map.of()));
    }

    PackMeasurement.Past past(int model) {
      return new PackMeasurement.Past(losses[model], histories.get(model), ends.get(model));
    }

    @Override
    public void close() {
      models.close();
    }
  }

  private final Device device;
  private final Network network;
  private final StudySamples samples;
  private final DataSet data;
  private final Pack pack;
  private final int packsAtOnce;
  private final Probes probes;

  PackTraining(
      Device device, Network network, StudySamples samples, Pack pack, int packsAtOnce, Kept kept) {
    this.device = device;
    this.network = network;
    this.samples = samples;
    this.data = samples.data();
    this.pack = pack;
    this.packsAtOnce = packsAtOnce;
    this.probes = new Probes(samples, pack, kept);
  }

  /** Trains the models; returns empty after a cancellation. */
  Optional<Trained> run(TrialSink sink, Progress progress, Cancellation cancellation) {
    Optional<Trained> stored = readBack(sink);
    int epochs =
        pack.trials().stream().mapToInt(t -> t.spec().training().epochs()).max().orElseThrow();
    progress.begin(pack, stored.isPresent() ? 0 : epochs, PackMeasurement.UNITS);
    if (stored.isPresent()) {
      return stored;
    }
    progress.phase("train");
    int[] train = data.split().train();
    try (Trainer trainer =
            new Trainer(
                device,
                Networks.training(pack.shared(), network, data),
                pack.trials().stream().map(t -> Networks.model(t.spec())).toList(),
                StudyData.inputs(data, train, pack.shared().precision()),
                StudyData.labels(data, train),
                slabSteps(train.length, progress));
        StopRule ends = new StopRule(network, data, pack)) {
      Optional<EarlyStopping> best = EarlyStopping.of(trainer, samples, pack);
      int done = resume(trainer, ends, sink);
      Set<String> ids = pack.trials().stream().map(Trial::id).collect(Collectors.toSet());
      sink.metricsRestart(ids, done == 0 ? -1 : done); // a probe at initialisation is step 0
      progress.advance(done);
      if (done == 0) {
        probe(trainer, done, ends, sink);
      }
      long saved = System.nanoTime();
      while (!ends.over(done)) {
        if (cancellation.requested()) {
          checkpoint(trainer, done, ends, sink);
          return Optional.empty();
        }
        trainer.epoch();
        best.ifPresent(EarlyStopping::epoch);
        done++;
        progress.advance(1);
        report(trainer, done, ends, sink, progress);
        ends.check(done, trainer);
        probe(trainer, done, ends, sink);
        if (System.nanoTime() - saved > CHECKPOINT_NANOS) {
          checkpoint(trainer, done, ends, sink);
          saved = System.nanoTime();
        }
      }
      progress.advance(epochs - done);
      int models = pack.trials().size();
      Trained t =
          new Trained(
              best.map(EarlyStopping::models).orElseGet(() -> weights(trainer)),
              alive(trainer),
              trainer.loss(),
              IntStream.range(0, models).mapToObj(probes::of).toList(),
              IntStream.range(0, models).mapToObj(ends::end).toList());
      try {
        save(t, sink);
        sink.discard(statePath());
      } catch (RuntimeException | Error e) {
        t.close();
        throw e;
      }
      return Optional.of(t);
    }
  }

  /**
   * Returns the steps whose samples are copied at a time if all samples would fill half of the
   * pack's share of a GPU; else 0, for all at once.
   */
  private int slabSteps(int samples, Progress progress) {
    String memory = device.info().details().get("memory_mib");
    double mib = Math.scalb(4.0 * samples * data.sampleShape().size(), -20);
    if (memory == null || mib < Double.parseDouble(memory) / (2 * packsAtOnce)) {
      return 0;
    }
    progress.note(
        "%.0f MiB of training samples stay on the host, %s MiB are on the device"
            .formatted(mib, memory));
    return SLAB_STEPS;
  }

  /**
   * Returns which models are alive. A last epoch far worse than guessing counts as divergence too,
   * for example when all ReLUs are dead.
   */
  private boolean[] alive(Trainer trainer) {
    boolean[] alive = trainer.alive();
    double[] loss = trainer.loss();
    for (int m = 0; m < alive.length; m++) {
      alive[m] &= !worseThanGuessing(loss[m], network);
    }
    return alive;
  }

  static boolean worseThanGuessing(double loss, Network network) {
    return loss > WORSE_THAN_GUESSING * Math.log(network.outputs());
  }

  /** Returns the trained networks: the last weights, or their average if the method says so. */
  private Models weights(Trainer trainer) {
    boolean averages =
        pack.shared()
            .method()
            .weights()
            .map(w -> !(w instanceof WeightsSpec.HeldOut))
            .orElse(false);
    return averages ? trainer.averageModels() : trainer.models();
  }

  private void probe(Trainer trainer, int epoch, StopRule ends, TrialSink sink) {
    probes.take(epoch, () -> weights(trainer), trainer::alive, ends, sink);
  }

  private void report(
      Trainer trainer, int epoch, StopRule ends, TrialSink sink, Progress progress) {
    double[] loss = trainer.loss();
    double mean = 0;
    for (int m = 0; m < loss.length; m++) {
      Trial t = pack.trials().get(m);
      if (epoch <= ends.last(m) && Double.isFinite(loss[m])) {
        sink.metric(t.id(), "train", epoch, Map.of("loss", loss[m]));
      }
      mean += loss[m] / loss.length;
    }
    progress.show("loss", mean);
  }

  private String statePath() {
    return "packs/" + pack.id() + ".safetensors";
  }

  private void checkpoint(Trainer trainer, int epochs, StopRule ends, TrialSink sink) {
    Map<String, String> about = Map.of(EPOCHS, Integer.toString(epochs));
    Map<String, HostTensor> state = new LinkedHashMap<>(trainer.state());
    state.putAll(probes.state());
    state.putAll(ends.state());
    write(sink, statePath(), new SafeTensors(state, about));
  }

  private int resume(Trainer trainer, StopRule ends, TrialSink sink) {
    Path file = sink.existing(statePath());
    if (file == null) {
      return 0;
    }
    SafeTensors saved;
    int done;
    try {
      saved = SafeTensors.read(file);
      done = Integer.parseInt(saved.metadata().getOrDefault(EPOCHS, "?"));
    } catch (DataException | NumberFormatException e) {
      sink.damaged(statePath(), e.getMessage());
      return 0;
    }
    try {
      trainer.restore(saved.tensors());
      probes.restore(saved.tensors());
      ends.restore(saved.tensors());
      return done;
    } catch (IllegalArgumentException e) {
      throw new DataException(file + ": not a state of this pack: " + e.getMessage());
    }
  }

  private void save(Trained t, TrialSink sink) {
    Map<String, HostTensor> all = t.models().host();
    for (int m = 0; m < pack.trials().size(); m++) {
      if (t.alive()[m]) {
        Map<String, HostTensor> own = new LinkedHashMap<>();
        Networks.rows(all, List.of(m))
            .forEach((name, v) -> own.put(name, v.reshape(v.shape().remove(0))));
        StoredNetwork stored =
            new StoredNetwork(own, t.losses()[m], t.histories().get(m), t.ends().get(m));
        write(sink, pack.trials().get(m).modelPath(), stored.file());
      }
    }
  }

  private static void write(TrialSink sink, String path, SafeTensors tensors) {
    sink.file(path, out -> copy(tensors, out));
  }

  private static void copy(SafeTensors tensors, OutputStream out) throws IOException {
    Path tmp = Files.createTempFile("rigor", ".safetensors");
    try {
      tensors.write(tmp);
      Files.copy(tmp, out);
    } finally {
      Files.deleteIfExists(tmp);
    }
  }

  /**
   * Returns the networks of an earlier run if all exist and are sound; reports damaged ones and
   * sets them aside.
   */
  private Optional<Trained> readBack(TrialSink sink) {
    DType dtype = Networks.training(pack.shared(), network, data).dtype();
    List<StoredNetwork> stored = new ArrayList<>();
    for (Trial t : pack.trials()) {
      Path file = sink.existing(t.modelPath());
      if (file != null) {
        try {
          stored.add(StoredNetwork.read(file, network, dtype));
        } catch (DataException e) {
          sink.damaged(t.modelPath(), e.getMessage());
        }
      }
    }
    int models = pack.trials().size();
    if (stored.size() < models) {
      return Optional.empty();
    }
    Map<String, HostTensor> params = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      HostTensor all = HostTensor.zeros(p.type(models, dtype));
      int n = Math.toIntExact(p.shape().size());
      for (int m = 0; m < models; m++) {
        System.arraycopy(
            stored.get(m).parameters().get(p.name()).array(), 0, all.array(), m * n, n);
      }
      params.put(p.name(), all);
    }
    boolean[] alive = new boolean[models];
    Arrays.fill(alive, true);
    return Optional.of(
        new Trained(
            Models.of(device, network, params),
            alive,
            stored.stream().mapToDouble(StoredNetwork::loss).toArray(),
            stored.stream().map(StoredNetwork::histories).toList(),
            stored.stream().map(StoredNetwork::ends).toList()));
  }
}
