// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rigor.nn.onnx.OnnxFormsTest.list;
import static org.rigor.nn.onnx.OnnxFormsTest.with;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;
import static org.rigor.nn.onnx.OnnxNetworkTest.refused;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Files that the specification gives no meaning are refused, as ONNX Runtime refuses them. */
class ElementTypesTest {
  private static final OnnxTensor DOUBLES = OnnxTensor.of(HostTensor.of(Shape.of(2), 2.0, 3.0));

  private static void load(OnnxModel model) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      OrtEnvironment.getEnvironment().createSession(OnnxWriter.bytes(model), options).close();
    }
  }

  private static void refusedByBoth(OnnxModel model, String... words) {
    refused(model, words);
    assertThatThrownBy(() -> load(model)).isInstanceOf(OrtException.class);
  }

  private static void readByBoth(OnnxModel model) throws OrtException {
    assertThat(new OnnxNetwork(model).outputs()).isEqualTo(2);
    load(model);
  }

  private static OnnxFiles doubles() {
    return OnnxFiles.input(2).constant("c", DOUBLES);
  }

  @Test
  void operandsOfTwoTypesAreRefusedWithTheirNode() {
    for (String op : List.of("Add", "Mul", "Max", "Concat")) {
      Map<String, org.rigor.io.onnx.OnnxAttribute> attributes =
          op.equals("Concat") ? with("axis", of(1)) : Map.of();
      refusedByBoth(
          doubles().then("Relu").then(op, attributes, "c").output(2),
          "node 1 (" + op + " 'n1')",
          "'relu0' of type F32 and 'c' of type F64 must be of one type");
    }
    refusedByBoth(doubles().opset(11).then("Pow", "c").output(2), "must be of one type");
  }

  /** A type follows its values: a cast changes it, everything else keeps it. */
  @Test
  void castsMakeOperandsFit() throws OrtException {
    readByBoth(
        doubles()
            .then("Cast", with("to", of(11)))
            .then("Add", "c")
            .then("Cast", with("to", of(1)))
            .output(2));
    refusedByBoth(
        doubles().then("Cast", with("to", of(10))).then("Add", "c").output(2),
        "node 1 (Add 'n1')",
        "F16",
        "F64");
  }

  @Test
  void operandsWithATypeOfTheirOwnAreRead() throws OrtException {
    readByBoth(doubles().opset(13).then("Pow", "c").output(2));
    OnnxTensor ratio = OnnxTensor.of(HostTensor.of(Shape.of(), 0.5));
    readByBoth(OnnxFiles.input(2).constant("r", ratio).then("Dropout", "r").output(2));
  }

  @Test
  void theDeclaredOutputMustBeOfTheTypeThatIsComputed() {
    OnnxModel plain = OnnxFiles.input(2).then("Relu").output(2);
    OnnxGraph g = plain.graph();
    for (ElementKind kind : List.of(ElementKind.F16, ElementKind.BF16, ElementKind.F64)) {
      OnnxValueInfo out = new OnnxValueInfo("relu0", kind, List.of(OnnxValueInfo.FREE, 2L));
      OnnxGraph other =
          new OnnxGraph("test", g.nodes(), g.initializers(), g.inputs(), List.of(out));
      refusedByBoth(
          new OnnxModel("test.onnx", 8, 17, "rigor", other),
          "says that its output is",
          "but computes numbers of F32");
    }
  }

  @Test
  void nodesOfOneNameAreRefused() {
    OnnxModel m = OnnxFiles.input(2).then("Relu").then("Abs").output(2);
    List<OnnxNode> nodes =
        m.graph().nodes().stream()
            .map(
                n ->
                    new OnnxNode(
                        n.index(), n.op(), "", "same", n.inputs(), n.outputs(), n.attributes()))
            .toList();
    OnnxGraph g = m.graph();
    OnnxGraph other = new OnnxGraph("test", nodes, g.initializers(), g.inputs(), g.outputs());
    refusedByBoth(
        new OnnxModel("test.onnx", 8, 17, "rigor", other),
        "node 1 (Abs 'same'): node 0 (Relu 'same') has the same name");
  }

  @Test
  void permCountsNoAxisFromTheEnd() {
    for (long last : new long[] {-2, 3, 1L << 32}) {
      refusedByBoth(
          OnnxFiles.input(2, 3)
              .then("Transpose", with("perm", list(0, 2, last)))
              .then("Flatten")
              .output(6),
          "node 0 (Transpose 'n0')",
          "is not an order of 3 axes");
    }
  }
}
