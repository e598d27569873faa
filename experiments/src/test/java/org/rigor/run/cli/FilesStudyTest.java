// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.Npz;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Studies of networks trained elsewhere: files of one architecture are rows of one program. */
class FilesStudyTest {
  private static final String STUDY =
      """
      name: fleet
      data: {type: npz, path: points.npz, test-share: 0.9}
      model: {type: files, path: %s}
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.05, 0.1], steps: 4, restarts: 2}
        - {type: crown-curve, epsilons: [0, 0.05, 0.1]}
        - {type: lipschitz}
      sweep: {seeds: %s}
      """;

  @TempDir Path folder;

  @BeforeEach
  void prepare() throws IOException {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    Path nets = Files.createDirectory(folder.resolve("nets"));
    VerdictFiles.network(nets.resolve("a.onnx"), new float[] {1, 1, 1, -1});
    VerdictFiles.network(nets.resolve("b.onnx"), new float[] {0.5f, 2, 1, -1.5f});
    points();
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  /** Writes 80 points of the unit square, of class 0 where the second coordinate is the larger. */
  private void points() throws IOException {
    Random random = new Random(5);
    float[] x = new float[160];
    int[] y = new int[80];
    for (int n = 0; n < 80; n++) {
      x[2 * n] = random.nextFloat();
      x[2 * n + 1] = random.nextFloat();
      y[n] = x[2 * n] > x[2 * n + 1] ? 1 : 0;
    }
    Npz.write(
        folder.resolve("points.npz"),
        Map.of("x", HostTensor.of(Shape.of(80, 2), x), "y", HostTensor.of(Shape.of(80), y)),
        false);
  }

  private Shell.Result run(String path, String seeds) throws IOException {
    return run(STUDY.formatted(path, seeds));
  }

  private Shell.Result run(String study) throws IOException {
    return Shell.run(
        "run",
        Shell.study(folder, study),
        "--out",
        folder.resolve("runs"),
        "--data-dir",
        folder,
        "--device",
        "cpu",
        "--force");
  }

  /** Returns the result of every seed of the last run. */
  private Map<Long, TrialResult> results() {
    RunRecord record = RunRecord.open(folder.resolve("runs/fleet"));
    Map<Long, TrialResult> out = new LinkedHashMap<>();
    for (Trial t : record.trials()) {
      out.put(t.spec().seed(), record.results().get(t.id()));
    }
    return out;
  }

  private static List<Object> numbers(TrialResult r) {
    List<Object> out = new ArrayList<>(r.scalars().values());
    for (Curve c : r.curves()) {
      for (int e = 0; e < 3; e++) {
        out.add(c.correct(e));
      }
    }
    return out;
  }

  @Test
  void filesAreMeasuredTogetherAsEachIsAlone() throws Exception {
    Shell.Result both = run("nets", "2");
    assertThat(both.exit()).as(both.err()).isZero();
    Map<Long, TrialResult> together = results();
    assertThat(run("nets/a.onnx", "1").exit()).isZero();
    TrialResult a = results().get(0L);
    assertThat(run("nets", "[1]").exit()).isZero();
    TrialResult b = results().get(1L);
    assertThat(numbers(together.get(0L))).isEqualTo(numbers(a)).isNotEqualTo(numbers(b));
    assertThat(numbers(together.get(1L))).isEqualTo(numbers(b));
  }

  /** What a study certifies of a file is what the command for one network certifies. */
  @Test
  void theCommandForOneNetworkAgrees() throws Exception {
    String all = STUDY.replace("test-share: 0.9", "test-share: 1");
    assertThat(run(all.formatted("nets/b.onnx", "1")).exit()).isZero();
    Curve certified = results().get(0L).curve(Curve.Side.CERTIFIED).orElseThrow();
    Path json = folder.resolve("o.json");
    Shell.Result one =
        Shell.run(
            "certify",
            "--model",
            folder.resolve("nets/b.onnx"),
            "--data",
            folder.resolve("points.npz"),
            "--epsilon",
            "0.05",
            "--json",
            json,
            "--device",
            "cpu");
    assertThat(one.exit()).as(one.err()).isZero();
    double share =
        JsonParser.parseString(Files.readString(json))
            .getAsJsonObject()
            .get("certified_accuracy")
            .getAsDouble();
    assertThat(certified.correct(1) / 80.0).isEqualTo(share).isGreaterThan(0.5);
  }

  /** A file that changes is measured anew; the others keep their results. */
  @Test
  void aResultBelongsToTheBytesOfItsFile() throws Exception {
    assertThat(run("nets", "2").exit()).isZero();
    Map<Long, TrialResult> before = results();
    VerdictFiles.network(folder.resolve("nets/b.onnx"), new float[] {1, 0.9f, 1, -1});
    assertThat(run("nets", "2").exit()).isZero();
    Map<Long, TrialResult> after = results();
    assertThat(after.get(0L).id()).isEqualTo(before.get(0L).id());
    assertThat(after.get(1L).id()).isNotEqualTo(before.get(1L).id());
    Shell.Result again =
        Shell.run(
            "reproduce", folder.resolve("runs/fleet"), "--data-dir", folder, "--device", "cpu");
    assertThat(again.exit()).as(again.out() + again.err()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nets|3|2|sweep.seeds: must be below the number of files in nets, 2, got 2",
        "empty|1|4|empty: holds no .onnx file",
        "mixed|1|4|d.onnx: must be of the same architecture as c.onnx",
        "absent.onnx|1|4|absent.onnx",
      })
  void wrongFilesAreNamed(String path, String seeds, int exit, String message) throws Exception {
    Files.createDirectory(folder.resolve("empty"));
    Path mixed = Files.createDirectory(folder.resolve("mixed"));
    VerdictFiles.network(mixed.resolve("c.onnx"), new float[] {1, 1, 1, -1});
    VerdictFiles.network(mixed.resolve("d.onnx"), new float[] {1, 1, 1, -1, 2, 2});
    Shell.Result r = run(path, seeds);
    assertThat(r.exit()).as(r.err()).isEqualTo(exit);
    assertThat(r.err()).contains(message);
  }

  @Test
  void trainingGoesWithNetworksThatAreTrained() throws Exception {
    String training =
        "training: {epochs: 2, optimiser: {type: sgd, learning-rate: 0.1}, methods: [{type:"
            + " standard}]}\n";
    Shell.Result with = run(STUDY.formatted("nets", "2") + training);
    assertThat(with.exit()).isEqualTo(2);
    assertThat(with.err()).contains("networks from files are not trained here; leave it out");
    Shell.Result without =
        run(STUDY.formatted("nets", "2").replace("{type: files, path: nets}", "{type: lenet}"));
    assertThat(without.exit()).isEqualTo(2);
    assertThat(without.err()).contains("training: is missing; only networks from files");
    Shell.Result none =
        run(
            STUDY.formatted("nets", "2").replace("{type: files, path: nets}", "{type: lenet}")
                + training.replace("standard", "none"));
    assertThat(none.exit()).isEqualTo(2);
    assertThat(none.err()).contains("go together");
  }
}
