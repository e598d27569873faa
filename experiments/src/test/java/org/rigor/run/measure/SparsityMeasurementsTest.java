// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.GaussianRing;
import org.rigor.exec.Device;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.SparsitySpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Measurements of hidden units, spectra and curvature give what they declare, on known networks.
 */
class SparsityMeasurementsTest {
  private static final DataSet RING =
      new GaussianRing(3, 1.5, 10, 20, 1).load(new DataRoots(List.of()));
  private static final Network NET = Sequential.mlp(Shape.of(2), List.of(8), Activation.RELU, 3);

  private static Map<String, Scalar> measure(
      MeasurementSpec spec,
      Map<String, HostTensor> params,
      Consumer<Context> measurement,
      String... overrides) {
    try (Device cpu = Device.open("cpu");
        Models networks = Models.of(cpu, NET, params)) {
      Gathered g = new Gathered();
      List<Gathered> all = new ArrayList<>(List.of(g));
      measurement.accept(
          TestContexts.of(networks, RING, List.of(TrialKey.of(0, "evaluate")), all, overrides));
      assertThat(g.scalars.keySet())
          .isEqualTo(spec.gives().stream().map(Quantity::name).collect(Collectors.toSet()));
      return g.scalars;
    }
  }

  /** The start of the trial with seed 0, which training would change. */
  private static Map<String, HostTensor> start() {
    return NET.initial(List.of(TrialKey.of(0, "train")));
  }

  @Test
  void silencedUnitsAreNotActive() {
    Map<String, HostTensor> params = start();
    float[] bias = params.get("0.bias").floats();
    for (int i = 0; i < 6; i++) {
      bias[i] = -1000; // six of eight
    }
    bias[6] = 1000;
    bias[7] = 1000;
    SparsitySpecs.Sparsity spec = new SparsitySpecs.Sparsity(0, 1);
    Map<String, Scalar> s = measure(spec, params, c -> new SparsityMeasurement(spec).run(c));
    assertThat(s.get("active").value()).isCloseTo(0.25, within(1e-12));
    assertThat(s.get("active-1").value()).isEqualTo(s.get("active").value());
    assertThat(s.get("sloped").value()).isCloseTo(0.25, within(1e-12));
  }

  @Test
  void theStartHasMovedNothing() {
    SparsitySpecs.Spectrum spec = new SparsitySpecs.Spectrum(0);
    Map<String, Scalar> s = measure(spec, start(), c -> new SpectrumMeasurement(spec).run(c));
    assertThat(s.get("update-size").value()).isZero();
    assertThat(s.get("update-inside").value()).isEqualTo(1);
    assertThat(s.get("spectral-ratio").value()).isGreaterThan(1);
    Map<String, HostTensor> twice = start();
    float[] k = twice.get("0.weight").floats();
    for (int i = 0; i < k.length; i++) {
      k[i] *= 2;
    }
    s = measure(spec, twice, c -> new SpectrumMeasurement(spec).run(c));
    assertThat(s.get("update-size").value()).isCloseTo(1, within(1e-6));
    assertThat(s.get("update-quartiles").value())
        .isCloseTo(s.get("spectral-quartiles").value(), within(1e-5));
  }

  /** A start that the study scales is the start. */
  @Test
  void aScaledStartHasMovedNothing() {
    SparsitySpecs.Spectrum spec = new SparsitySpecs.Spectrum(0);
    Map<String, HostTensor> scaled = start();
    float[] k = scaled.get("0.weight").floats();
    for (int i = 0; i < k.length; i++) {
      k[i] = (float) (1.3 * k[i]);
    }
    Map<String, Scalar> s =
        measure(spec, scaled, c -> new SpectrumMeasurement(spec).run(c), "model.init-scale=1.3");
    assertThat(s.get("update-size").value()).isZero();
  }

  /** Activations of a layer that is dead have no coefficient, and the study goes on. */
  @Test
  void aDeadLayerIsMeasuredToo() {
    Map<String, HostTensor> params = start();
    java.util.Arrays.fill(params.get("0.bias").floats(), -1000);
    SparsitySpecs.Sparsity spec = new SparsitySpecs.Sparsity(0, 1);
    Map<String, Scalar> s = measure(spec, params, c -> new SparsityMeasurement(spec).run(c));
    assertThat(s.get("active").value()).isZero();
    assertThat(s.get("augmented-flatness").value()).isZero();
    assertThat(s.get("coefficient").value()).isZero();
  }

  @Test
  void tracesAgreeUnderOwnLabels() {
    SparsitySpecs.Curvature spec = new SparsitySpecs.Curvature(20, 400, 30, 0.1);
    Map<String, Scalar> s = measure(spec, start(), c -> new CurvatureMeasurement(spec).run(c));
    assertThat(s.get("own-label-trace").value())
        .isCloseTo(s.get("fisher-trace").value(), within(4 * s.get("own-label-error").value()));
    assertThat(s.get("sharpness").value()).isPositive();
    assertThat(s.get("hessian-top").value()).isPositive();
  }

  @Test
  void layersThatTheNetworkLacksAreRefused() {
    try (Device cpu = Device.open("cpu")) {
      assertThatThrownBy(
              () ->
                  SparsityMeasurement.requireHidden(
                      new Measurement.Untrained(cpu, NET, Box.UNIT), 2))
          .hasMessage("layers: it has 1 hidden layers, got 2");
    }
  }
}
