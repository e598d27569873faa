// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
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
import org.rigor.run.study.Quantity;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.History;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.TrialResult;

/** Measurements during training, through the engine itself. */
class ProbesTest {
  private static final String STUDY =
      """
      name: probed
      data: {type: digits, test-share: 0.8}
      model: {type: mlp, hidden: [12]}
      training:
        epochs: 5
        batch-size: 30
        optimiser: {type: sgd, learning-rate: 0.2}
        methods:
          - {type: standard}
          - {type: pgd, epsilon: 0.1, steps: 1, relative-step: 1}
        samples: 150
        held-out: 90
        probe:
          every: 2
          splits: [test, held-out, train]
          measurements:
            - {type: pgd-curve, epsilons: [0.05], steps: 2, restarts: 1, samples: 30}
            - {type: lipschitz, samples: 5}
      measurements:
        - {type: pgd-curve, epsilons: [0.05], steps: 2, restarts: 1, samples: 30}
      sweep: {seeds: 2, grid: {training.epochs: [3, 5]}}
      claims:
        - {type: level, id: a, says: early stopping gains, metric: clean-accuracy/best-held-out,
           of: pgd, relation: at-least, value: 0.1}
      figures:
        - {type: evolution, metrics: [test/clean-accuracy, train/clean-accuracy]}
        - {type: line, metrics: [clean-accuracy], along: training.epochs, theory:
           clean-accuracy/best-test}
        - {type: scatter, x: lipschitz-lower/last, y: attacked-accuracy@0.05}
        - {type: variance, metrics: [clean-accuracy, attacked-accuracy@0.05], methods: [standard]}
      """;

  @TempDir Path folder;
  private Path out;

