// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rigor.nn.onnx.OnnxFormsTest.gauss;
import static org.rigor.nn.onnx.OnnxFormsTest.list;
import static org.rigor.nn.onnx.OnnxFormsTest.with;
import static org.rigor.nn.onnx.OnnxNetworkTest.assertClose;
import static org.rigor.nn.onnx.OnnxNetworkTest.compare;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;
import static org.rigor.nn.onnx.OnnxNetworkTest.random;
import static org.rigor.nn.onnx.OnnxNetworkTest.refused;
import static org.rigor.nn.onnx.OnnxNetworkTest.rigor;
import static org.rigor.nn.onnx.OnnxNetworkTest.runtime;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Where a file holds its samples, as it moves, merges and splits axes, against ONNX Runtime. */
class OnnxBatchTest {
  private static OnnxTensor scalar(long v) {
    return OnnxTensor.integers(ElementKind.I64, new int[0], v);
  }

  /** Adds the size of the batch as the vector n, and a multiple of it as nk. */
  private static OnnxFiles counted(OnnxFiles files, long factor) {
    return files
        .constant("zero", scalar(0))
        .constant("axis", OnnxTensor.longs(0))
        .constant("factor", OnnxTensor.longs(factor))
        .node("Shape", List.of("x"), "shape", Map.of())
        .node("Gather", List.of("shape", "zero"), "count", Map.of())
        .node("Unsqueeze", List.of("count", "axis"), "n", Map.of())
        .node("Mul", List.of("n", "factor"), "nk", Map.of());
  }

  private static OnnxFiles reshaped(OnnxFiles files, String from, String to, Object... extents) {
    List<String> parts = new ArrayList<>();
    for (Object e : extents) {
      String name = e instanceof String n ? n : to + parts.size();
      if (e instanceof Integer i) {
        files.constant(name, OnnxTensor.longs(i));
      }
      parts.add(name);
    }
    return files
        .node("Concat", parts, to + "-shape", with("axis", of(0)))
        .node("Reshape", List.of(from, to + "-shape"), to, Map.of());
  }

  @Test
  void theBatchMayBeAnyAxis() throws OrtException {
    compare(
        OnnxFiles.input(3, 4)
            .constant("W", gauss(4, 5))
            .constant("b", gauss(3, 1, 5))
            .constant("g", gauss(5))
            .constant("i", OnnxTensor.longs(2, 0))
            .constant("s", OnnxTensor.longs(1))
            .constant("e", OnnxTensor.longs(4))
            .constant("a", OnnxTensor.longs(2))
            .constant("p", OnnxTensor.longs(1, 0, 0, 0, 0, 2))
            .then("Transpose", with("perm", list(1, 0, 2))) // [3, N, 4]
            .then("MatMul", "W")
            .then("Add", "b")
            .then("LayerNormalization", "g")
            .then("Softmax", with("axis", of(0)))
            .then("Gather", with("axis", of(0)), "i")
            .then("Slice", "s", "e", "a")
            .then("Pad", "p") // [3, N, 5]
            .then("Transpose", with("perm", list(1, 2, 0)))
            .then("Flatten")
            .output(15));
    // In front of the batch there may be a new axis, and it may go again.
    compare(
        OnnxFiles.input(2, 4, 4)
            .opset(18)
            .constant("front", OnnxTensor.longs(0))
            .constant("back", OnnxTensor.longs(-1))
            .constant("k", gauss(3, 2, 2, 2))
            .then("Unsqueeze", "front")
            .then("Relu")
            .then("ReduceSum", with("keepdims", of(0)), "front")
            .then("Conv", "k")
            .then("Unsqueeze", "front")
            .then("ReduceMax", with("keepdims", of(0)), "back")
            .then("Squeeze", "front")
            .then("Flatten")
            .output(9));
  }

  @Test
  void theBatchMayMergeWithItsNeighbours() throws OrtException {
    OnnxFiles f = counted(OnnxFiles.input(3, 4).opset(18), 2);
    f.constant("W", gauss(4, 4))
        .constant("half", Shape.of(), 0.5f)
        .constant("three", OnnxTensor.longs(3));
    f.node("Mul", List.of("n", "three"), "n3", Map.of());
    // Heads in front of features: [3, N, 4] to [3, 2 N, 2] to [2 N, 3, 2]; then tokens with N.
    f.node("Transpose", List.of("x"), "t", with("perm", list(1, 0, 2)));
    reshaped(f, "t", "h", 3, "nk", 2);
    f.node("Transpose", List.of("h"), "q", with("perm", list(1, 0, 2)));
    f.node("Transpose", List.of("h"), "k", with("perm", list(1, 2, 0)));
    f.node("MatMul", List.of("q", "k"), "qk", Map.of());
    f.node("Mul", List.of("qk", "half"), "s", Map.of());
    f.node("Softmax", List.of("s"), "w", with("axis", of(-1)));
    f.node("MatMul", List.of("w", "q"), "v", Map.of());
    f.node("Transpose", List.of("v"), "back", with("perm", list(1, 0, 2))); // [3, 2 N, 2]
    reshaped(f, "back", "rows", "n3", 4); // rows of tokens, and in each those of samples
    f.node("Gemm", List.of("rows", "W"), "y", Map.of());
    reshaped(f, "y", "apart", 3, "n", 4);
    f.node("Transpose", List.of("apart"), "z", with("perm", list(1, 0, 2)));
    compare(f.then("Flatten").output(12));
  }

