// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.schedule.StudyRun;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.TrialResult;

/** What studies of training vary: losses, dropout, initial scales, the end of training. */
class TrainingKnobsTest {
  private static final String STUDY =
      """
      name: knobs
      data: {type: two-moons, samples: 200, noise: 0.1}
      model: {type: mlp, hidden: [8], activation: tanh}
      training:
        epochs: 12
        batch-size: 16
        optimiser: {type: sgd, learning-rate: 0.2}
        schedule: constant
        methods: [standard]
        until: {gradient-norm: 0.08, after: 3, every: 2}
        probe: {every: 5}
      measurements:
        - {type: pgd-curve, epsilons: [0.1], steps: 1, restarts: 1, samples: 5}
      sweep: {seeds: 4}
      """;

  @TempDir Path folder;

  @BeforeEach
  void prepare() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private RunRecord run(String to, String... overrides) throws Exception {
    Path study = Shell.study(folder, STUDY);
    Path out = folder.resolve(to);
    Object[] words =
        Stream.concat(
                Stream.of("run", study, "--out", out, "--device", "cpu"), Arrays.stream(overrides))
            .toArray();
    Shell.Result r = Shell.run(words);
    assertThat(r.exit()).as(r.err()).isZero();
    try (Stream<Path> runs = java.nio.file.Files.list(out)) {
      return RunRecord.open(runs.findFirst().orElseThrow());
    }
  }

  private static double scalar(TrialResult r, String name) {
    return r.scalars().get(name).value();
  }

  @Test
  void eachNetworkEndsWhenItsOwnGradientIsSmall() throws Exception {
    RunRecord run = run("a");
    List<Double> ends =
        run.trials().stream()
            .map(t -> scalar(run.results().get(t.id()), "epochs-trained"))
            .toList();
    assertThat(ends.stream().distinct().count()).as("not all at once").isGreaterThan(2);
    for (TrialResult r : run.results().values()) {
      double end = scalar(r, "epochs-trained");
      boolean met = scalar(r, "gradient-norm") <= 0.08;
      assertThat(scalar(r, "gradient-criterion-met")).isEqualTo(met ? 1 : 0);
      assertThat(end).isGreaterThanOrEqualTo(3);
      assertThat(end == 12 || met && end % 2 == 0).isTrue();
      int[] epochs = r.histories().get("test/clean-accuracy").epochs();
      assertThat(epochs[epochs.length - 1]).isEqualTo((int) end);
    }
    // with a bound that none meets all epochs are trained, to the same networks up to their ends
    RunRecord whole = run("b", "training.until.gradient-norm=1e-9");
    for (int i = 0; i < ends.size(); i++) {
      TrialResult full = whole.results().get(whole.trials().get(i).id());
      assertThat(scalar(full, "gradient-criterion-met")).isZero();
      assertThat(scalar(full, "epochs-trained")).isEqualTo(12);
      TrialResult own = run.results().get(run.trials().get(i).id());
      double[] x = own.histories().get("test/cross-entropy").values();
      double[] y = full.histories().get("test/cross-entropy").values();
      assertThat(x[0]).isEqualTo(y[0]);
      assertThat(x[1] == y[1]).isEqualTo(ends.get(i) >= 5);
    }
  }

  @Test
  void anInterruptedTrainingRemembersWhichNetworksHaveEnded() throws Exception {
    RunRecord whole = run("a");
    Path study = Shell.study(folder, STUDY);
    Path other = folder.resolve("other");
    try (StudyEngine engine =
            EngineProvider.load().study(new EngineProvider.Request("cpu", Optional.empty()));
        RunProgress progress = new RunProgress(System.err, RunProgress.Style.PLAIN)) {
      Prepared prepared = Prepared.of(StudyFile.read(study, List.of()), engine);
      Cancellation cancellation = new Cancellation();
      new StudyRun(RunFolder.create(other.resolve("knobs")), progress, cancellation)
          .run(
              prepared.trials(),
              List.of(
                  (pack, sink, p, c) ->
                      engine.runner().run(pack, sink, new StopsAfter(9, cancellation), c)));
    }
    RunRecord resumed = run("other");
    whole
        .results()
        .forEach(
            (id, r) ->
                assertThat(new TreeMap<>(resumed.results().get(id).scalars()))
                    .isEqualTo(new TreeMap<>(r.scalars())));
  }

  @Test
  void lossDropoutAndInitialScaleChangeTheNetwork() throws Exception {
    Map<String, Double> accuracy = new TreeMap<>();
    for (String knob :
        List.of(
            "training.epochs=12",
            "training.loss=mse",
            "model.dropout=0.5",
            "model.init-scale=2",
            "training.label-noise=0.4",
            "training.samples=40")) {
      RunRecord run = run(knob, "sweep.seeds=1", "training.until.gradient-norm=1e-9", knob);
      TrialResult r = run.results().values().iterator().next();
      accuracy.put(knob, scalar(r, "training-loss"));
    }
    assertThat(accuracy.values()).doesNotHaveDuplicates();
    assertThat(accuracy.get("training.label-noise=0.4"))
        .isGreaterThan(accuracy.get("training.epochs=12") + 0.1);
    assertThat(accuracy.get("model.dropout=0.5")).isGreaterThan(accuracy.get("training.epochs=12"));
  }

  @Test
  void initialScalesShareAPackAndOneIsNone() throws Exception {
    Path file =
        Shell.study(
            folder, STUDY.replace("seeds: 4", "seeds: 1, grid: {model.init-scale: [0.9, 1, 1.1]}"));
    try (StudyEngine engine =
        EngineProvider.load().study(new EngineProvider.Request("cpu", Optional.empty()))) {
      Prepared p = Prepared.of(StudyFile.read(file, List.of()), engine);
      assertThat(Pack.group(p.trials())).hasSize(1);
    }
    RunRecord scaled = run("a", "sweep.seeds=1", "model.init-scale=1");
    RunRecord plain = run("b", "sweep.seeds=1");
    assertThat(scaled.results().values().iterator().next().scalars())
        .isEqualTo(plain.results().values().iterator().next().scalars());
  }
}
