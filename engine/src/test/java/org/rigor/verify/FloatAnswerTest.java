// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.property.vnnlib.VnnLib;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** Counterexamples replayed in ONNX Runtime, as the scorers of the competition do. */
class FloatAnswerTest {
  private static final int INPUTS = 6;
  private static final int HIDDEN = 24;

  private static org.rigor.io.onnx.OnnxTensor weights(Random random, int... dims) {
    float[] all = new float[Math.toIntExact(Shape.of(dims).size())];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) random.nextGaussian() / 3;
    }
    return org.rigor.io.onnx.OnnxTensor.of(HostTensor.of(Shape.of(dims), all));
  }

  private static Path network(Path file, long seed) {
    Random random = new Random(seed);
    List<OnnxNode> nodes =
        List.of(
            new OnnxNode(0, "Gemm", "", "", List.of("x", "a", "b"), List.of("z"), Map.of()),
            new OnnxNode(1, "Relu", "", "", List.of("z"), List.of("h"), Map.of()),
            new OnnxNode(2, "Gemm", "", "", List.of("h", "c", "d"), List.of("y"), Map.of()));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            Map.of(
                "a", weights(random, INPUTS, HIDDEN),
                "b", weights(random, HIDDEN),
                "c", weights(random, HIDDEN, 2),
                "d", weights(random, 2)),
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(1L, (long) INPUTS))),
            List.of(new OnnxValueInfo("y", ElementKind.F32, List.of(1L, 2L))));
    OnnxWriter.write(file, new OnnxModel("m.onnx", 8, 13, "", graph));
    return file;
  }

  private static float[] runtime(Path file, float[] x) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(file.toString());
        OnnxTensor input =
            OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), new long[] {1, INPUTS});
        OrtSession.Result result = session.run(Map.of("x", input))) {
      return ((float[][]) result.get(0).getValue())[0];
    }
  }

  @Test
  void counterexamplesViolateInOnnxRuntimeToo(@TempDir Path folder) throws OrtException {
    StringBuilder text = new StringBuilder("(declare-const Y_0 Real)(declare-const Y_1 Real)");
    for (int i = 0; i < INPUTS; i++) {
      text.append("(declare-const X_%d Real)(assert (>= X_%d -0.7))".formatted(i, i));
      text.append("(assert (<= X_%d 0.7))".formatted(i));
    }
    text.append("(assert (<= Y_0 Y_1))");
    int found = 0;
    try (Device device = new CpuDevice(2, "scalar", "test")) {
      for (long seed = 0; seed < 4; seed++) {
        Path file = network(folder.resolve(seed + ".onnx"), seed);
        OnnxNetwork network = OnnxNetwork.whole(OnnxReader.read(file));
        Verdict[] verdict = new Verdict[1];
        try (Models models = Models.of(device, network, network.values());
            Decider decider = new Decider(models)) {
          decider.decide(
              List.of(
                  VnnLib.parse("p", text.toString().getBytes(StandardCharsets.UTF_8)).property()),
              5,
              () -> false,
              (i, v) -> verdict[0] = v);
        }
        if (verdict[0].counterexample().isEmpty()) {
          continue;
        }
        found++;
        Counterexample c = verdict[0].counterexample().get();
        float[] y = runtime(file, c.point().floats());
        for (int j = 0; j < y.length; j++) {
          double near = 1e-6 * Math.max(1, Math.abs(c.upper()[j]));
          assertThat(y[j]).isBetween((float) (c.lower()[j] - near), (float) (c.upper()[j] + near));
          assertThat(c.upper()[j] - c.lower()[j]).isBetween(0.0, 1e-13);
        }
        assertThat(c.floatViolates()).isEqualTo(y[0] <= y[1]);
      }
    }
    assertThat(found).as("networks with a counterexample").isPositive();
  }
}