  /**
   * What a file with attention does to the wrong axis, as batch_first does when it is forgotten.
   */
  @Test
  void whatJoinsSamplesIsNamed() {
    OnnxFiles attention = OnnxFiles.input(3, 4);
    attention.node("Transpose", List.of("x"), "q", with("perm", list(1, 0, 2)));
    attention.node("Transpose", List.of("x"), "k", with("perm", list(1, 2, 0)));
    refused(
        attention.node("MatMul", List.of("q", "k"), "s", Map.of()).output(3),
        "node 2 (MatMul 'n2')",
        "a product of [3, N, 4] and [3, 4, N]");
    OnnxFiles mean = OnnxFiles.input(3, 4).opset(13).then("Transpose", with("perm", list(1, 0, 2)));
    refused(
        mean.then("ReduceMean", with("axes", list(1))).output(3),
        "node 1 (ReduceMean 'n1')",
        "axis 1 is the batch; samples must stay apart");
    refused(
        OnnxFiles.input(3).then("Softmax", with("axis", of(0))).output(3),
        "axis 0 is the batch; samples must stay apart");
    OnnxFiles moved = OnnxFiles.input(3).then("Transpose", with("perm", list(1, 0)));
    refused(moved.node("Add", List.of("x", "transpose0"), "y", Map.of()).output(3), "across");
    OnnxFiles flat = OnnxFiles.input(3, 4).constant("to", OnnxTensor.longs(1, -1));
    refused(
        flat.then("Reshape", "to").then("Softmax", with("axis", of(1))).then("Relu").output(12),
        "axis 1 is the batch");
    OnnxFiles rolled = OnnxFiles.input(4).constant("to", OnnxTensor.longs(2, -1));
    refused(
        rolled.then("Reshape", "to").output(4), "samples must stay apart, got [2, -1] for [N, 4]");
    OnnxFiles rows = OnnxFiles.input(3, 4).then("Flatten", with("axis", of(2)));
    refused(rows.then("Relu").output(4), "the first axis must be the batch, got [3 N, 4]");
    OnnxFiles cut = OnnxFiles.input(3, 4).then("Flatten", with("axis", of(2)));
    cut.constant("i", OnnxTensor.longs(0, 1));
    refused(cut.then("Gather", with("axis", of(0)), "i").output(4), "axis 0 is the batch");
  }

  /** A file of one sample states its extents, in whatever way; it is a function of that sample. */
  @Test
  void aFileOfOneSampleMayDoWhatItLikesWithItsFirstAxis() throws OrtException {
    OnnxFiles f =
        OnnxFiles.input(3, 4)
            .constant("heads", OnnxTensor.longs(3, 2, 2))
            .constant("token", gauss(1, 1, 4))
            .constant("W", gauss(4, 2))
            .constant("to", OnnxTensor.longs(2, 8))
            .constant("flat", OnnxTensor.longs(-1))
            .constant("first", scalar(0));
    f.node("Concat", List.of("token", "x"), "all", with("axis", of(1))); // [1, 4, 4]
    f.node("Gather", List.of("all", "first"), "one", with("axis", of(0))); // [4, 4]
    f.node("MatMul", List.of("one", "W"), "y", Map.of());
    f.node("Softmax", List.of("y"), "s", with("axis", of(0)));
    f.node("Reshape", List.of("x", "heads"), "h", Map.of());
    f.node("Transpose", List.of("h"), "t", with("perm", list(1, 0, 2))); // [2, 3, 2]
    f.node("ReduceSum", List.of("t"), "r", with("keepdims", of(0)));
    f.node("Mul", List.of("s", "r"), "m", Map.of());
    f.node("Reshape", List.of("m", "flat"), "v", Map.of());
    OnnxGraph g = f.output(8).graph();
    OnnxValueInfo x = new OnnxValueInfo("x", ElementKind.F32, List.of(1L, 3L, 4L));
    OnnxValueInfo y = new OnnxValueInfo("v", ElementKind.F32, List.of(8L));
    OnnxGraph one = new OnnxGraph("g", g.nodes(), g.initializers(), List.of(x), List.of(y));
    OnnxModel model = new OnnxModel("test.onnx", 8, 17, "", one);
    OnnxNetwork net = new OnnxNetwork(model);
    assertThat(net.outputs()).isEqualTo(8);
    float[] points = random(24);
    float[] both = rigor(net, net.values(), HostTensor.of(Shape.of(2, 3, 4), points));
    for (int n = 0; n < 2; n++) {
      HostTensor sample =
          HostTensor.of(Shape.of(1, 3, 4), Arrays.copyOfRange(points, 12 * n, 12 * n + 12));
      float[] expected = runtime(OnnxWriter.bytes(model), sample, "x");
      assertClose(Arrays.copyOfRange(both, 8 * n, 8 * n + 8), expected);
    }
    // A constant joins one sample alone, whatever the file says of its batch.
    OnnxFiles joined = OnnxFiles.input(3, 4).constant("token", gauss(1, 1, 4));
    joined.node("Concat", List.of("token", "x"), "all", with("axis", of(1)));
    assertThat(new OnnxNetwork(joined.then("Flatten").output(16)).outputs()).isEqualTo(16);
  }
}