  @BeforeEach
  void prepare() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    out = folder.resolve("runs");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private RunRecord run(Path study, Path to) {
    Shell.Result r = Shell.run("run", study, "--out", to, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    return RunRecord.open(to.resolve("probed"));
  }

  private static Map<String, String> numbers(RunRecord run) {
    Map<String, String> all = new TreeMap<>();
    run.trials()
        .forEach(
            t -> {
              TrialResult r = run.results().get(t.id());
              Map<String, Object> o = new TreeMap<>(r.scalars());
              r.histories().forEach((n, h) -> o.put(n, Arrays.toString(h.values())));
              r.curves().forEach(c -> o.put(c.method(), Arrays.toString(c.survived())));
              all.put(t.arm().label() + " " + t.spec().seed(), o.toString());
            });
    return all;
  }

  @Test
  void historiesHaveTheEpochsOfTheirModelAndEndInWhatIsMeasuredAfterwards() throws Exception {
    RunRecord run = run(Shell.study(folder, STUDY), out);
    Set<String> declared =
        run.study().study().quantities().all().stream()
            .map(Quantity::name)
            .collect(Collectors.toSet());
    run.trials()
        .forEach(
            t -> {
              TrialResult r = run.results().get(t.id());
              int[] epochs =
                  t.spec().training().epochs() == 3 ? new int[] {0, 2, 3} : new int[] {0, 2, 4, 5};
              assertThat(r.histories().keySet())
                  .contains(
                      "test/clean-accuracy",
                      "held-out/cross-entropy",
                      "train/attacked-accuracy@0.05",
                      "test/lipschitz-lower");
              for (History h : r.histories().values()) {
                assertThat(h.epochs()).isEqualTo(epochs);
              }
              assertThat(r.scalars().get("clean-accuracy/last").value())
                  .isEqualTo(r.scalars().get("clean-accuracy").value());
              assertThat(r.scalars().get("attacked-accuracy@0.05/last").value())
                  .isEqualTo(r.curves().get(0).accuracy(0));
              double[] test = r.histories().get("test/clean-accuracy").values();
              double[] held = r.histories().get("held-out/clean-accuracy").values();
              int best = 0;
              for (int i = 0; i < held.length; i++) {
                best = held[i] > held[best] ? i : best;
              }
              assertThat(r.scalars().get("clean-accuracy/best-held-out").value())
                  .isEqualTo(test[best]);
              assertThat(r.scalars().get("clean-accuracy/best-held-out-epoch").value())
                  .isEqualTo(epochs[best]);
              assertThat(r.scalars().get("clean-accuracy/best-test").value())
                  .isEqualTo(Arrays.stream(test).max().orElseThrow());
              assertThat(declared).as("declared").containsAll(r.scalars().keySet());
            });
    assertThat(Pack.group(run.trials())).as("epochs are a row's own").hasSize(1);
    Set<String> lines = new TreeSet<>();
    for (String line : Files.readAllLines(out.resolve("probed/metrics.jsonl"))) {
      JsonObject o = JsonParser.parseString(line).getAsJsonObject();
      if (o.get("phase").getAsString().equals("probe")) {
        assertThat(lines.add(o.get("trial").getAsString() + o.get("step"))).isTrue();
      }
    }
    assertThat(lines).hasSize(4 * 3 + 4 * 4);
    String evolution = Files.readString(out.resolve("probed/figures/1-evolution.svg"));
    assertThat(evolution)
        .contains("epoch (0 is initialisation)", "clean accuracy (%)", "bands: 95 % over seeds");
    // two methods, two lengths of training, two quantities; 3 and 4 points
    assertThat(evolution.split("<circle", -1)).hasSize(1 + 2 * 2 * (3 + 4));
    String line = Files.readString(out.resolve("probed/figures/2-line.svg"));
    assertThat(line).contains(">epochs<", "pgd, theory:", "bands: 95 % over seeds");
    assertThat(Files.readString(out.resolve("probed/figures/4-variance.svg")))
        .contains("share of variance in %", "epochs", "seed with settings");
    assertThat(Files.readString(out.resolve("probed/report.html")))
        .contains("<th>seed with settings</th>");
    assertThat(Files.readString(out.resolve("probed/figures/3-scatter.svg")).split("<circle", -1))
        .as("a dot a network, one a method in the legend")
        .hasSize(1 + 8 + 2);
  }

  @Test
  void aProbeChangesNothingOfWhatItWatches() throws Exception {
    Map<String, TrialResult> with = new TreeMap<>();
    RunRecord a = run(Shell.study(folder, STUDY), out);
    a.trials().forEach(t -> with.put(t.arm().label() + t.spec().seed(), a.results().get(t.id())));
    String plain = STUDY.replaceAll("(?s)  probe:.*?\nmeasurements", "measurements");
    plain = plain.replaceAll("(?s)claims:.*", ""); // and the figures
    assertThat(plain).doesNotContain("probe:");
    RunRecord b = run(Shell.study(folder, plain), folder.resolve("plain"));
    b.trials()
        .forEach(
            t -> {
              TrialResult x = b.results().get(t.id());
              TrialResult y = with.get(t.arm().label() + t.spec().seed());
              assertThat(y.scalars()).containsAllEntriesOf(x.scalars());
              assertThat(y.correct()).isEqualTo(x.correct());
              assertThat(x.histories()).isEmpty();
            });
  }

  @Test
  void anInterruptedTrainingKeepsItsHistoriesAndNetworksReadBackHaveThem() throws Exception {
    Path study = Shell.study(folder, STUDY);
    RunRecord whole = run(study, out);
    Path other = folder.resolve("other");
    try (StudyEngine engine =
            EngineProvider.load().study(new EngineProvider.Request("cpu", Optional.empty()));
        RunProgress progress = new RunProgress(System.err, RunProgress.Style.PLAIN)) {
      Prepared prepared = Prepared.of(StudyFile.read(study, List.of()), engine);
      Cancellation cancellation = new Cancellation();
      RunFolder run = RunFolder.create(other.resolve("probed"));
      new StudyRun(run, progress, cancellation)
          .run(
              prepared.trials(),
              List.of(
                  (pack, sink, p, c) ->
                      engine.runner().run(pack, sink, new StopsAfter(3, cancellation), c)));
    }
    RunRecord resumed = run(study, other);
    assertThat(numbers(resumed)).isEqualTo(numbers(whole));
    assertThat(Files.readAllLines(other.resolve("probed/metrics.jsonl")))
        .hasSameElementsAs(Files.readAllLines(out.resolve("probed/metrics.jsonl")))
        .doesNotHaveDuplicates();
    try (var files = Files.list(out.resolve("probed/trials"))) {
      for (Path f : files.toList()) {
        Files.delete(f);
      }
    }
    assertThat(numbers(run(study, out))).isEqualTo(numbers(resumed));
  }

  @Test
  void samplesThatAreNotThereAreRefused() throws Exception {
    Path study = Shell.study(folder, STUDY);
    Shell.Result r =
        Shell.run("plan", study, "--out", out, "--device", "cpu", "training.samples=300");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err())
        .contains(
            "training.samples: digits has 359 training samples, 90 of them held out, got 300");
    Shell.Result batch =
        Shell.run("plan", study, "--out", out, "--device", "cpu", "training.batch-size=151");
    assertThat(batch.exit()).isEqualTo(2);
    assertThat(batch.err()).contains("at most the number of training samples, 150 of digits");
  }
}
