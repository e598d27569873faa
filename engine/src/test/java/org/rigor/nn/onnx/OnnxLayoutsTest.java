// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rigor.nn.onnx.OnnxFormsTest.gauss;
import static org.rigor.nn.onnx.OnnxFormsTest.list;
import static org.rigor.nn.onnx.OnnxFormsTest.text;
import static org.rigor.nn.onnx.OnnxFormsTest.with;
import static org.rigor.nn.onnx.OnnxNetworkTest.compare;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;
import static org.rigor.nn.onnx.OnnxNetworkTest.refused;
import static org.rigor.nn.onnx.OnnxNetworkTest.rigor;

import ai.onnxruntime.OrtException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Layouts, padding, resizing and windows as exporters write them, against ONNX Runtime. */
class OnnxLayoutsTest {
  @Test
  void axesAreMoved() throws OrtException {
    compare(
        OnnxFiles.input(6, 1)
            .constant("a", OnnxTensor.longs(2))
            .constant("W", gauss(6, 3))
            .then("Squeeze", "a")
            .then("Gemm", "W")
            .output(3));
    compare(OnnxFiles.input(1, 3, 1).then("Squeeze").output(3));
    compare(OnnxFiles.input(6, 1).opset(11).then("Squeeze", with("axes", list(-1))).output(6));
    compare(
        OnnxFiles.input(6)
            .constant("a", OnnxTensor.longs(1, -1))
            .then("Unsqueeze", "a")
            .then("Flatten")
            .output(6));
    compare(
        OnnxFiles.input(6)
            .opset(12)
            .then("Unsqueeze", with("axes", list(1)))
            .then("Flatten")
            .output(6));
    compare(slice(1, 5).output(4));
    compare(slice(2, Long.MAX_VALUE).output(4));
    compare(slice(-3, -1).output(2));
    compare(slice(0, Integer.MAX_VALUE).output(6));
    OnnxFiles steps =
        OnnxFiles.input(4, 7)
            .constant("s", OnnxTensor.longs(1, 0))
            .constant("e", OnnxTensor.longs(6, 4))
            .constant("a", OnnxTensor.longs(-1, 1))
            .constant("t", OnnxTensor.longs(2, 3));
    compare(steps.then("Slice", "s", "e", "a", "t").then("Flatten").output(6));
    compare(
        OnnxFiles.input(5)
            .opset(9)
            .then("Slice", with("starts", list(1), "ends", list(9), "axes", list(1)))
            .output(4));
    compare(
        OnnxFiles.input(2, 3, 4)
            .then("Transpose", with("perm", list(0, 3, 1, 2)))
            .then("Flatten")
            .output(24));
    OnnxFiles nhwc = OnnxFiles.input(5, 4, 2).constant("k", gauss(3, 2, 2, 2));
    compare(
        nhwc.then("Transpose", with("perm", list(0, 3, 1, 2)))
            .then("Conv", "k")
            .then("Transpose", with("perm", list(0, 2, 3, 1)))
            .then("Flatten")
            .output(36));
    compare(
        OnnxFiles.input(3, 4)
            .constant("i", OnnxTensor.longs(2, 0, 1, -1))
            .then("Gather", with("axis", of(2)), "i")
            .then("Flatten")
            .output(12));
    compare(
        OnnxFiles.input(3, 4)
            .constant("i", OnnxTensor.integers(ElementKind.I64, new int[0], -1))
            .then("Gather", with("axis", of(1)), "i")
            .output(4));
    OnnxFiles token =
        OnnxFiles.input(3, 4)
            .constant("c", gauss(1, 2, 4))
            .constant("i", OnnxTensor.integers(ElementKind.I64, new int[0], 0))
            .constant("r", OnnxTensor.longs(2, 4))
            .constant("ax", OnnxTensor.longs(0));
    compare(
        token
            .node("Shape", List.of("x"), "sh", Map.of())
            .node("Gather", List.of("sh", "i"), "n", Map.of())
            .node("Unsqueeze", List.of("n", "ax"), "n1", Map.of())
            .node("Concat", List.of("n1", "r"), "to", with("axis", of(0)))
            .node("Expand", List.of("c", "to"), "tokens", Map.of())
            .node("Concat", List.of("tokens", "x"), "all", with("axis", of(1)))
            .then("Flatten")
            .output(20));
  }

  private static OnnxFiles slice(long start, long end) {
    return OnnxFiles.input(6)
        .constant("s", OnnxTensor.longs(start))
        .constant("e", OnnxTensor.longs(end))
        .constant("a", OnnxTensor.longs(1))
        .then("Slice", "s", "e", "a");
  }

