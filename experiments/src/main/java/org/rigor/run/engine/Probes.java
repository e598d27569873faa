// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.rigor.data.DataSet;
import org.rigor.io.AtomicFile;
import org.rigor.nn.TrialKey;
import org.rigor.run.measure.Context;
import org.rigor.run.measure.Gathered;
import org.rigor.run.measure.Kept;
import org.rigor.run.measure.Measurements;
import org.rigor.run.measure.Predictions;
import org.rigor.run.setup.StudyData;
import org.rigor.run.setup.StudySamples;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.ProbeSpec;
import org.rigor.run.study.ProbeSpec.Split;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.History;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialSink;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * The measurements of a pack's networks during training. A model is probed at initialisation, at
 * regular intervals and at its own last epoch, but not after it has diverged. Probes draw the same
 * random numbers each time, so a history changes only with the network.
 */
final class Probes {
  private static final String STATE = "probe/";

  private final Pack pack;
  private final Kept kept;
  private final Optional<ProbeSpec> spec;
  private final Map<Split, DataSet> splits = new EnumMap<>(Split.class);

  /** The measured values of each model by epoch. */
  private final List<TreeMap<Integer, Map<String, Double>>> taken = new ArrayList<>();

  Probes(StudySamples samples, Pack pack, Kept kept) {
    this.pack = pack;
    this.kept = kept;
    this.spec = pack.shared().training().probe();
    pack.trials().forEach(t -> taken.add(new TreeMap<>()));
    spec.ifPresent(p -> p.splits().forEach(s -> splits.put(s, samples.measuredOn(s))));
  }

  /** Measures the models that are due after an epoch; 0 is initialisation. */
  void take(
      int epoch,
      Supplier<Models> networks,
      Supplier<boolean[]> living,
      StopRule ends,
      TrialSink sink) {
    int models = pack.trials().size();
    if (spec.isEmpty() || IntStream.range(0, models).noneMatch(m -> due(ends.last(m), epoch))) {
      return;
    }
    boolean[] alive = living.get();
    List<Integer> rows = new ArrayList<>();
    for (int m = 0; m < alive.length; m++) {
      if (alive[m] && due(ends.last(m), epoch)) {
        rows.add(m);
      }
    }
    try (Models all = networks.get()) {
      for (int from = 0; from < rows.size(); from += EnginePackRunner.TOGETHER) {
        int to = Math.min(rows.size(), from + EnginePackRunner.TOGETHER);
        List<Integer> some = rows.subList(from, to);
        try (Models own = all.rows(some)) {
          measure(epoch, some, own, sink);
        }
      }
    }
  }

  private boolean due(int last, int epoch) {
    return epoch == last || epoch < last && epoch % spec.orElseThrow().every() == 0;
  }

  private void measure(int epoch, List<Integer> rows, Models own, TrialSink sink) {
    List<Trial> trials = rows.stream().map(pack.trials()::get).toList();
    List<TrialKey> keys =
        trials.stream().map(t -> TrialKey.of(t.spec().seed(), "evaluate")).toList();
    for (Split split : spec.orElseThrow().splits()) {
      DataSet data = splits.get(split);
      int[] part = data.split().test();
      List<Gathered> gathered = new ArrayList<>();
      rows.forEach(m -> gathered.add(new Gathered()));
      Context c = new Context(own, data, trials, keys, gathered, kept, new NoFiles(sink));
      int[] labels = data.labels(part);
      HostTensor x = StudyData.inputs(data, part, c.precision());
      Predictions clean = kept.room(() -> Predictions.of(own, x));
      for (MeasurementSpec m : spec.get().measurements()) {
        Measurements.run(m, c);
      }
      for (int i = 0; i < rows.size(); i++) {
        Map<String, Double> at =
            taken.get(rows.get(i)).computeIfAbsent(epoch, e -> new LinkedHashMap<>());
        at.put(Quantities.history(split, Quantities.CLEAN_ACCURACY), clean.accuracy(i, labels));
        at.put(Quantities.history(split, "cross-entropy"), clean.crossEntropy(i, labels));
        gathered
            .get(i)
            .scalars
            .forEach(
                (name, s) -> {
                  if (s.decided()) {
                    at.put(Quantities.history(split, name), s.value());
                  }
                });
        gathered.get(i).curves.forEach(curve -> flatten(split, curve, at));
      }
    }
    for (int m : rows) {
      sink.metric(pack.trials().get(m).id(), "probe", epoch, taken.get(m).get(epoch));
    }
  }

