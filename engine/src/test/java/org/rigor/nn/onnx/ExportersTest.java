// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.rigor.nn.onnx.OnnxFormsTest.gauss;
import static org.rigor.nn.onnx.OnnxFormsTest.with;
import static org.rigor.nn.onnx.OnnxNetworkTest.compare;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;
import static org.rigor.nn.onnx.OnnxNetworkTest.rigor;

import ai.onnxruntime.OrtException;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveResult;
import org.rigor.attack.HostAttack;
import org.rigor.attack.Pgd;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.certify.Crown;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * Files of PyTorch's two exporters, scikit-learn, Keras and JAX compute what these libraries do;
 * the script in src/test/exporters wrote files and numbers.
 */
class ExportersTest {
  private static final Path FOLDER = Path.of("src/test/resources/org/rigor/nn/onnx/exporters");

  static Stream<String> files() throws IOException {
    try (Stream<Path> all = Files.list(FOLDER)) {
      return all
          .map(p -> p.getFileName().toString())
          .filter(n -> n.endsWith(".onnx"))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static void flatten(JsonElement e, List<Double> to) {
    if (e instanceof JsonArray all) {
      all.forEach(i -> flatten(i, to));
    } else {
      to.add(e.getAsDouble());
    }
  }

  private static double[] numbers(JsonElement e) {
    List<Double> out = new ArrayList<>();
    flatten(e, out);
    return out.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static Path numbersOf(String file) {
    String name = file.substring(0, file.length() - ".onnx".length());
    Path own = FOLDER.resolve(name + ".json");
    return Files.exists(own)
        ? own
        : FOLDER.resolve(name.replaceFirst("-((script|dynamo)-\\d+|map|tensor)$", "") + ".json");
  }

  @ParameterizedTest
  @MethodSource("files")
  void aFileComputesWhatItsLibraryDoes(String file) throws IOException {
    OnnxNetwork net = new OnnxNetwork(OnnxReader.read(FOLDER.resolve(file)));
    JsonObject said = JsonParser.parseString(Files.readString(numbersOf(file))).getAsJsonObject();
    double[] x = numbers(said.get("x"));
    int samples = said.getAsJsonArray("x").size();
    double[] expected = numbers(said.get("y"));
    int classes = expected.length / samples;
    float[] actual =
        rigor(net, net.values(), HostTensor.of(net.input().insert(0, samples), x).toFloat());
    assertThat(net.outputs()).isIn(classes, classes == 2 ? 1 : classes);
    for (int n = 0; n < samples; n++) {
      for (int k = 1; k < classes; k++) {
        // Differences of logits are those of the logarithms of probabilities.
        double difference = expected[n * classes + k] - expected[n * classes];
        double own =
            net.outputs() == 1 ? actual[n] : (double) actual[n * classes + k] - actual[n * classes];
        assertThat(own)
            .as("sample %d, class %d", n, k)
            .isCloseTo(difference, within(1e-5 * Math.max(1, Math.abs(difference))));
      }
    }
  }

  @Test
  void newerActivationsAndReductions() throws OrtException {
    compare(
        OnnxFiles.input(4)
            .opset(18)
            .constant("W", gauss(4, 3))
            .then("MatMul", "W")
            .then("Mish")
            .output(3));
    for (String op : List.of("ReduceMin", "ReduceSumSquare", "ReduceL1", "ReduceL2")) {
      for (int keep : new int[] {0, 1}) {
        OnnxFiles rows = OnnxFiles.input(3, 4).opset(13).constant("W", gauss(4, 2));
        compare(
            rows.then("MatMul", "W")
                .then(op, with("axes", OnnxFormsTest.list(2), "keepdims", of(keep)))
                .then("Flatten")
                .output(3));
      }
    }
  }

  /**
   * A property names the outputs of the file: 1 - p and p stay two numbers, and stay themselves.
   */
  @Test
  void whatRanksClassesAlikeDoesNotStandForTheOutputsOfTheFile() throws IOException {
    OnnxModel two =
        OnnxFiles.input(1)
            .constant("one", Shape.of(1), 1)
            .node("Sigmoid", List.of("x"), "s", Map.of())
            .node("Sub", List.of("one", "s"), "r", Map.of())
            .node("Concat", List.of("r", "s"), "y", Map.of("axis", of(1)))
            .output(2);
    assertThat(new OnnxNetwork(two).outputs()).isEqualTo(1);
    OnnxNetwork whole = OnnxNetwork.whole(two);
    float[] y = rigor(whole, whole.values(), HostTensor.of(Shape.of(1, 1), 2f));
    assertThat(y[0]).isCloseTo(0.1192029f, within(1e-6f)); // 1 - 1 / (1 + e^-2)
    assertThat(y[1]).isCloseTo(0.8807971f, within(1e-6f));
    for (String form : List.of("two-classes-tensor", "logistic-map", "mlp-tensor")) {
      OnnxModel file = OnnxReader.read(FOLDER.resolve("sklearn-" + form + ".onnx"));
      assertThatThrownBy(() -> OnnxNetwork.whole(file)).isInstanceOf(DataException.class);
    }
  }

  @Test
  void otherFormsOfTheMlDomainAreRefused() {
    Object[] linear = {
      "coefficients", new OnnxAttribute.Reals(List.of(1f, 2f, 3f, 4f)),
      "intercepts", new OnnxAttribute.Reals(List.of(0f, 1f))
    };
    refusedMl("PROBIT", linear, "post_transform must be one of");
    refusedMl("SOFTMAX", new Object[0], "must have the attribute intercepts, real numbers");
  }

  private static void refusedMl(String link, Object[] attributes, String message) {
    Map<String, OnnxAttribute> all = with(attributes);
    all.put("post_transform", OnnxFormsTest.text(link));
    List<String> outputs = List.of("label", "scores");
    OnnxNode node =
        new OnnxNode(0, "LinearClassifier", "ai.onnx.ml", "", List.of("x"), outputs, all);
    OnnxGraph g = OnnxFiles.input(2).then("Relu").output(2).graph();
    List<OnnxValueInfo> scores = List.of(new OnnxValueInfo("scores", ElementKind.F32, null));
    OnnxGraph graph = new OnnxGraph("g", List.of(node), Map.of(), g.inputs(), scores);
    OnnxNetworkTest.refused(
        new OnnxModel("test.onnx", 8, 17, "", graph),
        "node 0 (ai.onnx.ml.LinearClassifier)",
        message);
  }

  /**
   * Lower sides hold at random points of each ball and reach the margin at its centre; the attack
   * finds a wrong answer in a large ball and none in one that is proved.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mha-script-14",
        "mha-first-script-17",
        "sdpa-dynamo-18",
        "encoder-script-14",
        "vit-script-14",
        "vit-dynamo-23"
      })
  void attentionIsBoundedAndAttacked(String form) throws IOException {
    String file = "attention-" + form + ".onnx";
    OnnxNetwork net = new OnnxNetwork(OnnxReader.read(FOLDER.resolve(file)));
    JsonObject said = JsonParser.parseString(Files.readString(numbersOf(file))).getAsJsonObject();
    double[] x = numbers(said.get("x"));
    double[] y = numbers(said.get("y"));
    int features = x.length / 3;
    int[] labels = new int[3];
    for (int n = 0; n < 3; n++) {
      for (int k = 1; k < 3; k++) {
        labels[n] = y[3 * n + k] > y[3 * n + labels[n]] ? k : labels[n];
      }
    }
    HostTensor points = HostTensor.of(net.input().insert(0, 3), x).toFloat();
    HostTensor classes = HostTensor.of(Shape.of(3), labels);
    List<Double> radii = List.of(0.0005, 0.001, 4.0);
    Random random = new Random(1);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models networks = Models.of(device, net, net.values());
        Certifier c = new Certifier(networks, List.of(new Crown()), Box.NONE, Norm.LINF)) {
      CertifiedCurve proved = c.run(points, classes, List.of(radii.get(0)));
      CurveAttack attack =
          CurveAttack.of(new Pgd(10, 0.25, false), new Threat(Norm.LINF, Box.NONE), radii)
              .withLoss(AttackLoss.CROSS_ENTROPY)
              .withSlots(3);
      CurveResult found =
          HostAttack.run(
              device, net, attack, net.values(), List.of(TrialKey.of(1, "t")), points, classes);
      int draws = 20;
      float[] moved = new float[3 * draws * features];
      for (int i = 0; i < moved.length; i++) {
        double from = x[i / (draws * features) * features + i % features];
        moved[i] = (float) (from + radii.get(0) * (2 * random.nextInt(2) - 1));
      }
      HostTensor around = HostTensor.of(net.input().insert(0, 3 * draws), moved);
      float[] z = rigor(net, net.values(), around);
      for (int n = 0; n < 3; n++) {
        double[] lower = proved.margins()[0][n][0].classes();
        for (int k = 0; k < 3; k++) {
          if (k == labels[n]) {
            continue;
          }
          double at = y[3 * n + labels[n]] - y[3 * n + k];
          assertThat(lower[k]).isBetween(at - 0.1, at + 1e-5);
          for (int t = n * draws; t < (n + 1) * draws; t++) {
            assertThat(lower[k]).isLessThan(z[3 * t + labels[n]] - z[3 * t + k] + 1e-5);
          }
        }
        assertThat(found.survived()[0][n]).isGreaterThanOrEqualTo(proved.survived()[0][n]);
      }
      if (!form.startsWith("vit")) { // whose untrained outputs hardly move
        assertThat(found.survived()[0]).as("fallen at the last radius").contains(2);
      }
    }
  }

  /** A mean over all features without its axis leaves one number a sample, [M, B], to bound. */
  @Test
  void aNumberOfEachSampleIsBounded() throws IOException {
    OnnxNetwork net = new OnnxNetwork(OnnxReader.read(FOLDER.resolve("jax-norm.onnx")));
    JsonObject said =
        JsonParser.parseString(Files.readString(FOLDER.resolve("jax-norm.json"))).getAsJsonObject();
    double[] x = numbers(said.get("x"));
    double[] y = numbers(said.get("y"));
    HostTensor points = HostTensor.of(Shape.of(3, 6), x).toFloat();
    HostTensor labels = HostTensor.of(Shape.of(3), 0, 0, 0);
    Random random = new Random(1);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models networks = Models.of(device, net, net.values());
        Certifier c = new Certifier(networks, List.of(new Crown()), Box.NONE, Norm.LINF)) {
      for (double epsilon : new double[] {0, 0.02}) {
        CertifiedCurve curve = c.run(points, labels, List.of(epsilon));
        for (int n = 0; n < 3; n++) {
          double[] lower = curve.margins()[0][n][0].classes();
          for (int k = 1; k < 3; k++) {
            double at = y[3 * n] - y[3 * n + k];
            assertThat(lower[k]).isLessThan(at + 1e-5).isGreaterThan(at - 1e-5 - 200 * epsilon);
            for (int t = 0; t < 20; t++) {
              float[] moved = new float[6];
              for (int i = 0; i < 6; i++) {
                moved[i] = (float) (x[6 * n + i] + epsilon * (2 * random.nextInt(2) - 1));
              }
              float[] z = rigor(net, net.values(), HostTensor.of(Shape.of(1, 6), moved));
              assertThat(lower[k]).isLessThan(z[0] - z[k] + 1e-5);
            }
          }
        }
      }
    }
  }
}
