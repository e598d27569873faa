// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class OnnxMeanTest {
  private static OnnxModel scaled(float by, String last, long opset, OnnxAttribute... more) {
    OnnxTensor w = OnnxTensor.of(HostTensor.of(Shape.of(2), by, -by));
    Map<String, OnnxAttribute> attributes = more.length == 0 ? Map.of() : Map.of("body", more[0]);
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            List.of(
                new OnnxNode(0, "Mul", "", "scale", List.of("x", "w"), List.of("z"), Map.of()),
                new OnnxNode(1, last, "", "", List.of("z"), List.of("y"), attributes)),
            Map.of("w", w),
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(1L, 2L))),
            List.of(new OnnxValueInfo("y", ElementKind.F32, List.of(1L, 2L))));
    return new OnnxModel("by " + by, 8, opset, "", graph);
  }

  @Test
  void theRuntimeComputesTheMean() throws Exception {
    OnnxModel a = scaled(1, "Identity", 17);
    OnnxModel b = scaled(3, "Identity", 17);
    OnnxModel c = scaled(-1, "Relu", 17);
    float[][] x = {{1, 2}};
    float[] mean = OnnxRuntimeTest.run(OnnxMean.of(List.of(a, b, c), OnnxMean.Of.LOGITS), x)[0];
    assertThat(mean).containsExactly(4f / 3, -2); // (1 + 3 + 0) / 3 and (-2 - 6 + 2) / 3
    OnnxModel soft = scaled(1, "Softmax", 17); // probabilities already
    float[] p = OnnxRuntimeTest.run(OnnxMean.of(List.of(a, soft), OnnxMean.Of.PROBABILITIES), x)[0];
    double one = 1 / (1 + Math.exp(-3));
    assertThat(p[0]).isCloseTo((float) one, within(1e-6f));
  }

  @Test
  void namesStayApart() {
    OnnxModel a = scaled(1, "Identity", 17);
    OnnxModel mean = OnnxMean.of(List.of(a, a), OnnxMean.Of.LOGITS);
    OnnxModel read = OnnxReader.read(OnnxWriter.bytes(mean), "mean");
    assertThat(read.graph().nodes()).extracting(OnnxNode::op).hasSize(6);
    assertThat(read.graph().initializers()).containsOnlyKeys("m0/w", "m1/w", "count");
    assertThat(read.graph().inputs()).extracting(OnnxValueInfo::name).containsExactly("x");
  }

  @Test
  void refusesOtherOperatorSetsAndGraphsWithin() {
    OnnxModel a = scaled(1, "Identity", 17);
    assertThatThrownBy(
            () -> OnnxMean.of(List.of(a, scaled(2, "Relu", 13)), OnnxMean.Of.PROBABILITIES))
        .isInstanceOf(DataException.class)
        .hasMessage("by 2.0 has operator set 13, by 1.0 has 17: the mean needs one");
    OnnxModel within = scaled(2, "Scan", 17, new OnnxAttribute.Unsupported("a graph"));
    assertThatThrownBy(() -> OnnxMean.of(List.of(a, within), OnnxMean.Of.LOGITS))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("node 1 (Scan) cannot be copied");
  }

  /** A second softmax would flatten what the first one says. */
  @Test
  void findsASoftmaxBehindWhatOnlyArranges() {
    OnnxModel soft = scaled(1, "Softmax", 17);
    List<OnnxNode> nodes = new ArrayList<>(soft.graph().nodes());
    nodes.add(new OnnxNode(2, "Identity", "", "", List.of("y"), List.of("z'"), Map.of()));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            soft.graph().initializers(),
            soft.graph().inputs(),
            List.of(new OnnxValueInfo("z'", ElementKind.F32, List.of(1L, 2L))));
    OnnxModel behind = new OnnxModel("behind", 8, 17, "", graph);
    assertThat(OnnxMean.of(List.of(soft, behind), OnnxMean.Of.PROBABILITIES).graph().nodes())
        .filteredOn(n -> n.op().equals("Softmax"))
        .hasSize(2);
    assertThatThrownBy(() -> OnnxMean.of(List.of(soft, behind), OnnxMean.Of.LOGITS))
        .hasMessageContaining("ends with Softmax");
  }

  /** The softmax of a single number is 1, whatever the number is. */
  @Test
  void refusesProbabilitiesOfOneOutput() {
    OnnxModel a = scaled(1, "Identity", 17);
    OnnxGraph one =
        new OnnxGraph(
            "g",
            a.graph().nodes(),
            a.graph().initializers(),
            a.graph().inputs(),
            List.of(new OnnxValueInfo("y", ElementKind.F32, List.of(2L, 1L))));
    OnnxModel single = new OnnxModel("one", 8, 17, "", one);
    assertThatThrownBy(() -> OnnxMean.of(List.of(single, single), OnnxMean.Of.PROBABILITIES))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "one: probabilities need an output for each class on the last axis, got [2, 1]");
  }
}
