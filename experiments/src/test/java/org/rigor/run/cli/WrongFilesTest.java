// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Wrong options, data and networks: what is wrong is named, with the exit code that it has. */
class WrongFilesTest {
  private static final int SAMPLES = 4;

  @TempDir private Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  /** Three classes of four inputs, with nodes behind the product. */
  private Path network(List<Long> input, float sign, OnnxNode... behind) {
    int features = 1;
    for (long extent : input) {
      features *= extent == OnnxValueInfo.FREE ? 1 : (int) extent;
    }
    features = features == 1 ? 4 : features;
    float[] w = new float[3 * features];
    for (int i = 0; i < w.length; i++) {
      w[i] = sign * (1 + i * 5 % 7);
    }
    List<OnnxNode> nodes = new ArrayList<>();
    nodes.add(new OnnxNode(0, "Flatten", "", "", List.of("x"), List.of("f"), Map.of()));
    nodes.add(new OnnxNode(1, "MatMul", "", "", List.of("f", "w"), List.of("z"), Map.of()));
    nodes.addAll(Arrays.asList(behind));
    String last = nodes.get(nodes.size() - 1).outputs().get(0);
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            Map.of("w", OnnxTensor.of(HostTensor.of(Shape.of(features, 3), w))),
            List.of(new OnnxValueInfo("x", ElementKind.F32, input)),
            List.of(new OnnxValueInfo(last, ElementKind.F32, List.of(OnnxValueInfo.FREE, 3L))));
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(file, new OnnxModel("m.onnx", 8, 17, "", graph));
    return file;
  }

  private Path network(long... input) {
    List<Long> axes = new ArrayList<>(List.of(OnnxValueInfo.FREE));
    Arrays.stream(input).forEach(axes::add);
    return network(axes, 1);
  }

  private static OnnxNode behind(String op, String name, Map<String, OnnxAttribute> attributes) {
    return new OnnxNode(2, op, "", name, List.of("z"), List.of("end"), attributes);
  }

  private Path data(float value, int label, int... sample) {
    Shape shape = Shape.of(sample).insert(0, SAMPLES);
    float[] x = new float[Math.toIntExact(shape.size())];
    Arrays.fill(x, value);
    int[] y = new int[SAMPLES];
    y[SAMPLES - 1] = label;
    Path file = folder.resolve("d.npz");
    Npz.write(
        file,
        Map.of("x", HostTensor.of(shape, x), "y", HostTensor.of(Shape.of(SAMPLES), y)),
        false);
    return file;
  }

  private Shell.Result attack(Path model, Path data, Object... more) {
    List<Object> words = new ArrayList<>(List.of("attack", "--model", model, "--data", data));
    words.addAll(List.of("--device", "cpu", "--json", folder.resolve("o.json")));
    words.addAll(Arrays.asList(more));
    if (!words.contains("--epsilon")) {
      words.addAll(List.of("--epsilon", "0.1"));
    }
    return Shell.run(words.toArray());
  }

  private static void refused(Shell.Result r, int exit, String... said) {
    assertThat(r.exit()).as(r.err()).isEqualTo(exit);
    assertThat(r.err()).contains(said).doesNotContain("internal error", "\tat ");
    assertThat(r.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--epsilon|-0.1|--epsilon: must be >= 0, got -0.1",
        "--epsilon|nan|must be finite, got nan",
        "--epsilon|inf|must be finite, got inf",
        "--norm|l3|--norm: expected linf, l2, l1 or l0, got 'l3'",
        "--attack|pdg|did you mean 'pgd'?",
        "--loss|margn|--loss: expected one of",
      })
  void wrongOptionsAreNamed(String option, String value, String said) {
    refused(attack(network(4), data(0.5f, 1, 4), option, value), 2, said);
  }

  /** A ball without extent holds the sample alone; one beyond the box holds the box. */
  @Test
  void radiiOfZeroAndBeyondTheBoxAreRadii() throws IOException {
    for (String epsilon : List.of("0", "1e30", "1e300")) {
      Shell.Result r = attack(network(4), data(0.5f, 1, 4), "--epsilon", epsilon);
      assertThat(r.exit()).as(r.err()).isZero();
      JsonObject o =
          JsonParser.parseString(Files.readString(folder.resolve("o.json"))).getAsJsonObject();
      double clean = o.get("clean_accuracy").getAsDouble();
      double left = o.get("attacked_accuracy").getAsDouble();
      assertThat(left).isEqualTo(epsilon.equals("0") ? clean : 0);
    }
  }

  @Test
  void dataOutsideTheBoxAndWrongLabelsAreNamed() {
    refused(attack(network(4), data(1.5f, 1, 4)), 4, "inputs must lie in the box [0.0, 1.0]");
    refused(attack(network(4), data(Float.NaN, 1, 4)), 4, "inputs must be finite, value 0");
    refused(attack(network(4), data(0.5f, 3, 4)), 4, "integers in 0..2, y[3] is 3");
    refused(attack(network(4), data(0.5f, -1, 4)), 4, "integers in 0..2, y[3] is -1");
  }

  @Test
  void whatWouldMakeAWrongShapeFitIsSaid() {
    Path images = data(0.5f, 1, 2, 2, 1);
    refused(
        attack(network(1, 2, 2, 3), images),
        4,
        "samples have shape [2, 2, 1]",
        "4 numbers, not 12");
    refused(
        attack(network(3, 2, 2), data(0.5f, 1, 2, 2, 3)), 4, "x.transpose(0, 3, 1, 2) would fit");
    refused(attack(network(2, 6), data(0.5f, 1, 3, 4)), 4, "x.reshape(-1, 2, 6) would fit, if");
  }

  @Test
  void logitsThatAreNotNumbersAreCounted() {
    OnnxNode root = behind("Sqrt", "root", Map.of());
    Path model = network(List.of(OnnxValueInfo.FREE, 4L), -1, root);
    Shell.Result r = attack(model, data(0.5f, 1, 4));
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out())
        .contains("clean accuracy       0.0 %", "4 samples fell to logits that are not numbers");
  }

  @Test
  void whatANetworkMayNotHoldIsNamedWithItsNode() {
    List<Long> four = List.of(OnnxValueInfo.FREE, 4L);
    Path data = data(0.5f, 1, 4);
    refused(
        attack(network(four, 1, behind("NonZero", "nz", Map.of())), data),
        4,
        "node 2 (NonZero 'nz'): the operator NonZero is not supported");
    OnnxNode mean =
        behind("ReduceMean", "overall", Map.of("axes", new OnnxAttribute.Ints(List.of(0L))));
    refused(
        attack(network(four, 1, mean), data),
        4,
        "node 2 (ReduceMean 'overall'): axis 0 is the batch; samples must stay apart");
    refused(
        attack(network(List.of(OnnxValueInfo.FREE, OnnxValueInfo.FREE), 1), data),
        4,
        "the input x F32",
        "all of known extent");
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    Path data = data(0.5f, 1, 4);
    Path model = network(4);
    byte[] whole = Files.readAllBytes(model);
    for (int length : new int[] {0, 1, whole.length / 2, whole.length - 1}) {
      Files.write(model, Arrays.copyOf(whole, length));
      refused(attack(model, data), 4, "m.onnx");
    }
    byte[] npz = Files.readAllBytes(data);
    Files.write(data, Arrays.copyOf(npz, npz.length / 2));
    refused(attack(network(4), data), 4, "d.npz: cannot be read");
  }
}
