// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.certify.Budget;
import org.rigor.certify.Problem;
import org.rigor.certify.Verifier;
import org.rigor.certify.Witness;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** Every ONNX operator that is read has bounds, as {@code rigor vnnlib supports} claims. */
class OperatorsBoundedTest {
  private static final Map<String, OnnxModel> MODELS = new LinkedHashMap<>();

  private static OnnxAttribute.Int of(long value) {
    return new OnnxAttribute.Int(value);
  }

  private static OnnxAttribute.Ints list(Long... values) {
    return new OnnxAttribute.Ints(List.of(values));
  }

  private static OnnxTensor longs(long... values) {
    return OnnxTensor.longs(values);
  }

  private static float[] ramp(int n) {
    float[] all = new float[n];
    for (int i = 0; i < n; i++) {
      all[i] = (i % 5 - 2) / 4f;
    }
    return all;
  }

  private static OnnxTensor real(int... dims) {
    return OnnxTensor.of(
        HostTensor.of(Shape.of(dims), ramp(Math.toIntExact(Shape.of(dims).size()))));
  }

  private static OnnxFiles flat() {
    return OnnxFiles.input(4).constant("w", real(4, 4)).then("MatMul", "w");
  }

  private static OnnxFiles image() {
    return OnnxFiles.input(2, 4, 4);
  }

  /** Adds operators that read one operand and keep its shape. */
  private static void each(OnnxFiles before, String op) {
    MODELS.put(op, before.then(op).output(4));
  }

  private static OnnxTensor one(float value) {
    return OnnxTensor.of(HostTensor.of(Shape.of(1), value));
  }

  static {
    for (String op :
        List.of(
            "Neg",
            "Abs",
            "Exp",
            "Erf",
            "Relu",
            "LeakyRelu",
            "Elu",
            "Selu",
            "Celu",
            "HardSigmoid",
            "HardSwish",
            "Sigmoid",
            "Tanh",
            "Softplus",
            "Softmax",
            "LogSoftmax",
            "Dropout",
            "Identity",
            "Max",
            "Min",
            "Sum",
            "Mean")) {
      each(flat(), op);
    }
    each(flat().opset(20), "Gelu");
    each(flat().opset(24), "Swish");
    each(flat().opset(18), "Mish");
    for (String op : List.of("Sqrt", "Log", "Reciprocal")) {
      each(OnnxFiles.input(4).constant("two", one(2)).then("Add", "two"), op);
    }
    for (String op : List.of("Add", "Sub", "Mul", "Div", "PRelu")) {
      MODELS.put(op, flat().constant("c", one(0.5f)).then(op, "c").output(4));
    }
    MODELS.put("Pow", flat().constant("c", one(2)).then("Pow", "c").output(4));
    MODELS.put("Clip", flat().constant("c", Shape.of(), 0.1f).then("Clip", "c").output(4));
    MODELS.put("MatMul", flat().output(4));
    MODELS.put("Gemm", OnnxFiles.mlp());
    MODELS.put(
        "BatchNormalization",
        image()
            .constant("g", Shape.of(2), 1, 2)
            .constant("b", Shape.of(2), 0, 1)
            .constant("m", Shape.of(2), 0.5f, 0.25f)
            .constant("v", Shape.of(2), 1, 4)
            .then("BatchNormalization", "g", "b", "m", "v")
            .then("Flatten")
            .output(32));
    MODELS.put(
        "InstanceNormalization",
        image()
            .constant("g", Shape.of(2), 1, 2)
            .constant("b", Shape.of(2), 0, 1)
            .then("InstanceNormalization", "g", "b")
            .then("Flatten")
            .output(32));
    MODELS.put(
        "GroupNormalization",
        image()
            .opset(21)
            .constant("g", Shape.of(2), 1, 2)
            .constant("b", Shape.of(2), 0, 1)
            .then("GroupNormalization", Map.of("num_groups", of(1)), "g", "b")
            .then("Flatten")
            .output(32));
    MODELS.put(
        "LayerNormalization",
        flat().constant("g", real(4)).then("LayerNormalization", "g").output(4));
    MODELS.put(
        "Conv",
        image().constant("k", real(3, 2, 2, 2)).then("Conv", "k").then("Flatten").output(27));
    MODELS.put(
        "ConvTranspose",
        image()
            .constant("k", real(2, 3, 2, 2))
            .then("ConvTranspose", "k")
            .then("Flatten")
            .output(75));
    Map<String, OnnxAttribute> window = Map.of("kernel_shape", list(2L, 2L));
    MODELS.put("MaxPool", image().then("MaxPool", window).then("Flatten").output(18));
    MODELS.put("AveragePool", image().then("AveragePool", window).then("Flatten").output(18));
    MODELS.put("GlobalMaxPool", image().then("GlobalMaxPool").then("Flatten").output(2));
    MODELS.put("GlobalAveragePool", image().then("GlobalAveragePool").then("Flatten").output(2));
    MODELS.put(
        "Resize",
        image()
            .constant("s", Shape.of(4), 1, 1, 2, 2)
            .then(
                "Resize",
                Map.of(
                    "coordinate_transformation_mode", new OnnxAttribute.Text("asymmetric"),
                    "nearest_mode", new OnnxAttribute.Text("floor")),
                "",
                "s")
            .then("Flatten")
            .output(128));
    MODELS.put(
        "Upsample",
        image()
            .opset(9)
            .constant("s", Shape.of(4), 1, 1, 2, 2)
            .then("Upsample", "s")
            .then("Flatten")
            .output(128));
    for (String op :
        List.of(
            "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL1", "ReduceL2")) {
      MODELS.put(op, image().then(op, Map.of("axes", list(2L, 3L))).then("Flatten").output(2));
    }
    MODELS.put(
        "ReduceSum",
        image().constant("a", longs(2, 3)).then("ReduceSum", "a").then("Flatten").output(2));
    MODELS.put(
        "Concat",
        flat().node("Concat", List.of("matmul0", "x"), "c", Map.of("axis", of(1))).output(8));
    MODELS.put(
        "Expand", OnnxFiles.input(1).constant("s", longs(1, 3)).then("Expand", "s").output(3));
    MODELS.put("Flatten", image().then("Flatten").output(32));
    MODELS.put(
        "Gather",
        flat().constant("i", longs(2, 0)).then("Gather", Map.of("axis", of(1)), "i").output(2));
    MODELS.put("Pad", flat().constant("p", longs(0, 1, 0, 2)).then("Pad", "p").output(7));
    MODELS.put("Reshape", image().constant("s", longs(1, 32)).then("Reshape", "s").output(32));
    MODELS.put(
        "Slice",
        flat()
            .constant("f", longs(1))
            .constant("t", longs(3))
            .constant("a", longs(1))
            .then("Slice", "f", "t", "a")
            .output(2));
    MODELS.put(
        "Split",
        flat()
            .several("Split", List.of("matmul0"), List.of("a", "b"), Map.of("axis", of(1)))
            .node("Mul", List.of("a", "b"), "y", Map.of())
            .output(2));
    MODELS.put(
        "Squeeze", OnnxFiles.input(4, 1).constant("a", longs(2)).then("Squeeze", "a").output(4));
    MODELS.put(
        "Unsqueeze",
        flat().constant("a", longs(2)).then("Unsqueeze", "a").then("Flatten").output(4));
    MODELS.put(
        "Transpose",
        image().then("Transpose", Map.of("perm", list(0L, 2L, 3L, 1L))).then("Flatten").output(32));
    MODELS.put("Cast", flat().then("Cast", Map.of("to", of(1))).output(4));
    MODELS.put(
        "Constant",
        flat()
            .node("Constant", List.of(), "k", Map.of("value", new OnnxAttribute.Constant(real(4))))
            .node("Add", List.of("matmul0", "k"), "y", Map.of())
            .output(4));
    MODELS.put(
        "Shape",
        image()
            .node("Shape", List.of("x"), "s", Map.of())
            .node("Reshape", List.of("x", "s"), "r", Map.of())
            .then("Flatten")
            .output(32));
    MODELS.put(
        "ConstantOfShape",
        flat()
            .constant("s", longs(1, 4))
            .node("ConstantOfShape", List.of("s"), "z", Map.of())
            .node("Add", List.of("matmul0", "z"), "y", Map.of())
            .output(4));
    MODELS.put(
        "Attention",
        OnnxFiles.input(3, 4)
            .opset(23)
            .node(
                "Attention",
                List.of("x", "x", "x"),
                "a",
                Map.of("q_num_heads", of(2), "kv_num_heads", of(2)))
            .then("Flatten")
            .output(12));
    MODELS.put(
        "Mod",
        image()
            .constant("of", longs(1, 82))
            .constant("by", longs(50))
            .node("Mod", List.of("of", "by"), "s", Map.of())
            .node("Reshape", List.of("x", "s"), "r", Map.of())
            .output(32));
    for (String op : List.of("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")) {
      MODELS.put(op, chosen(op));
    }
    MODELS.put("Where", chosen("Equal"));
    MODELS.put("Not", chosen("Equal", "Not"));
    MODELS.put("And", chosen("Less", "And"));
    MODELS.put("Or", chosen("Less", "Or"));
  }

