// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.engine.RigorProvider;

/** Stored networks are measured again only if they are what was trained. */
class StoredWeightsTest {
  private static final String STUDY =
      """
      name: weights
      data: {type: two-moons, samples: 60}
      model: {type: mlp, hidden: [4]}
      training:
        epochs: 1
        batch-size: 16
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}]
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.1], steps: 2, restarts: 1}
      sweep: {seeds: 2}
      """;

  @TempDir Path folder;
  private Path study;
  private Path out;
  private List<Path> models;
  private byte[] first;

  @BeforeEach
  void train() throws Exception {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    study = Shell.study(folder, STUDY);
    out = folder.resolve("runs");
    Shell.Result r = Shell.run("run", study, "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    try (Stream<Path> all = Files.list(out.resolve("weights/models"))) {
      models = all.sorted().toList();
    }
    first = Files.readAllBytes(models.get(0));
    // A new measurement of the networks that are there.
    Files.writeString(study, STUDY.replace("sweep:", "  - {type: lipschitz}\nsweep:"));
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private Shell.Result measure() {
    return Shell.run("run", study, "--out", out, "--device", "cpu");
  }

  private void setAsideAndTrainedAgain(String why) throws Exception {
    Shell.Result r = measure();
    assertThat(r.exit()).as(r.err()).isZero();
    String name = "models/" + models.get(0).getFileName();
    assertThat(r.err()).contains(name + " is damaged on disk (" + why, "made again");
    assertThat(models.get(0)).hasBinaryContent(first);
    assertThat(models.get(0).resolveSibling(models.get(0).getFileName() + ".damaged")).exists();
  }

  /** The last float of the file, which is a parameter. */
  private void last(float value) throws Exception {
    byte[] b = first.clone();
    ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN).putFloat(b.length - 4, value);
    Files.write(models.get(0), b);
  }

  /** Nothing asks for the network, but its size shows that it is damaged. */
  @Test
  void aNetworkCutShortIsMadeAgainThoughItsTrialIsFinished() throws Exception {
    Files.writeString(study, STUDY);
    Files.write(models.get(0), Arrays.copyOf(first, 200));
    setAsideAndTrainedAgain("it has 200 bytes");
    Shell.Result again = measure();
    assertThat(again.exit()).isZero();
    assertThat(again.err()).doesNotContain("damaged");
  }

  @Test
  void soundNetworksAreMeasuredAndEditedOnesAreTrainedAgain() throws Exception {
    Shell.Result sound = measure();
    assertThat(sound.exit()).isZero();
    assertThat(sound.err()).doesNotContain("damaged");
    Files.writeString(
        study, STUDY.replace("sweep:", "  - {type: ibp-curve, epsilons: [0, 0.01]}\nsweep:"));
    last(-3);
    setAsideAndTrainedAgain("its checksum is not the one in manifest.jsonl");
    Shell.Result again = Shell.run("reproduce", out.resolve("weights"));
    assertThat(again.exit()).as(again.out()).isZero();
    assertThat(again.out()).contains("tensors of networks", "arrays", "values of metrics");
  }

  @Test
  void networksCutShortAreTrainedAgain() throws Exception {
    Files.write(models.get(0), Arrays.copyOf(first, 100));
    setAsideAndTrainedAgain("it has 100 bytes");
  }

  @Test
  void withoutChecksumsANetworkMustStillBeReadableAndFinite() throws Exception {
    Files.delete(out.resolve("weights/manifest.jsonl"));
    last(Float.NaN);
    Shell.Result r = measure();
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.err()).contains("must be finite, got NaN", "made again");
    assertThat(models.get(0)).hasBinaryContent(first);
    Files.delete(out.resolve("weights/manifest.jsonl"));
    Files.write(models.get(0), Arrays.copyOf(first, 100));
    Files.writeString(study, STUDY.replace("restarts: 1", "restarts: 2"));
    Shell.Result cut = measure();
    assertThat(cut.exit()).as(cut.err()).isZero();
    assertThat(cut.err()).contains("made again");
  }
}
