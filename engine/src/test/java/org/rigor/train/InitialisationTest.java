// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class InitialisationTest {
  /**
   * Of all weights but the last; a first layer of 4,000 draws has its deviation to 5 standard
   * errors.
   */
  @Test
  void ibpInitialisationNarrowsAllWeightsButTheLast() {
    Sequential net = Sequential.mlp(Shape.of(4), List.of(1000, 6), Activation.RELU, 3);
    Map<String, HostTensor> usual = first(net, Initialisation.USUAL);
    Map<String, HostTensor> narrow = first(net, Initialisation.IBP);
    for (String name : List.of("0.bias", "2.bias", "4.weight", "4.bias")) {
      assertThat(narrow.get(name).bitEquals(usual.get(name))).as(name).isTrue();
    }
    for (String name : List.of("0.weight", "2.weight")) {
      double[] w = narrow.get(name).doubles();
      double wanted = Math.sqrt(2 * Math.PI) / narrow.get(name).shape().dim(1);
      double found = Math.sqrt(java.util.Arrays.stream(w).map(v -> v * v).average().orElseThrow());
      assertThat(found / wanted).as(name).isCloseTo(1, within(5 / Math.sqrt(2.0 * w.length)));
    }
  }

  private static Map<String, HostTensor> first(Sequential net, Initialisation how) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t =
            new Trainer(
                device,
                new TrainingSetup(
                    net,
                    DType.F64,
                    MethodSamples.N,
                    MethodSamples.BATCH,
                    new Optimiser.Sgd(false),
                    new IbpTraining(how),
                    Box.UNIT),
                List.of(MethodSamples.named("ibp").model(1, 1, 0.1, 0.1)),
                MethodSamples.inputs(),
                MethodSamples.labels())) {
      return t.parameters();
    }
  }
}
