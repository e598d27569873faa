// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.ir.Program;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/** Preprocessing as a part of the network. */
class OnnxStandardisedTest {
  private static final OptionalDouble NO_SCALE = OptionalDouble.empty();

  /** A network that flattens its input and takes off a constant called as a new one would be. */
  private static OnnxModel network(long... dims) {
    List<Long> in = LongStream.of(dims).boxed().toList();
    long size = LongStream.of(dims).reduce(1, (a, b) -> a * b);
    OnnxNode flatten =
        new OnnxNode(0, "Flatten", "", "", List.of("x"), List.of("centred"), Map.of());
    OnnxNode sub =
        new OnnxNode(1, "Sub", "", "", List.of("centred", "scaled/by"), List.of("y"), Map.of());
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            List.of(flatten, sub),
            Map.of("scaled/by", OnnxTensor.of(HostTensor.of(Shape.of(1), 10f))),
            List.of(new OnnxValueInfo("x", ElementKind.F32, in)),
            List.of(new OnnxValueInfo("y", ElementKind.F32, List.of(1L, size))));
    return new OnnxModel("m.onnx", 8, 17, "", graph);
  }

  private static float[] outputs(OnnxModel model, float... x) {
    OnnxNetwork n = new OnnxNetwork(model);
    try (Device cpu = Device.open("cpu");
        Workspace space = new Workspace(cpu, "test")) {
      Program.Builder b = Program.builder("network");
      Shape type = n.input().insert(0, 1).insert(0, 1);
      var params = n.declare(b, "param/", 1, DType.F32);
      b.output("y", n.apply(params, b.input("x", new TensorType(DType.F32, type))));
      n.values().forEach((name, v) -> space.put("param/" + name, v));
      space.put("x", HostTensor.of(type, x));
      space.link(b.build()).run();
      return space.get("y").read().floats();
    }
  }

  @Test
  void channelsAreScaledCentredAndDivided() {
    OnnxModel whole =
        OnnxStandardised.of(
            network(1, 2, 2, 1), OptionalDouble.of(4), List.of(0.5, 1.0), List.of(0.25, 0.5));
    // Channel 0 holds (4, 6), channel 1 (8, 12): (x / 4 - mean) / std - 10.
    assertThat(outputs(whole, 4, 6, 8, 12)).containsExactly(-8, -6, -8, -6);
  }

  @Test
  void oneNumberCountsForAllAndChannelsMayBeLast() {
    assertThat(
            outputs(
                OnnxStandardised.of(network(1, 2, 2, 1), NO_SCALE, List.of(1.0), List.of()),
                1,
                2,
                3,
                4))
        .containsExactly(-10, -9, -8, -7);
    OnnxModel last =
        OnnxStandardised.of(network(1, 1, 2, 3), NO_SCALE, List.of(1.0, 2.0, 3.0), List.of());
    assertThat(outputs(last, 1, 2, 3, 4, 5, 6)).containsExactly(-10, -10, -10, -7, -7, -7);
    OnnxModel features =
        OnnxStandardised.of(network(1, 3), NO_SCALE, List.of(), List.of(1., 2., 4.));
    assertThat(outputs(features, 4, 4, 4)).containsExactly(-6, -8, -9);
  }

  @Test
  void whatDoesNotTellTheChannelsIsRefused() {
    assertThatThrownBy(
            () ->
                OnnxStandardised.of(
                    network(1, 3, 2, 3), NO_SCALE, List.of(1.0, 2.0, 3.0), List.of()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("fit its first and last axis");
    assertThatThrownBy(
            () ->
                OnnxStandardised.of(
                    network(1, 3, 2, 2), NO_SCALE, List.of(1., 2., 3., 4.), List.of()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("4 numbers do not tell the channels");
  }
}
