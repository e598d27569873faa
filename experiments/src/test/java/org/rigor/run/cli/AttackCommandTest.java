// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
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
import org.rigor.io.ElementKind;
import org.rigor.io.Npz;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** {@code rigor attack} on the classifier by the sign of its one output z = 2 a - 3 b. */
class AttackCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private Path line(String name, float... weights) {
    OnnxTensor w = OnnxTensor.of(HostTensor.of(Shape.of(2, 1), weights));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            List.of(new OnnxNode(0, "MatMul", "", "", List.of("x", "w"), List.of("z"), Map.of())),
            Map.of("w", w),
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(OnnxValueInfo.FREE, 2L))),
            List.of(new OnnxValueInfo("z", ElementKind.F32, List.of(OnnxValueInfo.FREE, 1L))));
    Path file = folder.resolve(name);
    OnnxWriter.write(file, new OnnxModel(name, 8, 17, "", graph));
    return file;
  }

  /** z = -0.5 inside the box, and z = 2 at its corner (1, 0). */
  private Path data() {
    Path file = folder.resolve("d.npz");
    Map<String, HostTensor> arrays =
        Map.of(
            "x", HostTensor.of(Shape.of(2, 2), 0.5f, 0.5f, 1, 0),
            "y", HostTensor.of(Shape.of(2), 0, 1));
    Npz.write(file, arrays, false);
    return file;
  }

  private Shell.Result attack(Object... words) {
    List<Object> all = new ArrayList<>(List.of("attack", "--model", line("m.onnx", 2, -3)));
    all.addAll(List.of("--data", data(), "--json", folder.resolve("o.json"), "--device", "cpu"));
    all.addAll(Arrays.asList(words));
    return Shell.run(all.toArray());
  }

  private static HostTensor saved(Path points, String array) {
    try (Npz npz = Npz.open(points)) {
      return npz.read(array);
    }
  }

  private double accuracy() throws IOException {
    return json().get("attacked_accuracy").getAsDouble();
  }

  private JsonObject json() throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve("o.json"))).getAsJsonObject();
  }

  /**
   * The first sample falls at 0.5 over the dual norm of (2, -3), the second at 2 over it; in l1, of
   * b alone.
   */
  @ParameterizedTest
  @CsvSource({
    "apgd, l1, 3",
    "fab, l1, 3",
    "autoattack, l1, 3",
    "malt, l1, 3",
    "malt, linf, 5",
    "r-fgsm, linf, 5",
    "autoattack-reference, l2, 3.605551275463989"
  })
  void samplesFallAtTheirRadius(String name, String norm, double dual) throws IOException {
    double[] epsilons = {0, 0.98 * 0.5 / dual, 1.02 * 0.5 / dual, 1.02 * 2 / dual};
    double[] left = {1, 1, 0.5, 0};
    boolean suite = !List.of("apgd", "fab", "r-fgsm").contains(name);
    for (int i = 0; i < epsilons.length; i++) {
      List<Object> words =
          new ArrayList<>(List.of("--attack", name, "--norm", norm, "--epsilon", epsilons[i]));
      if (!suite) {
        words.addAll(List.of("--restarts", 20, "--steps", 60));
      }
      Shell.Result r = attack(words.toArray());
      assertThat(r.exit()).as(r.err()).isZero();
      assertThat(accuracy()).as("epsilon %s", epsilons[i]).isEqualTo(left[i]);
    }
  }

  @Test
  void theReportSaysWhichTargetsCameFirst() throws IOException {
    Shell.Result r = attack("--epsilon", 0.2, "--target-rule", "nearest");
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(json().get("target_rule").getAsString()).isEqualTo("nearest");
    assertThat(json().get("image").isJsonNull()).isTrue();
    r = attack("--epsilon", 0.2, "--loss", "probability-margin");
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(json().get("loss").getAsString()).isEqualTo("probability-margin");
    assertThat(accuracy()).isEqualTo(0.5);
  }

  @Test
  void rowsOfPixelsAreCalledImages() throws IOException {
    Shell.Result r =
        attack("--attack", "square", "--steps", 50, "--epsilon", 0.2, "--image", "1,2,1");
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(json().getAsJsonObject("image").get("width").getAsInt()).isEqualTo(2);
    r = attack("--attack", "square", "--epsilon", 0.2, "--image", "2,2,1");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--image: 2,2,1 has 4 numbers, the network takes [2]");
    r = attack("--epsilon", 0.2, "--image", "1,2,1");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--image: --attack apgd does not look at images, square,");
    r = attack("--attack", "square", "--epsilon", 0.2, "--image", "1,2");
    assertThat(r.err()).contains("--image: expected height, width and channels");
    r = attack("--attack", "square", "--epsilon", 0.2, "--channels-first");
    assertThat(r.err()).contains("--channels-first: needs --image");
  }

  @Test
  void whatAnAttackDoesNotTakeIsRefused() {
    Shell.Result r = attack("--attack", "malt", "--norm", "l0", "--epsilon", 1);
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--attack malt takes --norm linf, l2 or l1, got l0");
    r = attack("--attack", "r-fgsm", "--norm", "l1", "--epsilon", 1);
    assertThat(r.err()).contains("--attack r-fgsm takes --norm linf or l2, got l1");
    r = attack("--target-rule", "nearset", "--epsilon", 1);
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--target-rule: expected one of likeliest, nearest");
    r = attack("--attack", "malt", "--target-rule", "likeliest", "--epsilon", 1);
    assertThat(r.err()).contains("--target-rule: --attack malt sets its own");
  }

  /** The first sample falls at 0.1, to each attack; the second at 0.4, where the first does too. */
  @Test
  void aFullLedgerSaysWhoFoolsWhichSample() throws IOException {
    for (double epsilon : new double[] {0.05, 0.11, 0.41}) {
      Shell.Result r = attack("--attack", "autoattack", "--ledger", "full", "--epsilon", epsilon);
      assertThat(r.exit()).as(r.err()).isZero();
      String row = epsilon < 0.1 ? "[0,0]" : epsilon < 0.4 ? "[1,0]" : "[1,1]";
      int fell = epsilon < 0.1 ? 0 : epsilon < 0.4 ? 1 : 2;
      int first = 0;
      for (JsonElement part : json().getAsJsonArray("attacks")) {
        JsonObject p = part.getAsJsonObject();
        assertThat(p.get("ledger").toString()).as(p.get("attack").getAsString()).isEqualTo(row);
        assertThat(p.get("fooled").getAsInt()).isEqualTo(fell);
        assertThat(p.get("unique").getAsInt()).isZero();
        first += p.get("first_to_fool").getAsInt();
      }
      assertThat(first).isEqualTo(fell);
      assertThat(r.out()).contains("first to fool %d, fools %d, alone 0".formatted(fell, fell));
    }
    assertThat(attack("--attack", "malt", "--ledger", "full", "--epsilon", 0.41).exit()).isZero();
    JsonObject only = json().getAsJsonArray("attacks").get(0).getAsJsonObject();
    assertThat(only.get("unique").getAsInt()).isEqualTo(2);
    Shell.Result r = attack("--ledger", "full", "--epsilon", 0.1);
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--ledger full: needs a suite of attacks, autoattack or");
    r = attack("--ledger", "ful", "--epsilon", 0.1);
    assertThat(r.err()).contains("--ledger: expected one of first, full, got 'ful'");
  }

  /** The surrogate's gradient has the signs of the network's, or none of them. */
  @Test
  void pointsAreMadeOnASurrogate() throws IOException {
    for (boolean alike : new boolean[] {true, false}) {
      Path other = alike ? line("s.onnx", 4, -1) : line("s.onnx", -2, 3);
      for (double share : new double[] {0.98, 1.02}) {
        Shell.Result r = attack("--epsilon", share * 0.1, "--surrogate", other);
        assertThat(r.exit()).as(r.err()).isZero();
        assertThat(accuracy()).isEqualTo(alike && share > 1 ? 0.5 : 1);
        assertThat(json().get("surrogate").getAsString()).endsWith("s.onnx");
        assertThat(json().get("surrogate_sha256").getAsString()).hasSize(64);
        assertThat(r.out()).contains("judged on the network");
      }
    }
    Shell.Result r = attack("--epsilon", 0.1, "--surrogate", folder.resolve("none.onnx"));
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains("no surrogate at");
    r = attack("--attack", "malt", "--epsilon", 0.1, "--surrogate", line("s.onnx", 4, -1));
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--surrogate: takes one attack, malt is a suite");
  }

  /** The samples bear different labels, so one perturbation fools the nearer alone. */
  @Test
  void oneForAllFoolsWhatItCan() throws IOException {
    Path points = folder.resolve("points.npz");
    for (double share : new double[] {0, 0.98, 1.02}) {
      Shell.Result r = attack("--attack", "universal", "--epsilon", share * 0.1, "--save", points);
      assertThat(r.exit()).as(r.err()).isZero();
      assertThat(accuracy()).isEqualTo(share > 1 ? 0.5 : 1);
      assertThat(r.out().contains("no adversarial samples: ")).isEqualTo(share < 1);
      assertThat(Files.exists(points)).isEqualTo(share > 1);
    }
    double[] delta = saved(points, "delta").doubles();
    assertThat(delta[0]).isCloseTo(0.102, within(1e-12));
    assertThat(delta[1]).isCloseTo(-0.102, within(1e-12));
    Shell.Result r = attack("--attack", "universal", "--epsilon", 0.1, "--loss", "targeted-dlr");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--attack universal takes a loss without targets");
    r = attack("--attack", "universal", "--epsilon", 0.1, "--norm", "l1");
    assertThat(r.err()).contains("--attack universal takes --norm linf or l2, got l1");
    r = attack("--attack", "universal", "--epsilon", 0.1, "--restarts", 3);
    assertThat(r.err()).contains("--restarts: --attack universal has no use for it");
  }

  /** Decisions alone lead to the boundary, in the box's corner too. */
  @Test
  void decisionsSuffice() throws IOException {
    double[] left = {1, 0.5};
    for (int i = 0; i < 2; i++) {
      Shell.Result r =
          attack(
              "--attack",
              "hopskipjump",
              "--steps",
              1500,
              "--epsilon",
              (i == 0 ? 0.98 : 1.02) * 0.1);
      assertThat(r.exit()).as(r.err()).isZero();
      assertThat(accuracy()).isEqualTo(left[i]);
      assertThat(json().get("loss").getAsString()).isEqualTo("margin");
      assertThat(json().get("targets").getAsInt()).isEqualTo(1);
    }
  }

  /** Three classes by [a, b, -9]: the third is out of reach, the second where b beats a. */
  @Test
  void samplesAreBroughtToAClass() throws IOException {
    OnnxTensor w = OnnxTensor.of(HostTensor.of(Shape.of(2, 3), 1f, 0, 0, 0, 1, 0));
    OnnxTensor c = OnnxTensor.of(HostTensor.of(Shape.of(3), 0f, 0, -9));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            List.of(
                new OnnxNode(0, "MatMul", "", "", List.of("x", "w"), List.of("h"), Map.of()),
                new OnnxNode(1, "Add", "", "", List.of("h", "c"), List.of("z"), Map.of())),
            Map.of("w", w, "c", c),
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(OnnxValueInfo.FREE, 2L))),
            List.of(new OnnxValueInfo("z", ElementKind.F32, List.of(OnnxValueInfo.FREE, 3L))));
    Path net = folder.resolve("three.onnx");
    OnnxWriter.write(net, new OnnxModel("three.onnx", 8, 17, "", graph));
    Path data = folder.resolve("three.npz");
    Map<String, HostTensor> arrays =
        Map.of(
            "x", HostTensor.of(Shape.of(3, 2), 0.25f, 0.75f, 0.75f, 0.5f, 0.75f, 0.25f),
            "y", HostTensor.of(Shape.of(3), 1, 0, 0));
    Npz.write(data, arrays, false);
    Path json = folder.resolve("o.json");
    Path points = folder.resolve("points.npz");
    Object[] words = {
      "attack",
      "--model",
      net,
      "--data",
      data,
      "--json",
      json,
      "--device",
      "cpu",
      "--save",
      points,
      "--target"
    };
    for (String attack : List.of("apgd", "pgd", "autoattack")) {
      for (double epsilon : new double[] {0.12, 0.13, 0.26}) {
        List<Object> all = new ArrayList<>(List.of(words));
        all.addAll(List.of(1, "--epsilon", epsilon, "--attack", attack));
        Shell.Result r = Shell.run(all.toArray());
        assertThat(r.exit()).as(r.err()).isZero();
        assertThat(r.out()).contains("kept from class 1").contains("1 samples are of class 1");
        double left = epsilon < 0.125 ? 1 : epsilon < 0.25 ? 0.5 : 0;
        assertThat(json().get("kept_from_target").getAsDouble()).isEqualTo(left);
        assertThat(json().get("target").getAsInt()).isEqualTo(1);
        assertThat(json().get("clean_accuracy").getAsDouble()).isEqualTo(1);
      }
    }
    assertThat(saved(points, "index").ints()).containsExactly(1, 2);
    assertThat(saved(points, "y").ints()).containsExactly(0, 0);
    assertThat(saved(points, "predicted").ints()).containsExactly(1, 1);
    List<Object> far = new ArrayList<>(List.of(words));
    far.addAll(List.of(2, "--epsilon", 1));
    assertThat(Shell.run(far.toArray()).exit()).isZero();
    assertThat(json().get("kept_from_target").getAsDouble()).isEqualTo(1);
    far.set(far.size() - 3, 3);
    Shell.Result r = Shell.run(far.toArray());
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--target: must be a class from 0 to 2, got 3");
  }
}