  @Test
  void reductionsOfAxes() throws OrtException {
    compare(
        OnnxFiles.input(3, 4)
            .opset(13)
            .then("ReduceMean", with("axes", list(1), "keepdims", of(0)))
            .output(4));
    compare(
        OnnxFiles.input(2, 4, 4)
            .opset(18)
            .constant("k", gauss(3, 2, 2, 2))
            .constant("a", OnnxTensor.longs(-1, -2))
            .then("Conv", "k")
            .then("ReduceMean", "a")
            .then("Flatten")
            .output(3));
    compare(
        OnnxFiles.input(2, 4, 4)
            .opset(13)
            .constant("k", gauss(3, 2, 2, 2))
            .then("Conv", "k")
            .then("ReduceMean", with("axes", list(2, 3), "keepdims", of(0)))
            .output(3));
    compare(
        OnnxFiles.input(3, 4)
            .opset(13)
            .constant("a", OnnxTensor.longs(2))
            .then("ReduceSum", "a")
            .then("Flatten")
            .output(3));
    compare(
        OnnxFiles.input(3, 4)
            .opset(13)
            .then("ReduceMax", with("axes", list(2, 1), "keepdims", of(0)))
            .then("Unsqueeze", "a")
            .constant("a", OnnxTensor.longs(1))
            .output(1));
    compare(
        OnnxFiles.input(3, 4)
            .opset(18)
            .then("ReduceMean", with("noop_with_empty_axes", of(1)))
            .then("Flatten")
            .output(12));
    refused(OnnxFiles.input(3).opset(13).then("ReduceMean").output(1), "axis 0 is the batch");
  }

  @Test
  void paddingAndResizing() throws OrtException {
    for (float value : new float[] {0, 0.75f}) {
      OnnxFiles pad =
          OnnxFiles.input(2, 4, 3)
              .constant("k", gauss(3, 2, 2, 2))
              .constant("v", Shape.of(), value)
              .constant("p", OnnxTensor.longs(0, 0, 1, -1, 0, 1, 2, 3));
      compare(
          pad.then("Conv", "k")
              .then("Pad", "p", "v")
              .then("Relu")
              .then("Flatten")
              .output(4 * 6 * 4));
    }
    OnnxFiles axes =
        OnnxFiles.input(2, 3)
            .opset(18)
            .constant("p", OnnxTensor.longs(1, 2))
            .constant("a", OnnxTensor.longs(-1));
    compare(axes.then("Pad", "p", "", "a").then("Flatten").output(12));
    compare(
        OnnxFiles.input(2, 3)
            .opset(10)
            .then("Pad", with("pads", list(0, 1, 0, 0, 0, 2), "value", of(0.5f)))
            .then("Flatten")
            .output(15));
    for (String mode : List.of("asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners")) {
      for (String nearest : List.of("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")) {
        for (float[] s : new float[][] {{1, 1, 2, 3}, {1, 1, 0.5f, 1.7f}}) {
          OnnxFiles scaled = OnnxFiles.input(2, 4, 5).constant("s", Shape.of(4), s);
          compare(
              scaled
                  .node(
                      "Resize",
                      List.of("x", "", "s"),
                      "r",
                      with(
                          "mode",
                          text("nearest"),
                          "coordinate_transformation_mode",
                          text(mode),
                          "nearest_mode",
                          text(nearest)))
                  .then("Flatten")
                  .output(s[2] == 2 ? 240 : 32));
        }
      }
    }
    OnnxFiles sizes =
        OnnxFiles.input(2, 4, 5)
            .constant("n", OnnxTensor.longs(1, 2, 6, 7))
            .constant("e", OnnxTensor.integers(ElementKind.I64, new int[] {0}));
    refused(
        sizes
            .node("Resize", List.of("x", "", "", "n"), "r", with("mode", text("linear")))
            .output(84),
        "mode 'linear' is not supported");
    compare(
        OnnxFiles.input(2, 3, 2)
            .opset(9)
            .constant("s", Shape.of(4), 1, 1, 2, 2)
            .then("Upsample", "s")
            .then("Flatten")
            .output(48));
    refused(
        OnnxFiles.input(2, 3)
            .constant("p", OnnxTensor.longs(0, 1, 1, 0, 1, 1))
            .then("Pad", with("mode", text("reflect")), "p")
            .output(1),
        "mode 'reflect' is not supported");
  }

