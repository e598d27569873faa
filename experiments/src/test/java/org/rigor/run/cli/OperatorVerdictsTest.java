// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.Shape;

/**
 * {@code certify} decides properties of each operator that it names: over inputs in [-1, 1], an
 * output has a range that is worked by hand; thresholds 0.01 outside it are verified, those 0.01
 * inside violated.
 */
class OperatorVerdictsTest {
  /** A network, and the range of one of its outputs. */
  private record Case(
      String name, OnnxModel model, int outputs, int output, double least, double most) {}

  private static final List<Case> CASES = new ArrayList<>();

  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private static OnnxAttribute one(long value) {
    return new OnnxAttribute.Int(value);
  }

  private static OnnxAttribute real(double value) {
    return new OnnxAttribute.Real((float) value);
  }

  private static OnnxAttribute list(Long... values) {
    return new OnnxAttribute.Ints(List.of(values));
  }

  /** Two inputs, moved apart: [x_0, x_1 + 3]. */
  private static OnnxFiles two() {
    return OnnxFiles.input(2).constant("apart", Shape.of(2), 0, 3).then("Add", "apart");
  }

  /** Images of one channel, 2 by 2: x_0, x_1 + 10, x_2 + 20, x_3 + 30. */
  private static OnnxFiles image() {
    return OnnxFiles.input(1, 2, 2)
        .constant("apart", Shape.of(1, 1, 2, 2), 0, 10, 20, 30)
        .then("Add", "apart");
  }

  private static void add(
      String name, OnnxFiles file, int outputs, int output, double least, double most) {
    CASES.add(new Case(name, file.output(outputs), outputs, output, least, most));
  }

  /** Puts an elementwise function between the input and a sum of both units, 1 and 2 times. */
  private static void each(String op, Map<String, OnnxAttribute> how, double low, double high) {
    OnnxFiles file =
        OnnxFiles.input(2)
            .then(op, how)
            .constant("last", Shape.of(2, 2), 1, 0, 2, 1)
            .then("MatMul", "last");
    add(op + how.values(), file, 2, 0, 3 * low, 3 * high);
  }

  /** Puts an operator of a constant 0.5 behind the inputs. */
  private static void with(String op, double low, double high) {
    add(op, OnnxFiles.input(2).constant("c", Shape.of(1), 0.5f).then(op, "c"), 2, 1, low, high);
  }

  static {
    each("Relu", Map.of(), 0, 1);
    each("LeakyRelu", Map.of("alpha", real(0.25)), -0.25, 1);
    each("LeakyRelu", Map.of("alpha", real(2)), -2, 1);
    each("LeakyRelu", Map.of("alpha", real(-0.5)), 0, 1);
    each("Sigmoid", Map.of(), 1 / (1 + Math.exp(1)), 1 / (1 + Math.exp(-1)));
    each("Tanh", Map.of(), -Math.tanh(1), Math.tanh(1));
    each("Dropout", Map.of(), -1, 1);
    with("Add", -0.5, 1.5);
    with("Sub", -1.5, 0.5);
    with("Mul", -0.5, 0.5);
    with("Div", -2, 2);
    OnnxFiles gemm =
        OnnxFiles.input(2).constant("w", Shape.of(2, 1), 2, -1).constant("b", Shape.of(1), 0.5f);
    add("Gemm", gemm.then("Gemm", "w", "b"), 1, 0, -2.5, 3.5);
    OnnxFiles product = OnnxFiles.input(2).constant("w", Shape.of(2, 1), 2, -1);
    add("MatMul", product.then("MatMul", "w"), 1, 0, -3, 3);
    OnnxFiles kernel =
        OnnxFiles.input(1, 2, 2)
            .constant("k", Shape.of(1, 1, 2, 2), 1, 2, -1, 1)
            .constant("b", Shape.of(1), 0.5f);
    add("Conv", kernel.then("Conv", "k", "b").then("Flatten"), 1, 0, -4.5, 5.5);
    OnnxFiles norm =
        OnnxFiles.input(1, 2, 2)
            .constant("g", Shape.of(1), 2)
            .constant("b", Shape.of(1), 1)
            .constant("m", Shape.of(1), 0.5f)
            .constant("v", Shape.of(1), 3.75f)
            .then("BatchNormalization", Map.of("epsilon", real(0.25)), "g", "b", "m", "v")
            .then("Flatten");
    add("BatchNormalization", norm, 4, 0, -0.5, 1.5);
    add("Flatten", image().then("Flatten"), 4, 2, 19, 21);
    OnnxFiles shaped = image().constant("s", OnnxTensor.longs(1, 4)).then("Reshape", "s");
    add("Reshape", shaped, 4, 1, 9, 11);
    OnnxFiles slice =
        two()
            .constant("f", OnnxTensor.longs(1))
            .constant("t", OnnxTensor.longs(2))
            .constant("a", OnnxTensor.longs(1))
            .then("Slice", "f", "t", "a");
    add("Slice", slice, 1, 0, 2, 4);
    OnnxFiles both = two().node("Concat", List.of("add0", "x"), "c", Map.of("axis", one(1)));
    add("Concat", both, 4, 1, 2, 4);
    OnnxFiles gather =
        two().constant("i", OnnxTensor.longs(1)).then("Gather", Map.of("axis", one(1)), "i");
    add("Gather", gather, 1, 0, 2, 4);
    OnnxFiles turned =
        image().then("Transpose", Map.of("perm", list(0L, 1L, 3L, 2L))).then("Flatten");
    add("Transpose", turned, 4, 1, 19, 21);
    OnnxFiles split =
        two()
            .several("Split", List.of("add0"), List.of("a", "b"), Map.of("axis", one(1)))
            .node("Sub", List.of("b", "a"), "y", Map.of());
    add("Split", split, 1, 0, 1, 5);
    Map<String, OnnxAttribute> window = Map.of("kernel_shape", list(2L, 2L));
    OnnxFiles largest = OnnxFiles.input(1, 2, 2).then("MaxPool", window).then("Flatten");
    add("MaxPool", largest, 1, 0, -1, 1);
    add("AveragePool", image().then("AveragePool", window).then("Flatten"), 1, 0, 14, 16);
    OnnxFiles sum = two().constant("a", OnnxTensor.longs(1)).then("ReduceSum", "a");
    add("ReduceSum", sum, 1, 0, 1, 5);
    add("ReduceMean", two().then("ReduceMean", Map.of("axes", list(1L))), 1, 0, 0.5, 2.5);
    OnnxFiles clip =
        OnnxFiles.input(2)
            .constant("lo", Shape.of(), -0.25f)
            .constant("hi", Shape.of(), 0.5f)
            .then("Clip", "lo", "hi");
    add("Clip", clip, 2, 1, -0.25, 0.5);
    OnnxFiles pad = two().constant("p", OnnxTensor.longs(0, 1, 0, 2)).then("Pad", "p");
    add("Pad", pad, 5, 2, 2, 4);
    OnnxFiles times =
        OnnxFiles.input(2)
            .several("Split", List.of("x"), List.of("a", "b"), Map.of("axis", one(1)))
            .node("Mul", List.of("a", "b"), "y", Map.of());
    add("Mul of two", times, 1, 0, -1, 1);
    OnnxFiles power = OnnxFiles.input(2).constant("c", Shape.of(1), 2).then("Pow", "c");
    add("Pow", power, 2, 0, 0, 1);
    OnnxFiles shares =
        OnnxFiles.input(2).then("Softmax").constant("w", Shape.of(2, 1), 1, -1).then("MatMul", "w");
    add("Softmax", shares, 1, 0, -Math.tanh(1), Math.tanh(1));
  }