  /** Chooses by comparing the extents of the input which of two equal shapes it gets. */
  private static OnnxModel chosen(String op, String... more) {
    OnnxFiles files =
        image()
            .constant("c", longs(4))
            .node("Shape", List.of("x"), "s", Map.of())
            .node(op, List.of("s", "c"), "b", Map.of());
    String last = "b";
    for (String next : more) {
      List<String> in = next.equals("Not") ? List.of(last) : List.of(last, last);
      files.node(next, in, next + "d", Map.of());
      last = next + "d";
    }
    return files
        .node("Where", List.of(last, "s", "s"), "to", Map.of())
        .node("Reshape", List.of("x", "to"), "r", Map.of())
        .then("Flatten")
        .output(32);
  }

  @Test
  void everyOperatorHasBounds() {
    assertThat(MODELS.keySet()).containsExactlyInAnyOrderElementsOf(OnnxNetwork.operators());
    try (Device device = new CpuDevice(2, "scalar", "test")) {
      MODELS.forEach(
          (op, model) -> {
            OnnxNetwork network = OnnxNetwork.whole(model);
            int inputs = Math.toIntExact(network.input().size());
            double[] lower = new double[inputs];
            double[] upper = new double[inputs];
            Arrays.fill(lower, 0.4);
            Arrays.fill(upper, 0.5);
            double[][] rows = new double[2][network.outputs()];
            rows[0][0] = 1;
            rows[1][0] = -1;
            Problem p =
                new Problem(
                    lower,
                    upper,
                    rows,
                    new double[0][],
                    new double[] {1e6, 1e6},
                    new int[][] {{0}, {1}});
            try (Models models = Models.of(device, network, network.values());
                Verifier verifier = new Verifier(models)) {
              boolean[] refuted =
                  verifier.run(List.of(p), Budget.nodes(0), Witness.NONE).get(0).get(0).refuted();
              assertThat(refuted).as(op + ": |y_0| < 1e6").containsExactly(true, true);
            } catch (RuntimeException e) {
              throw new AssertionError(op, e);
            }
          });
    }
  }
}