  private static void flatten(Split split, Curve curve, Map<String, Double> at) {
    String name =
        curve.side() == Curve.Side.ATTACKED
            ? Quantities.ATTACKED_ACCURACY
            : Quantities.CERTIFIED_ACCURACY;
    for (int i = 0; i < curve.epsilons().length; i++) {
      String full = Quantities.history(split, Quantities.at(name, curve.epsilons()[i]));
      at.putIfAbsent(full, curve.accuracy(i));
    }
  }

  /**
   * Returns the histories of one model. A quantity missing at some epoch has no history: a count
   * that was zero there, or a number that was undecided.
   */
  Map<String, History> of(int model) {
    TreeMap<Integer, Map<String, Double>> own = taken.get(model);
    if (own.isEmpty()) {
      return Map.of();
    }
    int[] epochs = own.keySet().stream().mapToInt(Integer::intValue).toArray();
    Map<String, History> out = new LinkedHashMap<>();
    for (String name : own.firstEntry().getValue().keySet()) {
      if (own.values().stream().allMatch(v -> v.containsKey(name))) {
        double[] values = own.values().stream().mapToDouble(v -> v.get(name)).toArray();
        out.put(name, new History(epochs, values));
      }
    }
    return out;
  }

  /** Returns the measurements so far as tensors [epochs] of each model. */
  Map<String, HostTensor> state() {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    for (int m = 0; m < taken.size(); m++) {
      String prefix = STATE + m + "/";
      of(m)
          .forEach(
              (name, h) -> {
                Shape shape = Shape.of(h.epochs().length);
                out.put(prefix + name, HostTensor.of(shape, h.values()));
                out.put(prefix + "epochs", HostTensor.of(shape, h.epochs()));
              });
    }
    return out;
  }

  /** Resumes from a saved {@link #state}; ignores other tensors. */
  void restore(Map<String, HostTensor> saved) {
    saved.forEach(
        (name, values) -> {
          String[] parts = name.split("/", 3);
          if (name.startsWith(STATE) && !parts[2].equals("epochs")) {
            HostTensor epochs = saved.get(STATE + parts[1] + "/epochs");
            for (int i = 0; i < epochs.shape().size(); i++) {
              taken
                  .get(Integer.parseInt(parts[1]))
                  .computeIfAbsent((int) epochs.get(i), e -> new LinkedHashMap<>())
                  .put(parts[2], values.get(i));
            }
          }
        });
  }

  /** A sink for probes, which write no files. */
  private record NoFiles(TrialSink sink) implements TrialSink {
    @Override
    public void completed(org.rigor.run.trial.TrialResult result) {
      throw new IllegalStateException("a probe completes no trial");
    }

    @Override
    public void metric(String trialId, String phase, long step, Map<String, Double> values) {
      sink.metric(trialId, phase, step, values);
    }

    @Override
    public void metricsRestart(Set<String> trialIds, long after) {
      throw new IllegalStateException("a probe restarts nothing");
    }

    @Override
    public void file(String path, AtomicFile.Content content) {}

    @Override
    public Path existing(String path) {
      return null;
    }

    @Override
    public void damaged(String path, String why) {
      throw new IllegalStateException("a probe reads no files");
    }

    @Override
    public void discard(String path) {}
  }
}