  private void property(String file, Case c, String unsafe) throws IOException {
    StringBuilder text = new StringBuilder();
    int inputs = c.model().graph().inputs().get(0).dims().size() == 4 ? 4 : 2;
    for (int i = 0; i < inputs; i++) {
      text.append("(declare-const X_%d Real)(assert (>= X_%d -1))".formatted(i, i));
      text.append("(assert (<= X_%d 1))%n".formatted(i));
    }
    for (int j = 0; j < c.outputs(); j++) {
      text.append("(declare-const Y_%d Real)".formatted(j));
    }
    Files.writeString(folder.resolve(file), text + unsafe);
  }

  @Test
  void thresholdsOnBothSidesOfTheRangeOfEachOperator() throws IOException {
    StringBuilder all = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int n = 0; n < CASES.size(); n++) {
      Case c = CASES.get(n);
      OnnxWriter.write(folder.resolve(n + ".onnx"), c.model());
      String y = "Y_" + c.output();
      property(
          n + "-safe.vnnlib",
          c,
          "(assert (or (<= %s %.9f) (>= %s %.9f)))"
              .formatted(y, c.least() - 0.01, y, c.most() + 0.01));
      property(n + "-low.vnnlib", c, "(assert (<= %s %.9f))".formatted(y, c.least() + 0.01));
      property(n + "-high.vnnlib", c, "(assert (>= %s %.9f))".formatted(y, c.most() - 0.01));
      for (String which : List.of("safe", "low", "high")) {
        all.append("%d.onnx,%d-%s.vnnlib,20%n".formatted(n, n, which));
        expected.add(c.name() + " " + which + ": " + (which.equals("safe") ? "unsat" : "sat"));
      }
    }
    Path list = Files.writeString(folder.resolve("i.csv"), all);
    Path out = folder.resolve("out");
    Shell.Result r = Shell.run("certify", "--device", "cpu", "--instances", list, "--out", out);
    assertThat(r.exit()).as(r.out() + r.err()).isZero();
    List<String> rows = Files.readAllLines(out.resolve("results.csv"));
    for (int i = 0; i < expected.size(); i++) {
      String name = expected.get(i).substring(0, expected.get(i).indexOf(':'));
      assertThat(name + ": " + rows.get(i).split(",")[4]).isEqualTo(expected.get(i));
    }
  }

  /** What has no bounds is refused by name, before anything is decided. */
  @Test
  void otherOperatorsAreRefusedByName() throws IOException {
    for (String op : List.of("Sin", "Sign", "ArgMax")) {
      OnnxFiles file = OnnxFiles.input(2).then(op);
      Case c = new Case(op, file.output(2), 2, 0, 0, 0);
      OnnxWriter.write(folder.resolve("m.onnx"), c.model());
      property("p.vnnlib", c, "(assert (<= Y_0 0))");
      Shell.Result r =
          Shell.run(
              "certify",
              "--model",
              folder.resolve("m.onnx"),
              "--vnnlib",
              folder.resolve("p.vnnlib"));
      assertThat(r.exit()).as(r.out()).isEqualTo(4);
      assertThat(r.err()).contains("node 0 (" + op);
    }
  }
}
