// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.rigor.nn.onnx.OnnxNetworkTest.assertClose;
import static org.rigor.nn.onnx.OnnxNetworkTest.compare;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;
import static org.rigor.nn.onnx.OnnxNetworkTest.random;
import static org.rigor.nn.onnx.OnnxNetworkTest.refused;
import static org.rigor.nn.onnx.OnnxNetworkTest.rigor;

import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Activations, normalisations and weights as exporters write them, against ONNX Runtime. */
class OnnxFormsTest {
  static OnnxAttribute list(long... values) {
    return new OnnxAttribute.Ints(Arrays.stream(values).boxed().toList());
  }

  static OnnxAttribute text(String s) {
    return new OnnxAttribute.Text(s);
  }

  private static OnnxTensor floats(Shape shape, float... values) {
    return OnnxTensor.of(HostTensor.of(shape, values));
  }

  static OnnxTensor gauss(int... dims) {
    return floats(Shape.of(dims), random((int) Shape.of(dims).size()));
  }

  /** Attributes by name and value in turn. */
  static Map<String, OnnxAttribute> with(Object... pairs) {
    Map<String, OnnxAttribute> out = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      out.put((String) pairs[i], (OnnxAttribute) pairs[i + 1]);
    }
    return out;
  }

  /** Gemm 6-5, one activation, Gemm 5-3. */
  private static OnnxFiles hidden(long opset) {
    return OnnxFiles.input(6)
        .opset(opset)
        .constant("W", gauss(6, 5))
        .constant("V", gauss(5, 3))
        .then("MatMul", "W");
  }

  private static void activation(long opset, String op, Object... attributes) throws OrtException {
    compare(hidden(opset).then(op, with(attributes)).then("MatMul", "V").output(3));
  }

  @Test
  void activations() throws OrtException {
    activation(13, "Elu");
    activation(13, "Elu", "alpha", of(1.7f));
    activation(13, "Selu");
    activation(13, "Selu", "alpha", of(0.7f), "gamma", of(1.3f));
    activation(13, "Celu", "alpha", of(0.6f));
    activation(20, "Gelu");
    activation(20, "Gelu", "approximate", text("tanh"));
    activation(13, "Softplus");
    activation(14, "HardSwish");
    activation(13, "HardSigmoid");
    activation(13, "HardSigmoid", "alpha", of(0.4f), "beta", of(0.3f));
    activation(13, "Neg");
    activation(13, "Abs");
    activation(13, "Erf");
    activation(13, "Exp");
    activation(10, "Clip", "min", of(-0.5f), "max", of(1f));
    activation(10, "Clip");
  }

  @Test
  void activationsWithOperands() throws OrtException {
    OnnxFiles both = hidden(13).constant("lo", Shape.of(), -0.5f).constant("hi", Shape.of(), 1);
    compare(both.then("Clip", "lo", "hi").then("MatMul", "V").output(3));
    OnnxFiles above = hidden(13).constant("hi", Shape.of(), 0.25f);
    compare(above.then("Clip", "", "hi").then("MatMul", "V").output(3));
    for (Shape s : List.of(Shape.of(5), Shape.of(1), Shape.of(1, 5))) {
      OnnxFiles slope = hidden(16).constant("s", s, random((int) s.size()));
      compare(slope.then("PRelu", "s").then("MatMul", "V").output(3));
    }
    OnnxFiles images =
        OnnxFiles.input(2, 3, 3).constant("k", gauss(4, 2, 2, 2)).constant("s", gauss(4, 1, 1));
    compare(images.then("Conv", "k").then("PRelu", "s").then("Flatten").output(16));
    OnnxFiles more = hidden(13).constant("t", Shape.of(1), 0.1f).constant("u", gauss(5));
    compare(
        more.then("Max", "t", "u")
            .then("Min", "u")
            .then("Sum", "t", "u")
            .then("Mean", "u")
            .then("MatMul", "V")
            .output(3));
    for (float e : new float[] {1, 2, 3}) {
      OnnxFiles power = hidden(13).constant("e", Shape.of(), e);
      OnnxNetwork net = compare(power.then("Pow", "e").then("MatMul", "V").output(3));
      assertThat(net.values()).containsOnlyKeys("W", "V"); // the exponent is no parameter
    }
    OnnxFiles roots = hidden(13).constant("e", Shape.of(1), 0.5f).constant("f", Shape.of(), 1.3f);
    compare(
        roots
            .then("Exp")
            .then("Pow", "e")
            .then("Pow", "f")
            .then("Sqrt")
            .then("Log")
            .then("MatMul", "V")
            .output(3));
    OnnxFiles erf =
        hidden(13).constant("q", Shape.of(), 1.4142135f).constant("one", Shape.of(), 1f);
    compare(
        erf.node("Div", List.of("matmul0", "q"), "d", Map.of())
            .then("Erf")
            .then("Add", "one")
            .node("Mul", List.of("matmul0", "add3"), "m", Map.of())
            .then("MatMul", "V")
            .output(3));
  }

  /** A vector on the right is a column whose axis is dropped. */
  @Test
  void productsWithAVector() throws OrtException {
    compare(OnnxFiles.input(3, 4).constant("v", gauss(4)).then("MatMul", "v").output(3));
    compare(
        OnnxFiles.input(2, 3, 4)
            .constant("v", gauss(4))
            .then("MatMul", "v")
            .then("Flatten")
            .output(6));
  }

  @Test
  void normalisations() throws OrtException {
    OnnxFiles layer = hidden(17).constant("g", gauss(5)).constant("s", gauss(5));
    compare(layer.then("LayerNormalization", "g", "s").then("Relu").then("MatMul", "V").output(3));
    OnnxFiles two = OnnxFiles.input(3, 4).constant("g", gauss(3, 4));
    compare(
        two.then("LayerNormalization", with("axis", of(1), "epsilon", of(0.01f)), "g")
            .then("Flatten")
            .output(12));
    for (int[] shape : new int[][] {{3, 4, 5}, {3, 7}}) {
      OnnxFiles instance =
          OnnxFiles.input(Arrays.stream(shape).asLongStream().toArray())
              .constant("g", gauss(3))
              .constant("s", gauss(3));
      int n = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      compare(instance.then("InstanceNormalization", "g", "s").then("Flatten").output(n));
    }
    OnnxFiles group =
        OnnxFiles.input(4, 3, 2).opset(21).constant("g", gauss(4)).constant("s", gauss(4));
    compare(
        group
            .then("GroupNormalization", with("num_groups", of(2)), "g", "s")
            .then("Flatten")
            .output(24));
  }

  @Test
  void softmaxInside() throws OrtException {
    compare(hidden(13).then("Softmax").then("MatMul", "V").output(3));
    compare(hidden(13).then("LogSoftmax", with("axis", of(1))).then("MatMul", "V").output(3));
    compare(OnnxFiles.input(3, 4).then("Softmax", with("axis", of(1))).then("Flatten").output(12));
    // Up to operator set 12 over all axes from one on together.
    compare(
        OnnxFiles.input(3, 4).opset(12).then("Softmax").then("Flatten").then("Relu").output(12));
    compare(
        OnnxFiles.input(3, 4)
            .opset(12)
            .then("Softmax", with("axis", of(2)))
            .then("Flatten")
            .output(12));
  }

  /** A last Softmax is read through: the margins are of the logits. */
  @Test
  void lastProbabilitiesAreLeftOff() throws OrtException {
    for (String op : List.of("Softmax", "LogSoftmax")) {
      OnnxModel plain = hidden(13).then("MatMul", "V").output(3);
      OnnxFiles same = hidden(13);
      plain.graph().initializers().forEach(same::constant);
      OnnxModel ends = same.then("MatMul", "V").then(op).then("Identity").output(3);
      OnnxNetwork net = new OnnxNetwork(OnnxReader.read(OnnxWriter.bytes(ends), "m.onnx"));
      OnnxNetwork bare = new OnnxNetwork(plain);
      HostTensor x = HostTensor.of(Shape.of(2, 6), random(12));
      assertThat(rigor(net, net.values(), x)).isEqualTo(rigor(bare, bare.values(), x));
      assertThat(net.notes()).singleElement().asString().contains("ends in " + op, "logits");
      assertThat(bare.notes()).isEmpty();
    }
    OnnxNetwork one = new OnnxNetwork(OnnxFiles.input(1).then("Tanh").then("Sigmoid").output(1));
    HostTensor x = HostTensor.of(Shape.of(1, 1), 0.5f);
    assertThat(rigor(one, one.values(), x)[0]).isCloseTo((float) Math.tanh(0.5), within(1e-6f));
    // A Sigmoid of several outputs, a Softmax of each place of an image: layers like others.
    compare(OnnxFiles.input(3).then("Sigmoid").output(3));
    assertThat(compare(OnnxFiles.input(3, 2).then("Softmax").then("Flatten").output(6)).notes())
        .isEmpty();
  }

  /** Weights of 16 bits widen without loss; a cast between real types changes no real number. */
  @Test
  void sixteenBitWeights() throws OrtException {
    for (ElementKind kind : List.of(ElementKind.F16, ElementKind.BF16)) {
      OnnxTensor w = OnnxTensor.of(kind, HostTensor.of(Shape.of(2, 2), 0.5f, -1.25f, 3, 0));
      OnnxFiles m = OnnxFiles.input(2).constant("h", w);
      OnnxNetwork net =
          compare(
              m.node("Cast", List.of("h"), "w", with("to", of(1)))
                  .node("MatMul", List.of("x", "w"), "y", Map.of())
                  .output(2));
      assertThat(net.notes()).isEmpty();
    }
    OnnxNetwork ends =
        new OnnxNetwork(
            OnnxFiles.input(2)
                .then("Cast", with("to", of(10)))
                .then("Relu")
                .then("Cast", with("to", of(1)))
                .output(2));
    assertClose(
        rigor(ends, ends.values(), HostTensor.of(Shape.of(1, 2), 1.0001f, -1)),
        new float[] {1.0001f, 0});
    assertThat(ends.notes()).singleElement().asString().contains("16 bits", "real numbers");
    refused(
        OnnxFiles.input(2).then("Cast", with("to", of(7))).output(2), "a cast of real numbers to");
  }
}
