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
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

/** Users' networks and data that do not meet at first sight, through the command line. */
class OwnNetworkTest {
  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  /** Matmul with weights [inputs, outputs], after a flattening, and operators behind it. */
  private Path linear(List<Long> input, int outputs, float[] weights, String... behind) {
    List<OnnxNode> nodes = new ArrayList<>();
    nodes.add(new OnnxNode(0, "Flatten", "", "", List.of("x"), List.of("f"), Map.of()));
    nodes.add(new OnnxNode(1, "MatMul", "", "", List.of("f", "w"), List.of("y"), Map.of()));
    String last = "y";
    for (String op : behind) {
      String next = last + "'";
      nodes.add(new OnnxNode(nodes.size(), op, "", "", List.of(last), List.of(next), Map.of()));
      last = next;
    }
    List<Long> dims = new ArrayList<>(input);
    dims.add(0, OnnxValueInfo.FREE);
    OnnxTensor w =
        OnnxTensor.of(HostTensor.of(Shape.of(weights.length / outputs, outputs), weights));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            Map.of("w", w),
            List.of(new OnnxValueInfo("x", ElementKind.F32, dims)),
            List.of(
                new OnnxValueInfo(
                    last, ElementKind.F32, List.of(OnnxValueInfo.FREE, (long) outputs))));
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(file, new OnnxModel("m.onnx", 8, 17, "", graph));
    return file;
  }

  private Path data(Shape shape, float[] x, int... labels) {
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", HostTensor.of(shape, x));
    if (labels.length > 0) {
      arrays.put("y", HostTensor.of(Shape.of(labels.length), labels));
    }
    Path file = folder.resolve("d.npz");
    Npz.write(file, arrays, false);
    return file;
  }

  private JsonObject json(String command, Path model, Path data, Object... more)
      throws IOException {
    Path out = folder.resolve("o.json");
    List<Object> words =
        new ArrayList<>(
            List.of(command, "--model", model, "--data", data, "--json", out, "--device", "cpu"));
    words.addAll(List.of(more));
    Shell.Result r = Shell.run(words.toArray());
    assertThat(r.exit()).as(r.out() + r.err()).isZero();
    JsonObject o = JsonParser.parseString(Files.readString(out)).getAsJsonObject();
    for (var n : o.getAsJsonArray("notes")) {
      assertThat(r.out()).contains("note: " + n.getAsString());
    }
    return o;
  }

  private static double margin(JsonArray samples, int i) {
    return samples.get(i).getAsJsonObject().get("margin_lower").getAsDouble();
  }

  /** As the provenance of a study: the words as they were given, quoted for a shell. */
  @Test
  void aReportSaysByWhichCommandAndWhenItWasMade() throws IOException {
    Path model = linear(List.of(2L), 2, new float[] {1, 0, 0, 1});
    Path data = data(Shape.of(1, 2), new float[] {0.5f, 0.25f}, 0);
    for (String command : List.of("attack", "certify", "lipschitz")) {
      Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      JsonObject o =
          command.equals("lipschitz")
              ? json(command, model, data, "--box", "0, 1")
              : json(command, model, data, "--box", "0, 1", "--epsilon", "1/8");
      assertThat(Instant.parse(o.get("date").getAsString())).isBetween(before, Instant.now());
      List<String> words = new ArrayList<>();
      o.getAsJsonArray("command").forEach(w -> words.add(w.getAsString()));
      assertThat(words)
          .startsWith("./rigor", command, "--model", model.toString(), "--data", data.toString())
          .contains("--box", "'0, 1'");
      assertThat(words.contains("1/8")).isEqualTo(!command.equals("lipschitz"));
      assertThat(o.get("rigor").getAsString()).isNotEmpty();
    }
  }

  /** z = 2 a - 3 b: margins over the ball are |z| less 5 epsilon, with the sign of the label. */
  @Test
  void oneOutputIsAClassifierByItsSign() throws IOException {
    Path model = linear(List.of(2L), 1, new float[] {2, -3});
    Path data = data(Shape.of(2, 2), new float[] {0.5f, 0.5f, 0.75f, 0.25f}, 0, 1);
    JsonObject certified = json("certify", model, data, "--epsilon", "0.0625");
    JsonArray samples = certified.getAsJsonArray("samples");
    assertThat(margin(samples, 0)).isCloseTo(0.5 - 5 * 0.0625, within(1e-9));
    assertThat(margin(samples, 1)).isCloseTo(0.75 - 5 * 0.0625, within(1e-9));
    assertThat(certified.get("notes").toString()).contains("one output z: class 1 where z > 0");
    // At 0.125 the first sample falls, the second does not.
    JsonArray attacked =
        json("attack", model, data, "--epsilon", "0.125").getAsJsonArray("samples");
    assertThat(attacked.get(0).getAsJsonObject().get("survives").getAsBoolean()).isFalse();
    assertThat(attacked.get(1).getAsJsonObject().get("survives").getAsBoolean()).isTrue();
  }

  /** A last Sigmoid is left off: half is where the logit is 0. */
  @Test
  void aProbabilityIsReadByItsLogit() throws IOException {
    Path model = linear(List.of(2L), 1, new float[] {2, -3}, "Sigmoid");
    Path data = data(Shape.of(1, 2), new float[] {0.5f, 0.5f}, 0);
    JsonObject o = json("certify", model, data, "--epsilon", "0");
    assertThat(margin(o.getAsJsonArray("samples"), 0)).isCloseTo(0.5, within(1e-9));
    assertThat(o.get("notes").toString()).contains("ends in Sigmoid");
  }

  /** The constant of z itself, sqrt(13), whatever the labels are, and without any. */
  @Test
  void aLipschitzConstantNeedsNoClasses() throws IOException {
    Path model = linear(List.of(2L, 1L), 1, new float[] {2, -3});
    for (int[] labels : new int[][] {{7, 9}, {}}) {
      Path data = data(Shape.of(2, 2), new float[] {0.5f, 0.5f, 0.75f, 0.25f}, labels);
      JsonObject o = json("lipschitz", model, data);
      double lower = o.getAsJsonObject("lower").get("value").getAsDouble();
      double upper = o.getAsJsonObject("upper").get("value").getAsDouble();
      assertThat(lower).isCloseTo(Math.sqrt(13), within(1e-9));
      assertThat(upper).isCloseTo(Math.sqrt(13), within(1e-6));
    }
  }

  /**
   * max(0, 2 a - 3 b) has slopes of norm sqrt(13) and 0, and the sample lies where they meet: a
   * point nearby stands for it, and the report says so.
   */
  @Test
  void aSampleAtAKinkIsCountedAndItsWitnessStored() throws IOException {
    Path model = linear(List.of(2L), 1, new float[] {2, -3}, "Relu");
    JsonObject o = json("lipschitz", model, data(Shape.of(1, 2), new float[] {0.75f, 0.5f}, 0));
    JsonObject lower = o.getAsJsonObject("lower");
    assertThat(lower.get("value").getAsDouble()).isCloseTo(Math.sqrt(13), within(1e-9));
    assertThat(lower.get("samples_moved").getAsInt()).isEqualTo(1);
    assertThat(lower.get("samples_left_out").getAsInt()).isZero();
    JsonArray at = lower.getAsJsonObject("witness").getAsJsonArray("input");
    assertThat(2 * at.get(0).getAsDouble() - 3 * at.get(1).getAsDouble()).isPositive();
    assertThat(o.get("box").toString()).isEqualTo("[0.0,1.0]");
    assertThat(o.get("device").getAsString()).startsWith("cpu, ");
    assertThat(o.has("rigor") && o.has("data_sha256") && o.has("model_sha256")).isTrue();
  }

  /** The inputs are the logits, so each moves by epsilon on its own, within the box. */
  @Test
  void aNetworkWithoutParametersIsCertified() throws IOException {
    OnnxNode relu = new OnnxNode(0, "Relu", "", "", List.of("x"), List.of("z"), Map.of());
    List<Long> dims = List.of(OnnxValueInfo.FREE, 2L);
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            List.of(relu),
            Map.of(),
            List.of(new OnnxValueInfo("x", ElementKind.F32, dims)),
            List.of(new OnnxValueInfo("z", ElementKind.F32, dims)));
    Path model = folder.resolve("relu.onnx");
    OnnxWriter.write(model, new OnnxModel("relu.onnx", 8, 17, "", graph));
    Path data = data(Shape.of(2, 2), new float[] {0.75f, 0.25f, 1, 0}, 0, 1);
    for (String method : List.of("crown", "crown-ibp", "ibp")) {
      JsonArray s =
          json("certify", model, data, "--epsilon", "0.125", "--method", method)
              .getAsJsonArray("samples");
      assertThat(margin(s, 0)).isCloseTo(0.25, within(1e-6));
      assertThat(margin(s, 1)).isCloseTo(-1, within(1e-6));
    }
    JsonObject slope = json("lipschitz", model, data);
    assertThat(slope.getAsJsonObject("upper").get("value").getAsDouble())
        .isCloseTo(1, within(1e-6));
    verdictsOfAMethodThatDecides(model, data);
  }

  /** Margins of 0.25 and -0.1 at the two radii: what an attack refutes is not bounded. */
  private void verdictsOfAMethodThatDecides(Path model, Path data) throws IOException {
    for (double epsilon : new double[] {0.125, 0.3}) {
      JsonArray s =
          json(
                  "certify",
                  model,
                  data,
                  "--epsilon",
                  String.valueOf(epsilon),
                  "--method",
                  "beta-crown")
              .getAsJsonArray("samples");
      JsonObject first = s.get(0).getAsJsonObject();
      boolean proved = epsilon < 0.25;
      assertThat(first.get("verdict").getAsString()).isEqualTo(proved ? "verified" : "violated");
      assertThat(first.get("margin_lower").isJsonNull()).isEqualTo(!proved);
      assertThat(s.get(1).getAsJsonObject().get("verdict").getAsString()).isEqualTo("violated");
    }
    Shell.Result r =
        Shell.run(
            "certify",
            "--model",
            model,
            "--data",
            data,
            "--epsilon",
            "0.125",
            "--method",
            "beta-crown");
    assertThat(r.out()).contains("certified accuracy  50.0 %", "violated            50.0 %");
    assertThat(r.out()).contains("unknown              0.0 %");
  }

  @Test
  void samplesThatDifferByAxesOfOneOrAFlatteningAreReshaped() throws IOException {
    Path model = linear(List.of(2L, 2L, 1L), 2, new float[] {1, 0, 2, 0, 3, 0, 4, 0});
    float[] x = {0.5f, 0.25f, 0.125f, 0.0625f};
    for (Shape s : List.of(Shape.of(1, 4), Shape.of(1, 2, 2), Shape.of(1, 1, 2, 2))) {
      JsonObject o = json("certify", model, data(s, x, 0), "--epsilon", "0");
      assertThat(margin(o.getAsJsonArray("samples"), 0)).isCloseTo(1.625, within(1e-9));
      assertThat(o.get("notes").toString())
          .contains("samples " + s.remove(0) + " are read as [2, 2, 1]");
    }
    for (Shape s : List.of(Shape.of(1, 3), Shape.of(1, 2, 1, 2, 2))) {
      Path data = data(s, new float[(int) s.size()], 0);
      Shell.Result r = Shell.run("certify", "--model", model, "--data", data, "--epsilon", "0");
      assertThat(r.exit()).isEqualTo(4);
      assertThat(r.err()).contains("samples have shape", "takes [2, 2, 1]");
    }
  }

  @Test
  void whatIsNotKnownEndsWithCodeFourAndNamesTheNode() {
    Path model = linear(List.of(2L), 2, new float[] {1, 2, 3, 4}, "Relu", "Mystery");
    Path data = data(Shape.of(1, 2), new float[2], 0);
    Shell.Result r = Shell.run("certify", "--model", model, "--data", data, "--epsilon", "0");
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains("m.onnx: node 3 (Mystery): the operator Mystery is not supported");
  }

  /** x to the power x has intervals of its factors at most; no method bounds it. */
  @Test
  void anOperationWithoutABoundIsRefusedWithItsNodeAndTheWayOut() {
    Path model =
        elementwise(new OnnxNode(0, "Pow", "", "power", List.of("x", "x"), List.of("z"), Map.of()));
    Path data = data(Shape.of(2, 2), new float[] {0.1f, 0.9f, 0.8f, 0.3f}, 0, 1);
    Shell.Result r = Shell.run("certify", "--model", model, "--data", data, "--epsilon", "0.01");
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err())
        .contains("m.onnx: node 0 (Pow 'power')", "method crown has no bound of the operation Pow")
        .contains("no other method has one");
  }

  /** A product of two values that depend on the input has no slope on all inputs: h^2 has 2 h. */
  @Test
  void anOperationWithoutASlopeHasALowerSideAlone() throws IOException {
    Path model =
        elementwise(
            new OnnxNode(0, "Relu", "", "", List.of("x"), List.of("h"), Map.of()),
            new OnnxNode(1, "Mul", "", "square", List.of("h", "h"), List.of("z"), Map.of()));
    Shell.Result r = Shell.run("lipschitz", "--model", model);
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err())
        .contains("m.onnx: node 1 (Mul 'square'): a Lipschitz bracket has no slope rule of")
        .contains("operation Mul[], it has several operands that depend on the input")
        .contains("--data gives a lower side")
        .doesNotContain(".java");
    Path data = data(Shape.of(2, 2), new float[] {0.5f, 0.25f, 0.125f, 0.75f}, 0, 1);
    JsonObject o = json("lipschitz", model, data);
    assertThat(o.get("upper").isJsonNull()).isTrue();
    assertThat(o.get("no_upper").getAsString()).contains("node 1 (Mul 'square')");
    assertThat(o.getAsJsonObject("lower").get("value").getAsDouble()).isCloseTo(1.5, within(1e-14));
    assertThat(o.getAsJsonObject("lower").get("kind").getAsString()).isEqualTo("certified");
    assertThat(Shell.run("lipschitz", "--model", model, "--data", data).out())
        .contains("at least  1.5", "at most   -              none: node 1 (Mul 'square')");
  }

  /** SiLU has the steepest slope 1.0998..., at 2.3994; the Jacobian there reaches it. */
  @Test
  void siluHasABracket() throws IOException {
    Path model =
        elementwise(
            new OnnxNode(0, "Sigmoid", "", "", List.of("x"), List.of("s"), Map.of()),
            new OnnxNode(1, "Mul", "", "", List.of("x", "s"), List.of("z"), Map.of()));
    Path data = data(Shape.of(1, 2), new float[] {2.3993573f, 0}, 0);
    JsonObject o = json("lipschitz", model, data, "--box", "none");
    double lower = o.getAsJsonObject("lower").get("value").getAsDouble();
    double upper = o.getAsJsonObject("upper").get("value").getAsDouble();
    assertThat(upper).isCloseTo(1.0998393201288669, within(1e-14));
    assertThat(lower).isBetween(upper - 1e-9, upper);
  }

  /** Writes m.onnx: nodes from x [N, 2] to z [N, 2]. */
  private Path elementwise(OnnxNode... nodes) {
    List<Long> dims = List.of(OnnxValueInfo.FREE, 2L);
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            List.of(nodes),
            Map.of(),
            List.of(new OnnxValueInfo("x", ElementKind.F32, dims)),
            List.of(new OnnxValueInfo("z", ElementKind.F32, dims)));
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, new OnnxModel("m.onnx", 8, 17, "", graph));
    return model;
  }

  /** SiLU as exporters write it: z_0 = 2 a with a = h s(h), h in [0.6, 0.8], against z_1 = 0. */
  @Test
  void marginsCarryMethodKindAndClasses() throws IOException {
    List<OnnxNode> nodes =
        List.of(
            new OnnxNode(0, "Sigmoid", "", "", List.of("x"), List.of("s"), Map.of()),
            new OnnxNode(1, "Mul", "", "", List.of("x", "s"), List.of("a"), Map.of()),
            new OnnxNode(2, "MatMul", "", "", List.of("a", "w"), List.of("z"), Map.of()));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            Map.of("w", OnnxTensor.of(HostTensor.of(Shape.of(1, 2), 2f, 0))),
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(OnnxValueInfo.FREE, 1L))),
            List.of(new OnnxValueInfo("z", ElementKind.F32, List.of(OnnxValueInfo.FREE, 2L))));
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, new OnnxModel("m.onnx", 8, 17, "", graph));
    Path data = data(Shape.of(1, 1), new float[] {0.5f}, 0);
    for (String method : List.of("ibp", "crown-ibp", "crown")) {
      JsonObject o = json("certify", model, data, "--epsilon", "0.125", "--method", method);
      double right = 2 * 0.375 / (1 + Math.exp(-0.375)); // SiLU rises there
      JsonObject s = o.getAsJsonArray("samples").get(0).getAsJsonObject();
      assertThat(s.get("margin_lower").getAsDouble()).isLessThanOrEqualTo(right);
      assertThat(s.get("margin_lower").getAsDouble()).isCloseTo(right, within(1e-3));
      assertThat(s.get("margin_method").getAsString()).isEqualTo(method);
      assertThat(s.get("kind").getAsString()).isEqualTo("bound");
      assertThat(o.get("kind").getAsString()).isEqualTo("bound");
      assertThat(s.getAsJsonArray("margins_lower").get(0).isJsonNull()).isTrue();
      assertThat(s.getAsJsonArray("margins_lower").get(1)).isEqualTo(s.get("margin_lower"));
      assertThat(o.get("box").toString()).isEqualTo("[0.0,1.0]");
      assertThat(o.get("device").getAsString()).startsWith("cpu, ");
      assertThat(o.has("rigor") && o.has("data_sha256") && o.has("model_sha256")).isTrue();
    }
  }
}
