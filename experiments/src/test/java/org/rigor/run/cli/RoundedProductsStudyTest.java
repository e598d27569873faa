// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.run.engine.RigorProvider;

/** Training whose products round their operands says so in its results. */
class RoundedProductsStudyTest {
  private static final String STUDY =
      """
      name: rounded
      data: {type: digits, test-share: 0.95}
      model: {type: mlp, hidden: [5], activation: tanh}
      training:
        epochs: 1
        batch-size: 30
        optimiser: {type: sgd, learning-rate: 0.3}
        methods: [{type: standard}]
      measurements: [{type: lipschitz, samples: 2}]
      sweep: {seeds: 1}
      """;

  @TempDir Path folder;
  private Path study;

  @BeforeEach
  void prepare() throws Exception {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    study = Shell.study(folder, STUDY);
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private Shell.Result run(String device, String... settings) {
    List<Object> words = new java.util.ArrayList<>(List.of("run", study));
    words.addAll(List.of(settings));
    words.addAll(List.of("--out", folder.resolve("runs"), "--device", device));
    return Shell.run(words.toArray());
  }

  @Test
  void eachRoundingIsATrialOfItsOwn() throws Exception {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    assertThat(run("emulated").exit()).isZero();
    for (String products : List.of("tf32", "bf16")) {
      Shell.Result r = run("emulated", "training.products=" + products);
      assertThat(r.exit()).as(r.err()).isZero();
      Path of = folder.resolve("runs/rounded+training.products=" + products);
      Path trial = only(of.resolve("trials"));
      assertThat(trial).content().contains("\"products\":\"" + products + "\"");
      assertThat(of.resolve("report.html")).content().contains(products);
      assertThat(trial.getFileName())
          .isNotEqualTo(only(folder.resolve("runs/rounded/trials")).getFileName());
      assertThat(only(of.resolve("models")))
          .binaryContent()
          .isNotEqualTo(Files.readAllBytes(only(folder.resolve("runs/rounded/models"))));
    }
  }

  private static Path only(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  @Test
  void theCpuAndDoublesRefuseIt() {
    Shell.Result cpu = run("cpu", "training.products=tf32");
    assertThat(cpu.exit()).isEqualTo(3);
    assertThat(cpu.err())
        .contains("training.products: products of floats rounded to TF32 need a CUDA device");
    Shell.Result doubles = run("cpu", "training.products=bf16", "precision=f64");
    assertThat(doubles.exit()).isEqualTo(2);
    assertThat(doubles.err()).contains("training.products: BF16 rounds products of floats");
    assertThat(folder.resolve("runs")).doesNotExist();
  }
}
