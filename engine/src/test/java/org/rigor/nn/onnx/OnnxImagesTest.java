// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.rigor.nn.onnx.OnnxNetworkTest.assertClose;
import static org.rigor.nn.onnx.OnnxNetworkTest.compare;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;
import static org.rigor.nn.onnx.OnnxNetworkTest.random;
import static org.rigor.nn.onnx.OnnxNetworkTest.refused;
import static org.rigor.nn.onnx.OnnxNetworkTest.rigor;
import static org.rigor.nn.onnx.OnnxNetworkTest.runtime;

import ai.onnxruntime.OrtException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Operators on images against ONNX Runtime. */
class OnnxImagesTest {
  private static OnnxAttribute list(long... values) {
    return new OnnxAttribute.Ints(Arrays.stream(values).boxed().toList());
  }

  private static OnnxAttribute text(String s) {
    return new OnnxAttribute.Text(s);
  }

  private static Map<String, OnnxAttribute> with(
      Map<String, OnnxAttribute> all, String key, OnnxAttribute value) {
    Map<String, OnnxAttribute> out = new HashMap<>(all);
    out.put(key, value);
    return out;
  }

  private static HostTensor kernels(int... dims) {
    return HostTensor.of(Shape.of(dims), random((int) Shape.of(dims).size()));
  }

  @Test
  void convolutionsOfAllKinds() throws OrtException {
    Map<String, OnnxAttribute> odd =
        Map.of(
            "strides", list(2, 1),
            "dilations", list(1, 2),
            "pads", list(1, 0, 2, 3),
            "kernel_shape", list(3, 2),
            "group", of(3));
    compare(
        OnnxFiles.input(6, 7, 9)
            .constant("a", OnnxTensor.of(kernels(9, 2, 3, 2)))
            .constant("b", Shape.of(9), random(9))
            .constant("c", OnnxTensor.of(kernels(4, 9, 1, 1)))
            .constant("d", OnnxTensor.of(kernels(4, 1, 2, 2)))
            .constant("e", OnnxTensor.of(kernels(3, 4, 4, 3)))
            .constant("f", Shape.of(3, 1, 1), random(3))
            .then("Conv", odd, "a", "b")
            .then("Relu")
            .then("Conv", "c")
            .then("Conv", Map.of("group", of(4), "auto_pad", text("SAME_UPPER")), "d")
            .then("LeakyRelu")
            .then("Conv", Map.of("strides", list(3, 2), "auto_pad", text("SAME_LOWER")), "e")
            .then("Mul", "f")
            .then("Flatten")
            .output(3 * 2 * 5));
  }

  @Test
  void poolingWithPaddingDilationAndRests() throws OrtException {
    Map<String, OnnxAttribute> windows =
        Map.of("kernel_shape", list(3, 2), "strides", list(2, 3), "pads", list(1, 0, 2, 1));
    Map<String, OnnxAttribute> plain = Map.of("kernel_shape", list(2, 2), "strides", list(2, 2));
    for (String op : List.of("MaxPool", "AveragePool")) {
      compare(OnnxFiles.input(3, 8, 9).then(op, windows).then("Flatten").output(3 * 5 * 3));
      compare(OnnxFiles.input(3, 7, 9).then(op, plain).then("Flatten").output(3 * 3 * 4));
      compare(
          OnnxFiles.input(3, 7, 9)
              .then(op, with(plain, "ceil_mode", of(1)))
              .then("Flatten")
              .output(3 * 4 * 5));
      compare(
          OnnxFiles.input(1, 6, 6)
              .then(op, with(windows, "ceil_mode", of(1)))
              .then("Flatten")
              .output(4 * 2));
      compare(
          OnnxFiles.input(2, 5, 6)
              .then(op, Map.of("kernel_shape", list(4, 3), "auto_pad", text("SAME_LOWER")))
              .then("Flatten")
              .output(60));
    }
    compare(
        OnnxFiles.input(2, 8, 9)
            .then("AveragePool", with(windows, "count_include_pad", of(1)))
            .then("Flatten")
            .output(30));
    compare(
        OnnxFiles.input(2, 8, 9)
            .then("MaxPool", with(windows, "dilations", list(3, 2)))
            .then("GlobalAveragePool")
            .then("Flatten")
            .output(2));
  }

