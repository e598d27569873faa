// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.io.SafeTensors;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Scalar;

/** Studies of every kind of model, in miniature, on 180 digits. */
class ArchitecturesTest {
  private static final String STUDY =
      """
      name: small
      data: {type: digits, test-share: 0.9}
      model: %s
      training:
        epochs: %d
        batch-size: 30
        optimiser: {type: adam, learning-rate: 0.01}
        methods: [%s]
      measurements: [%s]
      sweep: {seeds: 2}
      """;
  private static final String ATTACK =
      "{type: pgd-curve, epsilons: [0, 0.1], steps: 2, restarts: 1, samples: 10}";

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

  private Shell.Result run(String model, int epochs, String method, String measurements)
      throws Exception {
    Path study = Shell.study(folder, STUDY.formatted(model, epochs, method, measurements));
    return Shell.run("run", study, "--out", out, "--device", "cpu");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{type: resnet18, width: 2}",
        "{type: preact-resnet18, width: 2}",
        "{type: vit, patch: 4, dim: 6, depth: 1, heads: 2, mlp-ratio: 1, pool: mean}"
      })
  void trainAndAreAttacked(String model) throws Exception {
    Shell.Result r = run(model, 1, "{type: pgd, epsilon: 0.05, steps: 1}", ATTACK);
    assertThat(r.exit()).as(r.err()).isZero();
  }

  /** Intervals and lines go through attention; no slope does, which is said before training. */
  @Test
  void aTransformerIsCertifiedAndHasNoProductBound() throws Exception {
    String model = "{type: vit, patch: 4, dim: 6, depth: 1, heads: 2, mlp-ratio: 1}";
    String curve = "epsilons: [0, 1e-6], samples: 5}";
    String both = "{type: ibp-curve, " + curve + ", {type: crown-curve, " + curve;
    Shell.Result r = run(model, 2, "{type: standard}", both);
    assertThat(r.exit()).as(r.err()).isZero();
    String product = "{type: lipschitz, samples: 5}";
    Shell.Result refused = run(model, 2, "{type: standard}", product);
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err())
        .contains("lipschitz cannot be taken of this network", "no slope rule for");
    Path study = Shell.study(folder, STUDY.formatted(model, 2, "{type: standard}", product));
    Path elsewhere = folder.resolve("nothing");
    assertThat(Shell.run("plan", study, "--out", elsewhere).exit()).isEqualTo(2);
    assertThat(Shell.run("run", study, "--out", elsewhere).exit()).isEqualTo(2);
    assertThat(elsewhere).doesNotExist();
  }

  /** Running statistics are stored with the model, read back, and used by every measurement. */
  @Test
  void aConvolutionalNetworkWithBatchNormsLearnsAndIsReadBack() throws Exception {
    String model = "{type: conv, channels: [8, 16], dense: [32], batch-norm: true}";
    String method = "{type: pgd, epsilon: 0.05, steps: 2, batch-norm: batch}";
    String measured = ATTACK + ", {type: ibp-curve, epsilons: [0, 0.001], samples: 10}";
    Shell.Result r = run(model, 12, method, measured);
    assertThat(r.exit()).as(r.err()).isZero();
    Map<String, Double> first = accuracies();
    assertThat(first.values()).allMatch(a -> a > 0.85);
    List<Path> models;
    try (Stream<Path> s = Files.list(out.resolve("small/models"))) {
      models = s.toList();
    }
    assertThat(models).hasSize(2);
    assertThat(SafeTensors.read(models.get(0)).tensors()).containsKeys("1.mean", "4.variance");
    try (Stream<Path> s = Files.list(out.resolve("small/trials"))) {
      for (Path p : s.toList()) {
        Files.delete(p);
      }
    }
    Shell.Result again = run(model, 12, method, measured);
    assertThat(again.exit()).as(again.err()).isZero();
    assertThat(accuracies()).isEqualTo(first);
  }

  private Map<String, Double> accuracies() {
    RunRecord record = RunRecord.open(out.resolve("small"));
    Map<String, Double> all = new TreeMap<>();
    record
        .results()
        .forEach((id, r) -> all.put(id, r.scalars().get(Scalar.CLEAN_ACCURACY).value()));
    return all;
  }

  @Test
  void dataThatIsNoImageIsRefusedInWords() throws Exception {
    Path study =
        Shell.study(
            folder,
            STUDY
                .formatted("{type: conv}", 1, "{type: standard}", ATTACK)
                .replace("{type: digits, test-share: 0.9}", "{type: two-moons}"));
    Shell.Result r = Shell.run("run", study, "--out", out, "--device", "cpu");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("does not fit", "[height, width, channels]");
  }

  /** What does not fit the data is said by plan too, before anything runs. */
  @Test
  void planRefusesWhatDoesNotFitTheData() throws Exception {
    Path study =
        Shell.study(folder, STUDY.formatted("{type: lenet}", 1, "{type: standard}", ATTACK));
    Shell.Result small = Shell.run("plan", study, "--out", out, "--device", "cpu");
    assertThat(small.exit()).isEqualTo(2);
    assertThat(small.err()).contains("LeNet needs images of 12 x 12 at least, got [8, 8, 1]");
    Path flat =
        Shell.study(
            folder,
            STUDY
                .formatted("{type: mlp, hidden: [4]}", 1, "{type: standard}", ATTACK)
                .replace("{type: digits, test-share: 0.9}", "{type: two-moons}"));
    for (String command : List.of("plan", "run")) {
      Shell.Result crops =
          Shell.run(command, flat, "training.augment={crop: 1}", "--out", out, "--device", "cpu");
      assertThat(crops.exit()).isEqualTo(2);
      assertThat(crops.err()).contains("training.augment: crops by 1", "samples [2]");
    }
  }

  @Test
  void batchStatisticsNeedBatchNorms() throws Exception {
    Shell.Result r = run("{type: conv}", 1, "{type: pgd, epsilon: 0.1, batch-norm: batch}", ATTACK);
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("'batch-norm' of pgd has no effect");
  }

  /** A CSV file is read without any key but its path. */
  @Test
  void aTableNeedsNoMoreThanItsPath() throws Exception {
    StringBuilder rows = new StringBuilder("a,b,label\n");
    for (int i = 0; i < 50; i++) {
      rows.append("0.%02d,0.5,%d%n".formatted(i, i % 2));
    }
    Files.writeString(folder.resolve("t.csv"), rows);
    Path study =
        Shell.study(
            folder,
            STUDY
                .formatted("{type: mlp, hidden: [4]}", 1, "{type: standard}", ATTACK)
                .replace("{type: digits, test-share: 0.9}", "{type: csv, path: t.csv}"));
    Shell.Result r =
        Shell.run("plan", study, "--data-dir", folder, "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).contains("40 training and 10 test samples of shape [2], 2 classes");
    Shell.Result box = Shell.run("plan", study, "data.low=1", "--data-dir", folder, "--out", out);
    assertThat(box.exit()).isEqualTo(2);
    assertThat(box.err()).contains("low: must be below high, got 1.0 and 1.0");
  }

  @Test
  void modelsThatCannotBeAreConfigurationErrors() throws Exception {
    Shell.Result even = run("{type: conv, kernel: 4}", 1, "{type: standard}", ATTACK);
    assertThat(even.exit()).isEqualTo(2);
    assertThat(even.err()).contains("kernel: must be odd, got 4");
    for (String none : List.of("{type: mlp, hidden: [], ", "{type: conv, dense: [], ")) {
      Shell.Result idle = run(none + "dropout: 0.3}", 1, "{type: standard}", ATTACK);
      assertThat(idle.exit()).isEqualTo(2);
      assertThat(idle.err()).contains("dropout: there is no hidden dense layer");
    }
    Shell.Result heads = run("{type: vit, heads: 5}", 1, "{type: standard}", ATTACK);
    assertThat(heads.exit()).isEqualTo(2);
    assertThat(heads.err()).contains("must be a multiple of heads");
  }
}
