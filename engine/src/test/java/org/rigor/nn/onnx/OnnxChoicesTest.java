// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rigor.nn.onnx.OnnxFormsTest.gauss;
import static org.rigor.nn.onnx.OnnxNetworkTest.compare;
import static org.rigor.nn.onnx.OnnxNetworkTest.refused;

import ai.onnxruntime.OrtException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.certify.Certifier;
import org.rigor.certify.Crown;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Select;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Choices between functions of a unit, as exporters write activations, against ONNX Runtime. */
class OnnxChoicesTest {
  /** A dense layer z with constants to choose by. */
  private static OnnxFiles units() {
    return OnnxFiles.input(4)
        .constant("W", gauss(4, 6))
        .constant("zero", Shape.of(), 0)
        .constant("half", Shape.of(1), 0.5f)
        .constant("one", Shape.of(), 1)
        .constant("slope", Shape.of(1), 0.2f)
        .node("MatMul", List.of("x", "W"), "z", Map.of());
  }

  private static OnnxModel chosen(OnnxFiles files, String c, String a, String b) {
    return files.node("Where", List.of(c, a, b), "y", Map.of()).output(6);
  }

  private static boolean chooses(OnnxNetwork net) {
    Program.Builder b = Program.builder("net");
    Map<String, Value> p = net.declare(b, "", 1, DType.F32);
    Value y = net.apply(p, b.input("x", new TensorType(DType.F32, Shape.of(1, 2, 4))));
    return Program.topological(List.of(y)).stream().anyMatch(v -> v.op() instanceof Select);
  }

  private static void continuous(OnnxModel model) throws OrtException {
    OnnxNetwork net = compare(model);
    assertThat(chooses(net)).isFalse();
    assertThat(net.notes()).isEmpty();
    certified(net);
  }

  private static void certified(OnnxNetwork net) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, net.values());
        Certifier c = new Certifier(models, List.of(new Crown()), Box.NONE, Norm.LINF)) {
      c.run(HostTensor.of(Shape.of(1, 4), 1, 2, 3, 4), HostTensor.of(Shape.of(1), 0), List.of(0.1));
    }
  }

  @Test
  void functionsThatMeetAreOneFunction() throws OrtException {
    continuous(
        chosen(units().node("Greater", List.of("z", "zero"), "c", Map.of()), "c", "z", "zero"));
    for (String op : List.of("GreaterOrEqual", "Greater", "Less", "LessOrEqual")) {
      for (boolean turned : new boolean[] {false, true}) {
        boolean above = op.startsWith("Greater") != turned;
        OnnxFiles leaky = units().node("Mul", List.of("slope", "z"), "s", Map.of());
        leaky.node(op, turned ? List.of("zero", "z") : List.of("z", "zero"), "c", Map.of());
        leaky.node("Not", List.of("c"), "n", Map.of());
        continuous(chosen(leaky, "c", above ? "z" : "s", above ? "s" : "z"));
        OnnxFiles again = units().node("Mul", List.of("z", "slope"), "s", Map.of());
        again.node(op, turned ? List.of("zero", "z") : List.of("z", "zero"), "c", Map.of());
        again.node("Not", List.of("c"), "n", Map.of());
        continuous(chosen(again, "n", above ? "s" : "z", above ? "z" : "s"));
      }
    }
    // ELU as jax.nn.elu: the exponential never sees what is above 0.
    OnnxFiles elu = units().node("Greater", List.of("z", "zero"), "c", Map.of());
    elu.node("Where", List.of("c", "zero", "z"), "low", Map.of());
    elu.node("Exp", List.of("low"), "e", Map.of()).node("Sub", List.of("e", "one"), "m", Map.of());
    continuous(chosen(elu, "c", "z", "m"));
    // Soft shrinkage above 1/2: z - 1/2, else 0. Clipping at 1/2.
    OnnxFiles shrink = units().node("Greater", List.of("z", "half"), "c", Map.of());
    shrink.node("Sub", List.of("z", "half"), "s", Map.of());
    continuous(chosen(shrink, "c", "s", "zero"));
    continuous(chosen(units().node("Less", List.of("half", "z"), "c", Map.of()), "c", "half", "z"));
    // Two functions that meet away from 0, at a value that is not 0: z^2 and z / 2 at 1/2.
    OnnxFiles meet = units().node("Greater", List.of("z", "half"), "c", Map.of());
    meet.node("Mul", List.of("z", "z"), "s", Map.of());
    meet.node("Mul", List.of("half", "z"), "h", Map.of());
    continuous(chosen(meet, "c", "s", "h"));
    // log(1 + e^z) as jax.nn.softplus asks whether z - 0 is a number; it always is.
    OnnxFiles soft = units().node("Equal", List.of("z", "z"), "same", Map.of());
    soft.node("Not", List.of("same"), "c", Map.of());
    soft.node("Softplus", List.of("z"), "s", Map.of());
    continuous(chosen(soft, "c", "z", "s"));
  }

  /** PyTorch's softplus is z above 20, where log(1 + e^z) is 2e-9 more. */
  @Test
  void aJumpThatFloat32DoesNotShowIsSaid() throws OrtException {
    OnnxFiles soft = units().constant("twenty", Shape.of(), 20);
    soft.node("Greater", List.of("z", "twenty"), "c", Map.of());
    soft.node("Softplus", List.of("z"), "s", Map.of());
    OnnxNetwork net = compare(chosen(soft, "c", "z", "s"));
    assertThat(net.notes()).hasSize(1);
    assertThat(net.notes().get(0)).contains("jumps by 2.1e-09 at 20.0");
    assertThat(chooses(net)).isFalse();
    certified(net);
  }

  /** What jumps is computed as it is, and has no bounds. */
  @Test
  void aChoiceThatJumpsStaysOne() throws OrtException {
    OnnxFiles hard = units().node("Abs", List.of("z"), "a", Map.of());
    hard.node("Greater", List.of("a", "half"), "c", Map.of());
    OnnxNetwork net = compare(chosen(hard, "c", "z", "zero"));
    assertThat(chooses(net)).isTrue();
    assertThatThrownBy(() -> certified(net))
        .isInstanceOf(MissingRuleException.class)
        .hasMessageContaining("node 2 (Greater 'n2')");
    OnnxFiles both = units().node("Greater", List.of("z", "half"), "p", Map.of());
    both.node("Less", List.of("z", "zero"), "q", Map.of());
    both.node("Or", List.of("p", "q"), "c", Map.of());
    assertThat(chooses(compare(chosen(both, "c", "z", "slope")))).isTrue();
    // Nearly meeting is not meeting: at 0 a jump of 1e-6 shows.
    OnnxFiles near = units().constant("tiny", Shape.of(), 1e-6f);
    near.node("Greater", List.of("z", "zero"), "c", Map.of());
    assertThat(chooses(compare(chosen(near, "c", "z", "tiny")))).isTrue();
    // What depends on other units is no function of this one.
    OnnxFiles other = units().constant("V", gauss(6, 6));
    other.node("MatMul", List.of("z", "V"), "v", Map.of());
    other.node("Greater", List.of("z", "zero"), "c", Map.of());
    assertThat(chooses(compare(chosen(other, "c", "z", "v")))).isTrue();
    OnnxFiles truth = units().node("Greater", List.of("z", "zero"), "c", Map.of());
    refused(truth.then("Relu").output(6), "node 2 (Relu 'n2')", "'c' is not a tensor of real");
  }
}