  @Test
  void convolutionsOfSequencesAndTransposed() throws OrtException {
    OnnxFiles line =
        OnnxFiles.input(4, 12)
            .constant("k", gauss(6, 2, 3))
            .constant("b", gauss(6))
            .constant("t", gauss(6, 2, 3));
    compare(
        line.then(
                "Conv",
                with("group", of(2), "strides", list(2), "dilations", list(2), "pads", list(1, 2)),
                "k",
                "b")
            .then("Relu")
            .then("MaxPool", with("kernel_shape", list(2)))
            .then("AveragePool", with("kernel_shape", list(2), "pads", list(1, 0)))
            .then(
                "ConvTranspose",
                with("group", of(2), "strides", list(2), "output_padding", list(1)),
                "t")
            .then("GlobalAveragePool")
            .then("Flatten")
            .output(4));
    OnnxFiles plain =
        OnnxFiles.input(3, 4, 5).constant("k", gauss(3, 2, 2, 3)).constant("b", gauss(2));
    compare(
        plain
            .then("ConvTranspose", with("strides", list(2, 2)), "k", "b")
            .then("Relu")
            .then("Flatten")
            .output(2 * 8 * 11));
    OnnxFiles odd = OnnxFiles.input(4, 4, 5).constant("k", gauss(4, 3, 3, 2));
    compare(
        odd.then(
                "ConvTranspose",
                with(
                    "group",
                    of(2),
                    "strides",
                    list(3, 2),
                    "dilations",
                    list(1, 2),
                    "pads",
                    list(1, 0, 2, 1),
                    "output_padding",
                    list(2, 1)),
                "k")
            .then("Flatten")
            .output(6 * 11 * 11));
    OnnxFiles same = OnnxFiles.input(2, 4, 5).constant("k", gauss(2, 1, 3, 3));
    compare(
        same.then("ConvTranspose", with("strides", list(2, 2), "auto_pad", text("SAME_UPPER")), "k")
            .then("GlobalMaxPool")
            .then("Flatten")
            .output(1));
  }

  /** Windows that ceil_mode adds divide by what lies on the image or its stated padding. */
  @Test
  void averagesOfWindowsThatReachOver() {
    OnnxModel m =
        OnnxFiles.input(1, 1, 4)
            .then(
                "AveragePool",
                with(
                    "kernel_shape",
                    list(1, 3),
                    "strides",
                    list(1, 2),
                    "pads",
                    list(0, 1, 0, 0),
                    "ceil_mode",
                    of(1),
                    "count_include_pad",
                    of(1)))
            .then("Flatten")
            .output(2);
    OnnxNetwork net = new OnnxNetwork(m);
    HostTensor x = HostTensor.of(Shape.of(1, 1, 1, 4), 3f, 6f, 12f, 24f);
    // pad 3 6 | 6 12 24
    assertThat(rigor(net, net.values(), x)).containsExactly(3, 14);
    OnnxModel over =
        OnnxFiles.input(1, 1, 4)
            .then(
                "AveragePool",
                with(
                    "kernel_shape",
                    list(1, 3),
                    "strides",
                    list(1, 2),
                    "ceil_mode",
                    of(1),
                    "count_include_pad",
                    of(1)))
            .then("Flatten")
            .output(2);
    net = new OnnxNetwork(over);
    assertThat(rigor(net, net.values(), x)).containsExactly(7, 18); // 12 24 and nothing
  }

  @Test
  void shapesAreComputedWhileTracing() throws OrtException {
    OnnxTensor zero = OnnxTensor.integers(ElementKind.I64, new int[0], 0);
    OnnxFiles view =
        OnnxFiles.input(2, 3, 4)
            .constant("zero", zero)
            .constant("ax", OnnxTensor.longs(0))
            .constant("rest", OnnxTensor.longs(-1));
    compare(
        view.node("Shape", List.of("x"), "sh", Map.of())
            .node("Gather", List.of("sh", "zero"), "n", Map.of())
            .node("Unsqueeze", List.of("n", "ax"), "n1", Map.of())
            .node("Concat", List.of("n1", "rest"), "to", with("axis", of(0)))
            .node("Reshape", List.of("x", "to"), "f", Map.of())
            .output(24));
    OnnxFiles product =
        OnnxFiles.input(2, 3, 4)
            .constant("one", OnnxTensor.longs(1))
            .constant("two", OnnxTensor.longs(2))
            .constant("three", OnnxTensor.longs(3))
            .constant("rest", OnnxTensor.longs(-1))
            .constant("ax", OnnxTensor.longs(0))
            .constant("lot", OnnxTensor.longs(9));
    compare(
        product
            .node("Shape", List.of("x"), "sh", with("start", of(0)))
            .node("Slice", List.of("sh", "ax", "one"), "n", Map.of())
            .node("Slice", List.of("sh", "one", "two"), "channels", Map.of())
            .node("Slice", List.of("sh", "three", "lot"), "last", Map.of())
            .node("Mul", List.of("channels", "last"), "eight", Map.of())
            .node("Cast", List.of("eight"), "wide", with("to", of(7)))
            .node("Concat", List.of("n", "wide", "rest"), "to", with("axis", of(0)))
            .node("Reshape", List.of("x", "to"), "f", with("allowzero", of(0)))
            .then("Flatten")
            .output(24));
    OnnxFiles mixed = OnnxFiles.input(4).constant("two", OnnxTensor.longs(2));
    refused(
        mixed
            .node("Shape", List.of("x"), "sh", Map.of())
            .node("Mul", List.of("sh", "two"), "to", Map.of())
            .node("Reshape", List.of("x", "to"), "f", Map.of())
            .output(2),
        "node 2 (Reshape 'n2')",
        "cannot reshape 4 elements of a sample to [batch, 8]");
  }
}