  @Test
  void batchNormalizationOfImagesAndOfRows() throws OrtException {
    float[] variance = random(4);
    for (int i = 0; i < 4; i++) {
      variance[i] = 0.1f + Math.abs(variance[i]);
    }
    compare(
        OnnxFiles.input(3, 4, 5)
            .constant("w", OnnxTensor.of(kernels(4, 3, 3, 3)))
            .constant("scale", Shape.of(4), random(4))
            .constant("shift", Shape.of(4), random(4))
            .constant("mean", Shape.of(4), random(4))
            .constant("variance", Shape.of(4), variance)
            .then("Conv", "w")
            .then("BatchNormalization", "scale", "shift", "mean", "variance")
            .then("Relu")
            .then("GlobalAveragePool")
            .then("Flatten")
            .then(
                "BatchNormalization",
                Map.of("epsilon", of(0.01f)),
                "scale",
                "shift",
                "mean",
                "variance")
            .output(4));
  }

  /** x + conv(x), beside x, along the channels; then along the rows. */
  @Test
  void branchesMeet() throws OrtException {
    Map<String, OnnxAttribute> same = Map.of("pads", list(1, 1, 1, 1));
    List<OnnxNode> nodes =
        List.of(
            node(0, "Conv", List.of("x", "w"), "a", same),
            node(1, "Conv", List.of("a", "w"), "b", same),
            node(2, "Add", List.of("a", "b"), "c", Map.of()),
            node(3, "Add", List.of("c", "x"), "d", Map.of()),
            node(4, "Concat", List.of("a", "b", "d"), "e", Map.of("axis", of(1))),
            node(5, "Concat", List.of("c", "b"), "f", Map.of("axis", of(-3))),
            node(6, "Concat", List.of("e", "f"), "g", Map.of("axis", of(1))),
            node(7, "Concat", List.of("g", "g"), "h", Map.of("axis", of(2))),
            node(8, "Flatten", List.of("h"), "y", Map.of()));
    Map<String, OnnxTensor> w = new LinkedHashMap<>();
    w.put("w", OnnxTensor.of(kernels(2, 2, 3, 3)));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            w,
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(-1L, 2L, 3L, 4L))),
            List.of(new OnnxValueInfo("y", ElementKind.F32, List.of(-1L, 240L))));
    compare(new OnnxModel("m.onnx", 8, 17, "", graph));
  }

  private static OnnxNode node(
      int i, String op, List<String> in, String out, Map<String, OnnxAttribute> attributes) {
    return new OnnxNode(i, op, "", "n" + i, in, List.of(out), attributes);
  }

  @Test
  void theCifarNetworkOfTheVerificationBenchmark() throws Exception {
    Path file = null;
    for (Path p = Path.of("").toAbsolutePath(); p != null && file == null; p = p.getParent()) {
      Path at = p.resolve("shared/data/onnx/cifar_base_kw.onnx.gz");
      file = Files.exists(at) ? at : null;
    }
    Assumptions.assumeTrue(file != null, "the data folder is not here");
    OnnxModel model = OnnxReader.read(file);
    OnnxNetwork net = new OnnxNetwork(model);
    Shape shape = net.input().insert(0, 1);
    float[] x = random((int) shape.size());
    String name = model.graph().inputs().get(0).name();
    float[] expected = runtime(OnnxWriter.bytes(model), HostTensor.of(shape, x), name);
    assertClose(rigor(net, net.values(), HostTensor.of(shape, x)), expected);
  }

  @Test
  void whatHasNoMeaningIsRefused() {
    OnnxFiles image = OnnxFiles.input(2, 4, 4).constant("w", OnnxTensor.of(kernels(3, 2, 3, 3)));
    refused(image.then("Conv", Map.of("pads", list(-1, 0, 0, 0)), "w").output(1), "at least 0");
    OnnxFiles small = OnnxFiles.input(2, 2, 4).constant("w", OnnxTensor.of(kernels(3, 2, 3, 3)));
    refused(small.then("Conv", "w").output(1), "node 0 (Conv 'n0')", "at least 3 rows");
    OnnxFiles line = OnnxFiles.input(2, 4).constant("w", OnnxTensor.of(kernels(3, 2, 3)));
    refused(line.then("Conv", "w").output(1), "says that its output is", "computes [N, 3, 2]");
    OnnxFiles flat = OnnxFiles.input(4).constant("w", OnnxTensor.of(kernels(3, 2, 3, 3)));
    refused(flat.then("Conv", "w").output(1), "needs images [N, C, H, W] or sequences [N, C, L]");
    OnnxFiles thick = OnnxFiles.input(2, 4).constant("w", OnnxTensor.of(kernels(3, 2, 3, 3)));
    refused(thick.then("Conv", "w").output(1), "kernels must be [O, C / group, length]");
    OnnxFiles wide = OnnxFiles.input(5, 4, 4).constant("w", OnnxTensor.of(kernels(3, 2, 3, 3)));
    refused(wide.then("Conv", "w").output(1), "kernels must be [M, 3, 3, 5,");
    OnnxFiles groups = OnnxFiles.input(2, 4, 4).constant("w", OnnxTensor.of(kernels(3, 2, 3, 3)));
    refused(groups.then("Conv", Map.of("group", of(0)), "w").output(1), "groups must divide");
    Map<String, OnnxAttribute> two = Map.of("kernel_shape", list(2, 2));
    refused(OnnxFiles.input(4).then("MaxPool", two).output(1), "needs images [N, C, H, W]");
    refused(
        OnnxFiles.input(1, 2, 2).then("MaxPool").output(1), "must have the attribute kernel_shape");
    refused(
        OnnxFiles.input(1, 2, 2).then("MaxPool", with(two, "pads", list(2, 0, 0, 0))).output(1),
        "padding only");
    refused(
        OnnxFiles.input(1, 2, 2)
            .then("MaxPool", with(two, "pads", list(1L << 31, 0, 0, 0)))
            .output(1),
        "node 0 (MaxPool 'n0')");
    refused(
        OnnxFiles.input(1, 2, 2).then("AveragePool", with(two, "auto_pad", text("ANY"))).output(1),
        "auto_pad 'ANY'");
    refused(
        OnnxFiles.input(3).then("Concat", Map.of("axis", of(0))).output(3), "axis 0 is the batch");
    OnnxFiles norm = OnnxFiles.input(3).constant("s", Shape.of(2), 1f, 2f);
    refused(
        norm.then("BatchNormalization", "s", "s", "s", "s").output(3),
        "scale must be [3], got [2]");
  }

  /** Windows on more axes than ONNX Runtime takes; keras-pool holds the pooling to Keras. */
  @Test
  void poolingOfMoreAxesNeedsWindowsOnTwo() {
    for (long[] kernel : new long[][] {{1, 2, 2, 2}, {1, 1, 2, 1}, {1, 1, 1, 1}}) {
      refused(
          OnnxFiles.input(1, 1, 4, 4, 4)
              .then("MaxPool", Map.of("kernel_shape", list(kernel)))
              .output(1),
          "node 0 (MaxPool 'n0')",
          "windows on 4 axes need sizes above 1 on two of them");
    }
    refused(
        OnnxFiles.input(1, 1, 4, 4, 4)
            .then("MaxPool", Map.of("kernel_shape", list(1, 2, 2)))
            .output(1),
        "kernel_shape must be 4 numbers, got [1, 2, 2]");
    refused(
        OnnxFiles.input(1, 1, 4, 4, 4)
            .then("MaxPool", Map.of("kernel_shape", list(1, 2, 2, 1), "strides", list(0, 2, 2, 1)))
            .output(1),
        "strides must be at least 1");
  }
}
