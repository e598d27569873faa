// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.certify.Certificates;
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

/**
 * A network whose function is undefined at points of the ball: it answers NaN there, so nothing is
 * verified, although every point where it is defined has a margin of at least 8.
 */
class OutsideTheDomainTest {
  private static final List<Long> DIMS = List.of(OnnxValueInfo.FREE, 2L);

  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  /**
   * Writes z = [10 + s f(x0), 0].
   *
   * @param operators of f, in the order in which they are applied
   * @param exponent of Pow, if f has one
   */
  private Path network(String operators, float s, float exponent) {
    List<OnnxNode> nodes = new ArrayList<>();
    String last = "x";
    for (String op : operators.split(" ")) {
      List<String> inputs = op.equals("Pow") ? List.of(last, "exponent") : List.of(last);
      String next = "h" + nodes.size();
      nodes.add(new OnnxNode(nodes.size(), op, "", "", inputs, List.of(next), Map.of()));
      last = next;
    }
    nodes.add(new OnnxNode(8, "Gemm", "", "", List.of(last, "w", "b"), List.of("z"), Map.of()));
    Map<String, OnnxTensor> constants = new LinkedHashMap<>();
    constants.put("w", OnnxTensor.of(HostTensor.of(Shape.of(2, 2), s, 0, 0, 0)));
    constants.put("b", OnnxTensor.of(HostTensor.of(Shape.of(2), 10f, 0f)));
    if (operators.contains("Pow")) {
      constants.put("exponent", OnnxTensor.of(HostTensor.of(Shape.of(1), exponent)));
    }
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            constants,
            List.of(new OnnxValueInfo("x", ElementKind.F32, DIMS)),
            List.of(new OnnxValueInfo("z", ElementKind.F32, DIMS)));
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(file, new OnnxModel("m.onnx", 8, 17, "", graph));
    return file;
  }

  @ParameterizedTest
  @CsvSource({
    "Sqrt, 1, 0",
    "Log, -1, 0",
    "Sqrt Reciprocal, 1, 0",
    "Pow, 1, 0.5",
    "Pow, 1, -0.5",
  })
  void verifiesNothingWhereTheBallLeavesTheDomain(String operators, float s, float exponent)
      throws Exception {
    Path model = network(operators, s, exponent);
    // Both samples are classified right; around the first the ball reaches -1/16.
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", HostTensor.of(Shape.of(2, 2), 0.0625f, 2, 0.5f, 2));
    arrays.put("y", HostTensor.of(Shape.of(2), new int[2]));
    Path data = folder.resolve("d.npz");
    Npz.write(data, arrays, false);
    for (String method : Certificates.names()) {
      Path out = folder.resolve(method + ".json");
      Shell.Result r =
          Shell.run(
              "certify",
              "--model",
              model,
              "--data",
              data,
              "--epsilon",
              "1/8",
              "--box",
              "none",
              "--method",
              method,
              "--device",
              "cpu",
              "--json",
              out);
      assertThat(r.exit()).as(r.out() + r.err()).isZero();
      JsonObject o = JsonParser.parseString(Files.readString(out)).getAsJsonObject();
      JsonObject outside = o.getAsJsonArray("samples").get(0).getAsJsonObject();
      // The attack before a method that decides finds a point where the network names no class.
      String verdict = Certificates.decides(method) ? "violated" : "unknown";
      assertThat(outside.get("verdict").getAsString()).as(method).isEqualTo(verdict);
      JsonObject inside = o.getAsJsonArray("samples").get(1).getAsJsonObject();
      assertThat(inside.get("verdict").getAsString()).as(method).isEqualTo("verified");
      assertThat(inside.get("margin_lower").getAsDouble()).as(method).isGreaterThan(8);
    }
  }
}
