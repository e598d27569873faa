// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A network and properties whose answers are known: y0 = relu(x0 + x1) and y1 = relu(x0 - x1), on
 * boxes where both are linear.
 */
final class VerdictFiles {
  private VerdictFiles() {}

  /** Writes the network; its input is [1, 2, 1], as that of mnist_fc is [1, 784, 1]. */
  static Path network(Path file, String... behind) {
    return network(file, new float[] {1, 1, 1, -1}, behind);
  }

  /**
   * @param weights [inputs, outputs]
   */
  static Path network(Path file, float[] weights, String... behind) {
    List<OnnxNode> nodes = new ArrayList<>();
    nodes.add(node(0, "Flatten", List.of("x"), "f"));
    nodes.add(node(1, "MatMul", List.of("f", "w"), "z"));
    nodes.add(node(2, "Relu", List.of("z"), "y"));
    String last = "y";
    for (String op : behind) {
      nodes.add(node(nodes.size(), op, List.of(last), last + "'"));
      last += "'";
    }
    OnnxTensor w = OnnxTensor.of(HostTensor.of(Shape.of(2, weights.length / 2), weights));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            Map.of("w", w),
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(1L, 2L, 1L))),
            List.of(new OnnxValueInfo(last, ElementKind.F32, List.of(1L, weights.length / 2L))));
    OnnxWriter.write(file, new OnnxModel("m.onnx", 8, 17, "", graph));
    return file;
  }

  private static OnnxNode node(int n, String op, List<String> in, String out) {
    return new OnnxNode(n, op, "", "", in, List.of(out), Map.of());
  }

  /** Writes a property on [1, 2] x [0, 1/2], where y0 is in [1, 2.5] and y1 in [0.5, 2]. */
  static Path property(Path file, String unsafe) throws IOException {
    return Files.writeString(
        file,
        """
        (declare-const X_0 Real)
        (declare-const X_1 Real)
        (declare-const Y_0 Real)
        (declare-const Y_1 Real)
        (assert (>= X_0 1)) (assert (<= X_0 2))
        (assert (>= X_1 0)) (assert (<= X_1 0.5))
        """
            + unsafe);
  }
}
