// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.rigor.data.DataSet;
import org.rigor.diff.Kind;
import org.rigor.nn.TrialKey;
import org.rigor.run.measure.Context;
import org.rigor.run.measure.Gathered;
import org.rigor.run.measure.Kept;
import org.rigor.run.measure.Measurements;
import org.rigor.run.measure.Predictions;
import org.rigor.run.measure.TrialArrays;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.ProbeSpec;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.Summaries;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.History;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/** The joint measurement of trained models of equal architecture. */
final class PackMeasurement {
  /** Progress units of all measurements, in epochs of training. */
  static final int UNITS = 30;

  /** Progress units of all measurements of networks that are not trained here. */
  static final int UNITS_ALONE = 3000;

  /** Time of measuring, in seconds, after which what is known is stored. */
  private static final double WORTH_STORING = 2;

  private final Models networks;
  private final DataSet data;
  private final List<Trial> trials;
  private final List<Past> pasts;
  private final Kept kept;
  private final Function<DataSpec, DataSet> others;
  private final int units;
  private final List<Gathered> gathered = new ArrayList<>();

  /**
   * The record of a model's training.
   *
   * @param loss mean of the last epoch; NaN if unknown
   * @param end how it ended, by quantity
   */
  record Past(double loss, Map<String, History> histories, Map<String, Double> end) {}

  PackMeasurement(
      Models networks,
      DataSet data,
      List<Trial> trials,
      List<Past> pasts,
      Kept kept,
      Function<DataSpec, DataSet> others,
      int units) {
    this.networks = networks;
    this.data = data;
    this.trials = trials;
    this.pasts = pasts;
    this.kept = kept;
    this.others = others;
    this.units = units;
  }

  /** Measures group {@code group} of the {@code groups} of a pack and hands over the results. */
  void run(
      List<MeasurementSpec> specs,
      TrialSink sink,
      Progress progress,
      Cancellation cancellation,
      long started,
      int group,
      int groups) {
    Meter meter =
        new Meter(units, specs.stream().map(Measurements::effort).toList(), group, groups);
    int[] test = data.split().test();
    HostTensor x = StudyData.inputs(data, test, trials.get(0).spec().precision());
    int[] labels = data.labels(test);
    List<Optional<TrialSink.Partial>> before =
        trials.stream().map(t -> sink.measured(t.id())).toList();
    int first =
        before.stream().mapToInt(p -> p.map(TrialSink.Partial::measured).orElse(0)).min().orElse(0);
    progress.phase("clean");
    Predictions clean = kept.room(() -> Predictions.of(networks, x));
    for (int m = 0; m < trials.size(); m++) {
      Gathered g = new Gathered();
      gathered.add(g);
      g.correct = new boolean[labels.length];
      int right = 0;
      for (int n = 0; n < labels.length; n++) {
        g.correct[n] = clean.predicted(m, n) == labels[n];
        right += g.correct[n] ? 1 : 0;
      }
      g.scalars.put(
          Scalar.CLEAN_ACCURACY,
          new Scalar((double) right / labels.length, clean.kind(), "argmax-f64"));
      if (first > 0) {
        take(g, before.get(m).orElseThrow().result());
      }
      g.scalars.put(
          Scalar.MEDIAN_MARGIN,
          new Scalar(clean.medianMargin(m, labels), clean.kind(), "logits-f64"));
      double loss = pasts.get(m).loss();
      if (!Double.isNaN(loss)) {
        g.scalars.put(Scalar.TRAINING_LOSS, new Scalar(loss, Kind.BOUND, "mean-f32"));
      }
      pasts
          .get(m)
          .end()
          .forEach((name, v) -> g.scalars.put(name, new Scalar(v, Kind.ESTIMATE, "training")));
      summaries(trials.get(m), pasts.get(m).histories(), g);
    }
    Context c =
        new Context(
            networks,
            data,
            trials,
            trials.stream().map(t -> TrialKey.of(t.spec().seed(), "evaluate")).toList(),
            gathered,
            kept,
            sink,
            others,
            share -> meter.within(share, progress));
    TrialArrays.write(c, "arrays/test-x.npy", x);
    TrialArrays.write(c, "arrays/test-y.npy", StudyData.labels(data, test));
    if (first > 0) {
      progress.note(
          "%d of %d measurements are done already and are skipped".formatted(first, specs.size()));
    }
    long stored = System.nanoTime();
    for (int i = 0; i < specs.size(); i++) {
      if (cancellation.requested()) {
        return;
      }
      meter.begin(i);
      progress.phase(Measurements.name(specs.get(i)));
      if (i >= first) {
        Measurements.run(specs.get(i), c);
      }
      meter.within(1, progress);
      if (i >= first && i + 1 < specs.size() && System.nanoTime() - stored > WORTH_STORING * 1e9) {
        int measured = i + 1;
        results(started, pasts).forEach(r -> sink.measured(new TrialSink.Partial(measured, r)));
        stored = System.nanoTime();
      }
    }
    cancellation.expendable(false);
    results(started, pasts).forEach(sink::completed);
  }

  private static void take(Gathered g, TrialResult stored) {
    g.scalars.putAll(stored.scalars());
    g.curves.addAll(stored.curves());
    g.examples = stored.examples();
  }

  private List<TrialResult> results(long started, List<Past> pasts) {
    double seconds = (System.nanoTime() - started) / 1e9 / trials.size();
    List<TrialResult> out = new ArrayList<>();
    for (int m = 0; m < trials.size(); m++) {
      Gathered g = gathered.get(m);
      out.add(
          new TrialResult(
              trials.get(m).id(),
              Outcome.FINISHED,
              "",
              seconds,
              g.scalars,
              g.correct,
              g.curves,
              g.examples,
              pasts.get(m).histories()));
    }
    return out;
  }

  private static void summaries(Trial t, Map<String, History> histories, Gathered g) {
    if (histories.isEmpty()) {
      return;
    }
    ProbeSpec probe = t.spec().training().probe().orElseThrow();
    int[] epochs = histories.values().iterator().next().epochs();
    Map<String, double[]> values = new LinkedHashMap<>();
    histories.forEach((name, h) -> values.put(name, h.values()));
    Summaries.values(probe, epochs, values)
        .forEach((name, v) -> g.scalars.put(name, new Scalar(v, Kind.ESTIMATE, "probes")));
    for (ProbeSpec.Split split : probe.splits()) {
      for (Quantity q : Quantities.histories(probe)) {
        // A missing count may be zero; any other missing quantity was undecided at some epoch.
        boolean missing = !histories.containsKey(Quantities.history(split, q.name()));
        if (missing && q.better() != Quantity.Better.NEITHER) {
          Scalar none = Scalar.undecided(Kind.ESTIMATE, "probes: undecided at an epoch");
          Summaries.of(split, q, probe.splits()).forEach(d -> g.scalars.put(d.name(), none));
        }
      }
    }
  }
}
