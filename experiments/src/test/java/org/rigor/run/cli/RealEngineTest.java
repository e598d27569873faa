// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.schedule.StudyRun;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.TrialResult;

/** A small study through the engine itself, on the CPU. */
class RealEngineTest {
  private static final String STUDY =
      """
      name: small
      data: {type: digits, test-share: 0.9}
      model: {type: mlp, hidden: [20]}
      training:
        epochs: 6
        batch-size: 30
        optimiser: {type: sgd, learning-rate: 0.1, momentum: 0.9}
        methods:
          - {type: standard}
          - {type: pgd, epsilon: 0.1, steps: 2, relative-step: 0.5}
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.05, 0.15], steps: 5, restarts: 1, samples: 20}
        - {type: crown-curve, epsilons: [0, 0.05, 0.15], samples: 20}
        - {type: lipschitz, samples: 20}
      sweep: {seeds: 2}
      figures: [bracket, lipschitz-bracket, first-to-fall, history]
      """;

  @TempDir Path folder;
  private Path study;
  private Path out;

  @BeforeEach
  void prepare() throws Exception {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    study = Shell.study(folder, STUDY);
    out = folder.resolve("runs");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private Shell.Result run(Object... more) {
    return Shell.run(
        Stream.concat(Stream.of("run", study, "--out", out, "--device", "cpu"), Stream.of(more))
            .toArray());
  }

  /** What a run measured, without what differs from run to run, by arm and seed. */
  private static Map<String, JsonObject> numbers(Path run) {
    Map<String, JsonObject> all = new TreeMap<>();
    RunRecord record = RunRecord.open(run);
    record
        .trials()
        .forEach(
            t -> {
              TrialResult r = record.results().get(t.id());
              JsonObject o = new JsonObject();
              r.scalars().forEach((name, s) -> o.addProperty(name, s.value()));
              for (Curve c : r.curves()) {
                JsonArray correct = new JsonArray();
                for (int i = 0; i < c.epsilons().length; i++) {
                  correct.add(c.correct(i));
                }
                o.add(c.method(), correct);
              }
              all.put(t.arm().label() + " " + t.spec().seed(), o);
            });
    return all;
  }

  private static long files(Path folder) throws Exception {
    try (Stream<Path> s = Files.list(folder)) {
      return s.count();
    }
  }

  @Test
  void aRunWritesNumbersNetworksAndWitnessesAndRepeatsItself() throws Exception {
    Shell.Result first = run();
    assertThat(first.exit()).as(first.err()).isZero();
    Path run = out.resolve("small");
    assertThat(files(run.resolve("trials"))).isEqualTo(4);
    assertThat(files(run.resolve("models"))).isEqualTo(4);
    assertThat(files(run.resolve("arrays"))).as("three a trial, test-x and test-y").isEqualTo(14);
    assertThat(files(run.resolve("figures"))).isEqualTo(4);
    assertThat(files(run.resolve("packs"))).isZero();
    Map<String, JsonObject> numbers = numbers(run);
    for (JsonObject o : numbers.values()) {
      assertThat(o.get("lipschitz-lower").getAsDouble())
          .isPositive()
          .isLessThanOrEqualTo(o.get("lipschitz-upper").getAsDouble());
      for (int i = 0; i < 3; i++) {
        assertThat(o.getAsJsonArray("crown").get(i).getAsInt())
            .isLessThanOrEqualTo(o.getAsJsonArray("pgd").get(i).getAsInt());
      }
    }
    assertThat(run().err()).contains("4 of 4 trials are finished already and are skipped");
    Shell.Result forced = run("--force");
    assertThat(forced.exit()).isZero();
    assertThat(numbers(run)).isEqualTo(numbers);
  }

  /**
   * A change of these numbers is a change of results: raise {@code RigorEngine.NUMERICS}, then
   * store the new ones (the failure shows them).
   */
  @Test
  void goldenResultsBelongToTheirNumericsVersion() throws Exception {
    JsonObject golden =
        JsonParser.parseString(
                Files.readString(Path.of("src/test/resources/golden/small-study.json")))
            .getAsJsonObject();
    try (StudyEngine engine =
        EngineProvider.load().study(new EngineProvider.Request("cpu", Optional.empty()))) {
      assertThat(engine.numerics())
          .as("results of another numerics version are stored: store those of this one")
          .isEqualTo(golden.get("numerics").getAsInt());
    }
    assertThat(run().exit()).isZero();
    Map<String, JsonObject> now = numbers(out.resolve("small"));
    JsonObject trials = golden.getAsJsonObject("trials");
    String shown = "results changed without a new numerics version; now " + now;
    assertThat(now.keySet()).as(shown).isEqualTo(trials.keySet());
    now.forEach(
        (trial, o) -> {
          JsonObject g = trials.getAsJsonObject(trial);
          assertThat(o.keySet()).as(shown).isEqualTo(g.keySet());
          for (String key : o.keySet()) {
            if (o.get(key).isJsonArray()) {
              assertThat(o.get(key)).as(shown).isEqualTo(g.get(key));
            } else {
              double want = g.get(key).getAsDouble();
              assertThat(o.get(key).getAsDouble())
                  .as("%s %s: %s", trial, key, shown)
                  .isCloseTo(want, within(1e-9 * Math.abs(want)));
            }
          }
        });
  }

  @Test
  void anInterruptedTrainingGoesOnBitForBit() throws Exception {
    assertThat(run().exit()).isZero();
    Map<String, JsonObject> whole = numbers(out.resolve("small"));
    Path other = folder.resolve("other");
    StudyFile file = StudyFile.read(study, List.of());
    try (StudyEngine engine =
            EngineProvider.load().study(new EngineProvider.Request("cpu", Optional.empty()));
        RunProgress progress = new RunProgress(System.err, RunProgress.Style.PLAIN)) {
      Prepared prepared = Prepared.of(file, engine);
      RunFolder run = RunFolder.create(other.resolve("small"));
      Cancellation cancellation = new Cancellation();
      Map<String, TrialResult> none =
          new StudyRun(run, progress, cancellation)
              .run(
                  prepared.trials(),
                  List.of(
                      (pack, sink, p, c) ->
                          engine.runner().run(pack, sink, new StopsAfter(3, cancellation), c)));
      assertThat(none).isEmpty();
    }
    assertThat(files(other.resolve("small/packs"))).isEqualTo(1);
    assertThat(files(other.resolve("small/models"))).isZero();
    Shell.Result resumed = Shell.run("run", study, "--out", other, "--device", "cpu");
    assertThat(resumed.exit()).as(resumed.err()).isZero();
    assertThat(numbers(other.resolve("small"))).isEqualTo(whole);
    assertThat(files(other.resolve("small/packs"))).isZero();
    assertThat(Files.readString(other.resolve("small/metrics.jsonl")).lines().count())
        .isEqualTo(4 * 6);
  }

  /** What a kill leaves: epochs in metrics.jsonl that no stored state knows, and half a line. */
  @Test
  void epochsTrainedAgainAreInTheMetricsOnce() throws Exception {
    assertThat(run().exit()).isZero();
    Path metrics = out.resolve("small/metrics.jsonl");
    String whole = Files.readString(metrics);
    try (Stream<Path> files = Files.walk(out.resolve("small"))) {
      for (Path f : files.filter(f -> f.toString().matches(".*/(trials|models)/.*")).toList()) {
        Files.delete(f);
      }
    }
    Files.writeString(metrics, whole.substring(0, whole.length() / 2));
    assertThat(run().exit()).isZero();
    assertThat(Files.readString(metrics)).isEqualTo(whole);
    assertThat(run("--force").exit()).isZero();
    assertThat(Files.readString(metrics)).isEqualTo(whole);
  }

  /** With a rate of 1e6 a ReLU network ends in dead units, its loss finite and huge. */
  @ParameterizedTest
  @ValueSource(strings = {"leaky-relu", "relu"})
  void aRateThatIsTooHighIsANamedOutcome(String activation) {
    Shell.Result r =
        run(
            "sweep.seeds=1",
            "model.activation=" + activation,
            "training.optimiser.learning-rate=1e6",
            "training.epochs=3");
    assertThat(r.exit()).as(r.err()).isEqualTo(1);
    assertThat(r.err() + r.out()).contains("diverged").doesNotContain("internal error");
  }

  @Test
  void whatDoesNotFitTogetherIsSaidBeforeAnythingRuns() {
    Shell.Result batch = run("training.batch-size=5000");
    assertThat(batch.exit()).isEqualTo(2);
    assertThat(batch.err())
        .startsWith(
            "rigor: <override>: training.batch-size: must be at most the number of training"
                + " samples, 180 of digits, got 5000\n");
    Shell.Result both = run("training.batch-size=5000", "measurements[1].norm=l2");
    assertThat(both.exit()).isEqualTo(2);
    assertThat(both.err())
        .contains("<override>: training.batch-size", "small.yaml:", "must share one norm")
        .contains("2 problems; nothing was run");
    Shell.Result cuda = Shell.run("run", study, "--out", out, "--device", "cuda");
    assertThat(cuda.exit()).isIn(0, 3);
    assertThat(cuda.err()).doesNotContain("internal error");
  }
}
