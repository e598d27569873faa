// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.Npz;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Folders of networks y0 = relu(x1), y1 = relu(s x0): the classes meet where x1 = s x0, in linf at
 * a distance of |x1 - s x0| / (1 + s).
 */
class FleetTest {
  private static final float[] SLOPES = {1, 0.5f, 0.7f};
  private static final float[] HEIGHTS = {0.58f, 0.66f, 0.74f, 0.9f};

  @TempDir Path folder;
  private Path nets;
  private Path data;

  @BeforeEach
  void prepare() throws IOException {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    nets = Files.createDirectory(folder.resolve("nets"));
    for (int i = 0; i < SLOPES.length; i++) {
      VerdictFiles.network(
          nets.resolve("epoch-%d.onnx".formatted(i)), new float[] {0, SLOPES[i], 1, 0});
    }
    float[] x = new float[2 * HEIGHTS.length + 2];
    x[x.length - 2] = 0.9f;
    x[x.length - 1] = 0.1f;
    for (int n = 0; n < HEIGHTS.length; n++) {
      x[2 * n] = 0.5f;
      x[2 * n + 1] = HEIGHTS[n];
    }
    data = folder.resolve("points.npz");
    Npz.write(
        data,
        Map.of(
            "x", HostTensor.of(Shape.of(HEIGHTS.length + 1, 2), x),
            "y", HostTensor.of(Shape.of(HEIGHTS.length + 1), 0, 0, 0, 0, 1)),
        false);
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private Shell.Result run(String command, Object... more) {
    List<Object> words = new ArrayList<>(List.of(command, "--models", nets, "--data", data));
    words.addAll(List.of("--device", "cpu", "--json", folder.resolve("o.json")));
    words.addAll(List.of(command.equals("audit") ? "--out" : "--runs", folder.resolve("runs")));
    words.addAll(Arrays.asList(more));
    return Shell.run(words.toArray());
  }

  private JsonArray models() throws IOException {
    return json().getAsJsonArray("models");
  }

  private JsonObject json() throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve("o.json"))).getAsJsonObject();
  }

  private double[] distances(int network) {
    double[] all = new double[HEIGHTS.length + 1];
    all[HEIGHTS.length] = (0.9 * SLOPES[network] - 0.1) / (1 + SLOPES[network]);
    for (int n = 0; n < HEIGHTS.length; n++) {
      all[n] = (HEIGHTS[n] - 0.5 * SLOPES[network]) / (1 + SLOPES[network]);
    }
    Arrays.sort(all);
    return all;
  }

  private double left(int network, double epsilon) {
    return Arrays.stream(distances(network)).filter(d -> d > epsilon).count() / 5.0;
  }

  @ParameterizedTest
  @CsvSource({
    "attack, attacked-accuracy, --steps 20",
    "certify, certified-accuracy, --method crown",
    "certify, certified-accuracy, --method beta-crown",
  })
  void eachHasItsOwnAccuracyAndAllTheirMean(String command, String name, String options)
      throws IOException {
    List<Object> words = new ArrayList<>(List.of("--epsilon", "0.1"));
    words.addAll(List.of((Object[]) options.split(" ")));
    Shell.Result r = run(command, words.toArray());
    assertThat(r.exit()).as(r.err()).isZero();
    double sum = 0;
    for (int i = 0; i < SLOPES.length; i++) {
      JsonObject m = models().get(i).getAsJsonObject();
      assertThat(m.get("file").getAsString()).isEqualTo("epoch-%d.onnx".formatted(i));
      assertThat(m.getAsJsonObject("numbers").get(name + "@0.1").getAsDouble())
          .isEqualTo(left(i, 0.1));
      sum += left(i, 0.1) / SLOPES.length;
    }
    JsonObject together = json().getAsJsonObject("together").getAsJsonObject(name + "@0.1");
    assertThat(together.get("mean").getAsDouble()).isCloseTo(sum, within(1e-12));
    assertThat(together.get("least").getAsDouble()).isEqualTo(left(0, 0.1));
    assertThat(r.out()).contains("epoch-0.onnx", "mean", "least", "most", "the study is ");
  }

  @Test
  void distancesAndSlopesAreOfEach() throws IOException {
    assertThat(run("distance").exit()).isZero();
    for (int i = 0; i < SLOPES.length; i++) {
      JsonObject numbers = models().get(i).getAsJsonObject().getAsJsonObject("numbers");
      double nearest = distances(i)[0];
      assertThat(numbers.get("attack-distance@0").getAsDouble())
          .isBetween(nearest - 1e-6, 1.002 * nearest);
    }
    assertThat(run("lipschitz").exit()).isZero();
    // The rows of the matrix are orthogonal, so its norm is that of the longer.
    JsonObject numbers = models().get(1).getAsJsonObject().getAsJsonObject("numbers");
    assertThat(numbers.get("lipschitz-lower").getAsDouble()).isCloseTo(1, within(1e-6));
  }

  @Test
  void anAuditHasThemSideBySide() throws IOException {
    Shell.Result r = run("audit", "--epsilons", "0.05,0.1", "--require", "certified:0.1=0.7");
    assertThat(r.exit()).as(r.err()).isEqualTo(1); // the first keeps 3 of 5
    assertThat(models()).hasSize(SLOPES.length);
    for (int i = 0; i < SLOPES.length; i++) {
      JsonObject m = models().get(i).getAsJsonObject();
      assertThat(m.get("file").getAsString()).isEqualTo("epoch-%d.onnx".formatted(i));
      JsonObject at = m.getAsJsonArray("radii").get(2).getAsJsonObject();
      assertThat(at.getAsJsonObject("certified_accuracy").get("value").getAsDouble())
          .isEqualTo(left(i, 0.1));
      assertThat(m.getAsJsonArray("requirements").toString())
          .contains(left(i, 0.1) >= 0.7 ? "holds" : "missed");
    }
    assertThat(Files.readString(folder.resolve("runs/audit-nets/audit.html")))
        .contains("nets/epoch-0.onnx", "nets/epoch-2.onnx", "proved: mean");
  }

  @Test
  void anotherArchitectureIsNamedWithWhatDiffers() {
    VerdictFiles.network(nets.resolve("later.onnx"), new float[] {0, 1, 1, 0}, "Sigmoid");
    for (String command : List.of("attack", "audit")) {
      Shell.Result r = command.equals("attack") ? run(command, "--epsilon", "0.1") : run(command);
      assertThat(r.exit()).as(r.err()).isEqualTo(4);
      assertThat(r.err())
          .contains("later.onnx: must be of the same architecture as epoch-0.onnx")
          .contains("it has", "the other");
    }
  }

  @Test
  void wrongWordsAreNamed() throws IOException {
    Object[][] all = {
      {"--model", nets.resolve("epoch-0.onnx"), "--models: goes without --model"},
      {"--attack", "autoattack", "--models takes --attack"},
      {"--save", folder.resolve("p.npz"), "--save: --models has no use for it"},
      {"--norm", "l1", "--norm: expected linf or l2"},
    };
    for (Object[] words : all) {
      Shell.Result r = run("attack", "--epsilon", "0.1", words[0], words[1]);
      assertThat(r.exit()).as(r.err()).isEqualTo(2);
      assertThat(r.err()).contains((String) words[2]);
    }
    Shell.Result r = run("distance", "--attack", "ddn");
    assertThat(r.err()).contains("--attack: --models has no use for it");
    nets = folder.resolve("none");
    assertThat(run("attack", "--epsilon", "0.1").err()).contains("--models: no folder at");
    nets = Files.createDirectory(folder.resolve("empty"));
    r = run("certify", "--epsilon", "0.1");
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains("holds no .onnx file");
  }
}
