// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/** Networks on samples in another layout than their own. */
class RelaidTest {
  /** A network that returns its input's elements in order. */
  private record Flat(Shape input) implements Network {
    @Override
    public int outputs() {
      return Math.toIntExact(input.size());
    }

    @Override
    public List<Parameter> parameters() {
      return List.of();
    }

    @Override
    public Value apply(Map<String, Value> params, Value x) {
      return F.reshape(x, Shape.of(x.shape().dim(0), x.shape().dim(1), outputs()));
    }
  }

  private static float[] through(Network n, float... x) {
    Program.Builder b = Program.builder("relaid");
    Shape type = n.input().insert(0, 1).insert(0, 1);
    b.output("y", n.apply(Map.of(), b.input("x", new TensorType(DType.F32, type))));
    try (Device cpu = Device.open("cpu");
        Workspace space = new Workspace(cpu, "relaid")) {
      space.put("x", HostTensor.of(type, x));
      space.link(b.build()).run();
      return space.get("y").read().floats();
    }
  }

  @Test
  void imagesWithChannelsLastReachANetworkThatTakesThemFirst() {
    Network n = Relaid.on(Shape.of(1, 2, 3), new Flat(Shape.of(3, 1, 2))).orElseThrow();
    assertThat(n.input()).isEqualTo(Shape.of(1, 2, 3));
    // Two pixels of three channels become three planes of two pixels.
    assertThat(through(n, 1, 2, 3, 4, 5, 6)).containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void elementsKeepTheirOrderWhereOnlyTheShapeDiffers() {
    for (Shape own : List.of(Shape.of(6), Shape.of(1, 2, 3), Shape.of(2, 3, 1))) {
      Network n = Relaid.on(Shape.of(2, 3, 1), new Flat(own)).orElseThrow();
      assertThat(through(n, 1, 2, 3, 4, 5, 6)).containsExactly(1, 2, 3, 4, 5, 6);
    }
  }

  @Test
  void whatFitsInMoreThanOneOrderOrNotAtAllIsRefused() {
    assertThat(Relaid.on(Shape.of(2, 2, 3), new Flat(Shape.of(12)))).isEmpty();
    assertThat(Relaid.on(Shape.of(2, 3), new Flat(Shape.of(3, 2)))).isEmpty();
    assertThat(Relaid.on(Shape.of(5), new Flat(Shape.of(6)))).isEmpty();
    assertThatThrownBy(() -> new Relaid(new Flat(Shape.of(6)), Shape.of(5)))
        .hasMessageContaining("[5]");
  }
}
