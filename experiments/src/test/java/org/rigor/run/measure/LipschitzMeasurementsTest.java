// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.GaussianRing;
import org.rigor.data.Split;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.study.LipschitzSpecs;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Measurements about Lipschitz constants on networks whose constant is known. */
class LipschitzMeasurementsTest {
  private static final DataSet RING =
      new GaussianRing(3, 1.5, 10, 20, 1).load(new DataRoots(List.of()));

  /** One model: x diag(3, 1) and a bias. */
  private static Map<String, Scalar> measure(java.util.function.Consumer<Context> m) {
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
    return measure(linear, params, RING, m);
  }

  private static Map<String, Scalar> measure(
      Network network,
      Map<String, HostTensor> params,
      DataSet data,
      java.util.function.Consumer<Context> m) {
    try (Device cpu = Device.open("cpu");
        Models networks = Models.of(cpu, network, params)) {
      Gathered g = new Gathered();
      List<Gathered> all = new ArrayList<>(List.of(g));
      m.accept(TestContexts.of(networks, data, List.of(TrialKey.of(0, "evaluate")), all));
      return g.scalars;
    }
  }

  /**
   * Logits 0 and f(x), whose slope is 5 between -1 and 1 and 1 outside, at samples -10 and 10: f is
   * -14 and 14 there, so both are classified correctly.
   */
  private static Map<String, Scalar> around(double noise, double epsilon) {
    Network steep = Sequential.mlp(Shape.of(1), List.of(3), Activation.RELU, 2);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    steep
        .parameters()
        .forEach(
            p -> {
              Shape s = p.shape();
              boolean first = s.dim(-1) == 3;
              float[] values =
                  p.name().endsWith("bias")
                      ? first ? new float[] {100, 1, -1} : new float[] {0, -104}
                      : first ? new float[] {1, 1, 1} : new float[] {0, 1, 0, 4, 0, -4};
              params.put(p.name(), HostTensor.of(s.insert(0, 1), values));
            });
    float[] x = new float[100];
    int[] y = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = i % 2;
      x[i] = y[i] == 0 ? -10 : 10;
    }
    DataSet data =
        DataSet.of(
            "two points",
            HostTensor.of(Shape.of(x.length, 1), x),
            y,
            2,
            Box.NONE,
            Split.at(80, x.length),
            List.of(),
            "generated");
    return measure(
        steep,
        params,
        data,
        c ->
            new NeighbourhoodMeasurement(
                    new LipschitzSpecs.LipschitzNeighbourhood(
                        0, noise, 400, Optional.empty(), epsilon, 20))
                .run(c));
  }

  /** Only points between the samples are steep, and each lower value says whether it went there. */
  @Test
  void eachLowerValueIsTakenAtItsOwnPoints() {
    Map<String, Scalar> far = around(10, 10.5);
    for (String name : List.of("samples", "average", "rms")) {
      assertThat(far.get("lipschitz-" + name).value()).as(name).isCloseTo(1, within(1e-9));
    }
    assertThat(far.get("lipschitz-pairs").value()).isCloseTo(28.0 / 20, within(1e-9));
    for (String name : List.of("noisy", "mixed", "attacked")) {
      assertThat(far.get("lipschitz-" + name).value()).as(name).isCloseTo(5, within(1e-9));
    }
    Map<String, Scalar> near = around(0.1, 0.5);
    for (String name : List.of("noisy", "attacked")) {
      assertThat(near.get("lipschitz-" + name).value()).as(name).isCloseTo(1, within(1e-9));
    }
  }

  @Test
  void allLowerValuesOfALinearMapAreItsNorm() {
    Map<String, Scalar> s =
        measure(
            c ->
                new NeighbourhoodMeasurement(
                        new LipschitzSpecs.LipschitzNeighbourhood(
                            0, 0.3, 50, Optional.empty(), 0.5, 5))
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
                new SensorMeasurement(
                        new LipschitzSpecs.SensorError(List.of(0.1, 0.5), Optional.empty(), 100, 8))
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

  /** Logits relu(3 x0 + x1 + bias) and 0 at the corner of the unit square, as images are black. */
  private static Map<String, Scalar> atTheCorner(
      float bias, java.util.function.Consumer<Context> m) {
    Network net = Sequential.mlp(Shape.of(2), List.of(1), Activation.RELU, 2);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    net.parameters()
        .forEach(
            p -> {
              Shape s = p.shape().insert(0, 1);
              boolean first = s.dim(-1) == 1;
              float[] values =
                  p.name().endsWith("bias")
                      ? first ? new float[] {bias} : new float[] {0, 0}
                      : first ? new float[] {3, 1} : new float[] {1, 0};
              params.put(p.name(), HostTensor.of(s, values));
            });
    DataSet data =
        DataSet.of(
            "corner",
            HostTensor.of(Shape.of(4, 2), new float[8]),
            new int[] {0, 1, 0, 1},
            2,
            Box.UNIT,
            Split.at(2, 4),
            List.of(),
            "generated");
    return measure(net, params, data, m);
  }

  /**
   * Every sample is at the kink, where the slope computed is 0; the function rises by sqrt(10) from
   * there. What ascent finds must not exceed what the lower side predicts of it.
   */
  @Test
  void samplesAtAKinkAreMeasuredBesideIt() {
    Map<String, Scalar> s =
        atTheCorner(
            0,
            c -> {
              new LipschitzMeasurement(new MeasurementSpec.Lipschitz(Norm.L2, 0)).run(c);
              new SensorMeasurement(
                      new LipschitzSpecs.SensorError(List.of(0.01), Optional.empty(), 50, 0))
                  .run(c);
              new NeighbourhoodMeasurement(
                      new LipschitzSpecs.LipschitzNeighbourhood(
                          0, 0.1, 10, Optional.empty(), 0.5, 5))
                  .run(c);
            });
    double slope = Math.sqrt(10);
    for (String name :
        List.of("lower", "samples", "average", "rms", "noisy", "mixed", "attacked")) {
      assertThat(s.get("lipschitz-" + name).value()).as(name).isCloseTo(slope, within(1e-9));
    }
    assertThat(s.get("ambiguous-jacobians").value()).isEqualTo(2);
    assertThat(s.get("jacobians-left-out").value()).isZero();
    assertThat(s.get("sensor-lower@0.01").value()).isCloseTo(0.01 * slope, within(1e-9));
    assertThat(s.get("sensor-found@0.01").value())
        .isBetween(0.009 * slope, s.get("sensor-lower@0.01").value() * (1 + 1e-9));
  }

  /** A network whose numbers are not finite: undecided, and not 0. */
  @Test
  void withNothingLeftEveryLowerValueIsUndecided() {
    Map<String, Scalar> s =
        atTheCorner(
            Float.NaN,
            c -> {
              new LipschitzMeasurement(new MeasurementSpec.Lipschitz(Norm.L2, 0)).run(c);
              new GridMeasurement(new LipschitzSpecs.JacobianGrid(-1, 1, 3)).run(c);
            });
    for (String name : List.of("lipschitz-lower", "lipschitz-grid")) {
      assertThat(s.get(name).decided()).as(name).isFalse();
      assertThat(s.get(name).method()).contains("at kinks");
    }
    assertThat(s.get("jacobians-left-out").value()).isEqualTo(2);
  }
}
