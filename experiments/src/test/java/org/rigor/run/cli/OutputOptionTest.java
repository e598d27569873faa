// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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

/** A network of two outputs: "same" is x, "turned" exchanges its coordinates and doubles them. */
class OutputOptionTest {
  @TempDir Path folder;
  private Path model;
  private Path data;

  @BeforeEach
  void prepare() throws IOException {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    model = folder.resolve("two.onnx");
    data = folder.resolve("points.npz");
    OnnxTensor w = OnnxTensor.of(HostTensor.of(Shape.of(2, 2), 0f, 2f, 2f, 0f));
    List<OnnxNode> nodes =
        List.of(
            new OnnxNode(0, "Identity", "", "", List.of("x"), List.of("same"), Map.of()),
            new OnnxNode(1, "MatMul", "", "", List.of("x", "w"), List.of("turned"), Map.of()));
    List<Long> dims = List.of(-1L, 2L);
    OnnxWriter.write(
        model,
        new OnnxModel(
            "two.onnx",
            8,
            17,
            "",
            new OnnxGraph(
                "g",
                nodes,
                Map.of("w", w),
                List.of(new OnnxValueInfo("x", ElementKind.F32, dims)),
                List.of(
                    new OnnxValueInfo("same", ElementKind.F32, dims),
                    new OnnxValueInfo("turned", ElementKind.F32, dims)))));
    // The label is where the smaller coordinate is: right for "turned" alone.
    Npz.write(
        data,
        Map.of(
            "x", HostTensor.of(Shape.of(2, 2), 0.2f, 0.8f, 0.7f, 0.1f),
            "y", HostTensor.of(Shape.of(2), 0, 1)),
        false);
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private Shell.Result rigor(String command, Object... more) {
    List<Object> words = new ArrayList<>(List.of(command, "--model", model, "--data", data));
    words.addAll(List.of("--device", "cpu"));
    words.addAll(List.of(more));
    return Shell.run(words.toArray());
  }

  private static JsonObject json(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
  }

  @ParameterizedTest
  @ValueSource(strings = {"attack", "certify"})
  void everyCommandMeasuresTheOutputThatIsNamed(String command) throws Exception {
    Path file = folder.resolve("o.json");
    for (String output : new String[] {"same", "turned"}) {
      Shell.Result r = rigor(command, "--epsilon", "0.01", "--output", output, "--json", file);
      assertThat(r.exit()).as(r.err()).isZero();
      assertThat(r.out()).contains("of the outputs same, turned, " + output + " is measured");
      JsonObject sample = json(file).getAsJsonArray("samples").get(0).getAsJsonObject();
      assertThat(sample.get("predicted").getAsInt()).isEqualTo(output.equals("turned") ? 0 : 1);
    }
    Shell.Result first = rigor(command, "--epsilon", "0.01");
    assertThat(first.out()).contains("same is measured; --output NAME takes another");
    Shell.Result none = rigor(command, "--epsilon", "0.01", "--output", "logits");
    assertThat(none.exit()).isEqualTo(4);
    assertThat(none.err()).contains("no output 'logits'", "same F32 [-1, 2], turned F32 [-1, 2]");
  }

  @Test
  void distancesAndSlopesAreThoseOfTheOutputThatIsNamed() throws Exception {
    Path file = folder.resolve("o.json");
    Shell.Result slope = rigor("lipschitz", "--norm", "l2", "--output", "turned", "--json", file);
    assertThat(slope.exit()).as(slope.err()).isZero();
    assertThat(json(file).getAsJsonObject("upper").get("value").getAsDouble())
        .isBetween(2.0, 2.000001);
    Shell.Result distance = rigor("distance", "--output", "turned", "--json", file);
    assertThat(distance.exit()).as(distance.err()).isZero();
    double nearest =
        json(file).getAsJsonArray("samples").get(0).getAsJsonObject().get("distance").getAsDouble();
    assertThat(nearest).isBetween(0.29999, 0.302); // half the difference of 0.2 and 0.8
  }

  @Test
  void auditsAndStudiesTakeIt() throws Exception {
    Shell.Result r =
        rigor("audit", "--epsilons", "0.1", "--output", "turned", "--out", folder.resolve("runs"));
    assertThat(r.exit()).as(r.err()).isZero();
    JsonObject model = json(folder.resolve("runs/audit-two/audit.json"));
    JsonObject only = model.getAsJsonArray("models").get(0).getAsJsonObject();
    assertThat(only.getAsJsonObject("clean_accuracy").get("value").getAsDouble()).isEqualTo(1);
    assertThat(only.getAsJsonArray("notes").toString()).contains("turned is measured");
    assertThat(Files.readString(folder.resolve("runs/audit-two.yaml")))
        .contains("output: \"turned\"");
  }

  @Test
  void propertiesNameTheirOwnOutputs() {
    Shell.Result proof =
        rigor("certify", "--epsilon", "0.01", "--output", "same", "--proof", folder.resolve("p"));
    assertThat(proof.exit()).isEqualTo(2);
    assertThat(proof.err()).contains("--output: a --proof is about a file of one output");
  }
}
