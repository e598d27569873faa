// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.GaussianRing;
import org.rigor.exec.Device;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.study.LipschitzSpecs;
import org.rigor.run.trial.Kind;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Measurements about Lipschitz constants on networks whose constant is known. */
class LipschitzMeasurementsTest {
  private static final DataSet RING =
      new GaussianRing(3, 1.5, 10, 20, 1).load(new DataRoots(List.of()));

  /** Two models: x W for W = diag(3, 1), then the absolute values of the coordinates times 2. */
  private static Map<String, Scalar> measure(
      java.util.function.Consumer<PackMeasurement.Context> m) {
    Network linear = Sequential.mlp(Shape.of(2), List.of(), Activation.RELU, 2);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    linear
        .parameters()
        .forEach(
            p ->
                params.put(
                    p.name(),
                    p.shape().size() == 4
                        ? HostTensor.of(Shape.of(1, 2, 2), 3f, 0f, 0f, 1f)
                        : HostTensor.of(p.shape().insert(0, 1), 0.5f, -0.5f)));
    try (Device cpu = Device.open("cpu")) {
      PackMeasurement.Gathered g = new PackMeasurement.Gathered();
      List<PackMeasurement.Gathered> all = new ArrayList<>(List.of(g));
      m.accept(
          TestContexts.of(cpu, linear, RING, params, List.of(TrialKey.of(0, "evaluate")), all));
      return g.scalars;
    }
  }

  @Test
  void allLowerValuesOfALinearMapAreItsNorm() {
    Map<String, Scalar> s =
        measure(
            c ->
                new NeighbourhoodMeasurement(
                        new LipschitzSpecs.LipschitzNeighbourhood(0, 0.3, 50, 0.5, 5))
                    .run(c));
    for (String name : List.of("samples", "average", "rms", "noisy", "mixed", "attacked")) {
      assertThat(s.get("lipschitz-" + name).value()).as(name).isCloseTo(3, within(1e-9));
    }
    assertThat(s.get("lipschitz-pairs").value()).isBetween(2.7, 3 + 1e-9);
  }

  @Test
  void theGridSeesTheNormAndTheSensorErrorReachesIt() {
    Map<String, Scalar> grid =
        measure(c -> new GridMeasurement(new LipschitzSpecs.JacobianGrid(-1, 1, 5)).run(c));
    assertThat(grid.get("lipschitz-grid").value()).isCloseTo(3, within(1e-9));
    Map<String, Scalar> sensor =
        measure(
            c ->
                new SensorMeasurement(new LipschitzSpecs.SensorError(List.of(0.1, 0.5), 100, 8))
                    .run(c));
    for (double delta : new double[] {0.1, 0.5}) {
      assertThat(sensor.get("sensor-lower@" + delta).value()).isCloseTo(3 * delta, within(1e-9));
      assertThat(sensor.get("sensor-upper@" + delta).value()).isCloseTo(3 * delta, within(1e-9));
      // the slope at one place is no lower side of a change over a distance
      assertThat(sensor.get("sensor-lower@" + delta).kind()).isEqualTo(Kind.ESTIMATE);
      assertThat(sensor.get("sensor-upper@" + delta).kind()).isEqualTo(Kind.CERTIFIED);
      // ascent in the ball reaches the norm, and never more
      assertThat(sensor.get("sensor-found@" + delta).value())
          .isBetween(3 * delta * (1 - 1e-6), 3 * delta * (1 + 1e-12));
    }
  }
}
