// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;
import static org.rigor.nn.onnx.OnnxNetworkTest.random;
import static org.rigor.nn.onnx.OnnxNetworkTest.refused;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.tensor.Shape;

/** The table of operators against the specification, and the refusal of what it does not have. */
class OperatorsTest {
  /** Every definition in onnx 1.23.2 of the operators that are read, from the last before 8 on. */
  private static Map<String, Map<Integer, String>> specification() throws IOException {
    Map<String, Map<Integer, String>> out = new LinkedHashMap<>();
    try (InputStream in = OperatorsTest.class.getResourceAsStream("onnx-1.23.2-operators.tsv")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      text.lines()
          .filter(l -> !l.startsWith("#"))
          .map(l -> l.split("\t"))
          .forEach(
              c ->
                  out.computeIfAbsent(c[0], k -> new LinkedHashMap<>())
                      .put(Integer.parseInt(c[1]), c[2]));
    }
    return out;
  }

  @Test
  void theTableIsThatOfTheSpecification() throws IOException {
    Map<String, Map<Integer, String>> spec = specification();
    assertThat(Operators.names()).containsExactlyInAnyOrderElementsOf(spec.keySet());
    List<String> wrong = new ArrayList<>();
    spec.forEach(
        (name, versions) -> {
          for (int opset = (int) Operators.OLDEST; opset <= Operators.NEWEST; opset++) {
            int at = opset;
            int version =
                versions.keySet().stream().filter(v -> v <= at).mapToInt(v -> v).max().orElse(0);
            Signature ours = Operators.of(name).signature();
            boolean same = ours.version(opset) == version;
            if (version > 0 && ours.version(opset) > 0) {
              same &= ours.at(opset).equals(versions.get(version));
            }
            boolean gone = name.equals("Upsample") && opset >= 10 && ours.version(opset) == 0;
            if (!same && !gone) {
              wrong.add(name + " " + opset + ": " + ours.at(opset) + ", " + versions.get(version));
            }
          }
        });
    assertThat(wrong).isEmpty();
  }

  @Test
  void whatAnOperatorDoesNotHaveIsRefusedWithItsNode() {
    OnnxFiles gemm = OnnxFiles.input(2).constant("w", Shape.of(2, 2), random(4));
    refused(
        gemm.then("Gemm", Map.of("trans_B", of(1)), "w").output(2),
        "node 0 (Gemm 'n0')",
        "the attribute 'trans_B' is not known: Gemm of operator set 17 has alpha, beta, transA,");
    OnnxFiles typed = OnnxFiles.input(2).constant("w", Shape.of(2, 2), random(4));
    refused(
        typed.then("Gemm", Map.of("transB", of(1f)), "w").output(2),
        "'transB' must be of type Int, got Real");
    OnnxFiles two = OnnxFiles.input(2).constant("b", Shape.of(2), random(2));
    refused(two.then("Relu", "b").output(2), "node 0 (Relu 'n0')", "has 1 operands, got 2: [x, b]");
    refused(
        OnnxFiles.input(2).then("Gelu").output(2),
        "Gelu is an operator from operator set 20 on, the file uses 17");
    refused(
        OnnxFiles.input(1, 2, 2).opset(10).then("Upsample").output(4),
        "Upsample is an operator from operator set 7 to 9 on, the file uses 10");
    refused(
        OnnxFiles.input(2).then("Clip", Map.of("min", of(0f))).output(2),
        "the attribute 'min' is not known: Clip of operator set 17 has none");
    refused(
        OnnxFiles.input(2).then("Elu", Map.of("alpha", of(Float.NaN))).output(2),
        "alpha must be finite, got NaN");
    refused(
        OnnxFiles.input(2)
            .constant("w", Shape.of(2, 2), random(4))
            .then("Gemm", Map.of("transB", of(7)), "w")
            .output(2),
        "transB must be 0 or 1, got 7");
    refused(OnnxFiles.input(2).then("Concat").output(2), "must have the attribute axis");
    refused(
        OnnxFiles.input(2).then("Relu").then("Sin").output(2),
        "node 1 (Sin 'n1'): the operator Sin is not supported, supported are Gemm, MatMul");
    refused(
        OnnxFiles.input(1, 2, 2)
            .then("AveragePool", Map.of("kernel_shape", new OnnxAttribute.Ints(List.of(2L))))
            .output(1),
        "kernel_shape must be two numbers, got [2]");
  }

  @Test
  void operatorSetsOutsideTheTableAreRefused() {
    for (long opset : new long[] {6, 29, 99}) {
      OnnxModel m = OnnxFiles.input(2).opset(opset).then("Relu").output(2);
      refused(m, "uses operator set " + opset + ", read are 7 to 28");
    }
  }

  @Test
  void operandsOfAnotherTypeOrExtentAreRefused() {
    OnnxTensor narrow = OnnxTensor.integers(ElementKind.I32, new int[] {2}, -1, 2);
    refused(
        OnnxFiles.input(2).constant("to", narrow).then("Reshape", "to").output(2),
        "'to' must be of type I64, got I32");
    refused(
        OnnxFiles.input(2)
            .constant("s", OnnxTensor.longs(0))
            .constant("e", OnnxTensor.integers(ElementKind.I32, new int[] {1}, 2))
            .then("Slice", "s", "e")
            .output(2),
        "must be of one type");
    for (String op : List.of("PRelu", "LayerNormalization")) {
      OnnxFiles wide = OnnxFiles.input(1).constant("s", Shape.of(5), random(5));
      refused(wide.then(op, "s").output(5), "an operand [5] does not fit the input [N, 1]");
    }
    refused(
        OnnxFiles.input(2).constant("p", Shape.of(2), random(2)).then("Dropout", "p").output(2),
        "the ratio and training_mode must be single numbers");
    OnnxModel m = OnnxFiles.input(2).then("Relu").output(2);
    OnnxGraph g = m.graph();
    OnnxValueInfo integer =
        new OnnxValueInfo(g.outputs().get(0).name(), ElementKind.I64, List.of(-1L, 2L));
    refused(
        new OnnxModel(
            m.source(),
            8,
            17,
            "",
            new OnnxGraph("g", g.nodes(), Map.of(), g.inputs(), List.of(integer))),
        "says that its output is relu0 I64 [-1, 2], but computes real numbers");
  }
}
