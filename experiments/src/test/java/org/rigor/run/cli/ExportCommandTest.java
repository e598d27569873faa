// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;

/** Networks of a run leave it whole, each under the name of its arm and seed. */
class ExportCommandTest {
  private static final String STUDY =
      """
      name: moons
      data: {type: two-moons, samples: 60}
      model: {type: mlp, hidden: [4]}
      training:
        epochs: 1
        batch-size: 16
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}, {type: pgd, epsilon: 0.1}]
      measurements:
        - {type: lipschitz, norm: l2}
      sweep: {seeds: 2}
      """;

  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void train() throws IOException {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    Path study = Shell.study(folder, STUDY);
    Shell.Result r = Shell.run("run", study, "--out", folder, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    run = folder.resolve("moons");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private Shell.Result export(String model, Path out) {
    return Shell.run("export", run, "--model", model, "--out", out, "--device", "cpu");
  }

  /** The product of layer norms tells one network from another. */
  @Test
  void theNetworkOfItsArmAndSeedIsWritten() throws IOException {
    Path onnx = folder.resolve("pgd-1.onnx");
    Shell.Result r = export("pgd/1", onnx);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).contains("pgd/1").contains(onnx.toString());
    Path json = folder.resolve("l.json");
    Shell.Result l =
        Shell.run(
            "lipschitz", "--model", onnx, "--upper", "product", "--device", "cpu", "--json", json);
    assertThat(l.exit()).as(l.err()).isZero();
    JsonObject own = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    double upper = own.getAsJsonObject("upper").get("value").getAsDouble();
    assertThat(upper).isCloseTo(upper("pgd", 1), within(1e-9 * upper));
    assertThat(upper("standard", 1)).isNotCloseTo(upper, within(1e-3 * upper));
    Shell.Result m = Shell.run("lipschitz", "--model", onnx, "--device", "cpu", "--json", json);
    assertThat(m.exit()).as(m.err()).isZero();
    JsonObject least = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
    assertThat(least.getAsJsonObject("upper").get("value").getAsDouble()).isLessThan(upper);
    assertThat(least.getAsJsonObject("upper").get("method").getAsString()).contains("LipSDP");
    assertThat(least.getAsJsonArray("methods").toString()).contains("product", "semidefinite");
  }

  private double upper(String arm, int seed) {
    RunRecord record = RunRecord.open(run);
    Trial trial =
        record.trials().stream()
            .filter(t -> t.arm().label().equals(arm) && t.spec().seed() == seed)
            .findFirst()
            .orElseThrow();
    return record.results().get(trial.id()).scalars().get(Scalar.LIPSCHITZ_UPPER).value();
  }

  @Test
  void parametersLeaveAsTheyAreStored() throws IOException {
    Path out = folder.resolve("a.safetensors");
    assertThat(export("standard/0", out).exit()).isZero();
    try (Stream<Path> all = Files.list(run.resolve("models"))) {
      byte[] bytes = Files.readAllBytes(out);
      assertThat(all.map(ExportCommandTest::bytes)).anyMatch(b -> Arrays.equals(b, bytes));
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatIsNotThereIsNamed() throws IOException {
    Path out = folder.resolve("a.onnx");
    Shell.Result unknown = export("pgd/7", out);
    assertThat(unknown.exit()).isEqualTo(2);
    assertThat(unknown.err()).contains("expected one of standard/0, ").contains("got 'pgd/7'");
    Shell.Result ending = export("pgd/1", folder.resolve("a.pt"));
    assertThat(ending.exit()).isEqualTo(2);
    assertThat(ending.err()).contains(".onnx or .safetensors");
    try (Stream<Path> all = Files.list(run.resolve("models"))) {
      for (Path p : all.toList()) {
        Files.delete(p);
      }
    }
    Shell.Result gone = export("pgd/1", out);
    assertThat(gone.exit()).isEqualTo(4);
    assertThat(gone.err()).contains("no network models/");
    assertThat(out).doesNotExist();
  }
}
