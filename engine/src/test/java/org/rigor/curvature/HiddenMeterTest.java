// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.curvature.HiddenStatistics.Quantity;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.Loss;
import org.rigor.nn.MlpBlock;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

class HiddenMeterTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");
  private static final int TOKENS = 3;
  private static final int UNITS = 6;
  private static final int SAMPLES = 5;
  private static final Sequential NET =
      new Sequential(
          Shape.of(TOKENS, 4),
          List.of(
              new MlpBlock(
                  UNITS,
                  Activation.RELU,
                  new LayerNorm(1e-12, LayerNorm.Affine.NONE),
                  MlpBlock.Zeroth.INPUT,
                  0),
              new Flatten(),
              new Dense(2)));

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static Map<String, HostTensor> params() {
    return NET.initial(List.of(TrialKey.of(1, "t"), TrialKey.of(2, "t")));
  }

  private static HostTensor x() {
    double[] x = new Random(3).doubles(SAMPLES * TOKENS * 4, -1, 1).toArray();
    return HostTensor.of(Shape.of(SAMPLES, TOKENS, 4), x);
  }

  private static HostTensor targets() {
    double[] t = new double[2 * SAMPLES];
    for (int n = 0; n < SAMPLES; n++) {
      t[2 * n + n % 2] = 1;
    }
    return HostTensor.of(Shape.of(SAMPLES, 2), t);
  }

  /** With tokens: the ratio of augmented flatness, and the zeroth bias whose gradient is K eta. */
  @Test
  void tokensCountOneByOne() {
    try (HiddenMeter meter = new HiddenMeter(DEVICE, NET, Loss::crossEntropy, 2, SAMPLES);
        SampleGradients gradients =
            new SampleGradients(DEVICE, NET, Loss::crossEntropy, 2, SAMPLES);
        Models networks = Models.of(DEVICE, NET, params())) {
      assertThat(meter.keys()).containsExactly("0.1.weight");
      HiddenStatistics h = meter.measure(networks, x(), targets()).get(0);
      assertThat(h.tokens()).isEqualTo(TOKENS);
      assertThat(h.units()).isEqualTo(UNITS);
      double[][] zeroth = gradients.measure(networks, x(), targets()).squares().get("0.zeroth");
      for (int m = 0; m < 2; m++) {
        double active = h.of(Quantity.ACTIVE, m);
        double count = active * SAMPLES * TOKENS * UNITS;
        assertThat(count).isCloseTo(Math.rint(count), within(1e-9));
        assertThat(active).isStrictlyBetween(0.0, 1.0).isEqualTo(h.of(Quantity.SLOPED, m));
        assertThat(h.of(Quantity.SLOPE_SQUARE, m)).isCloseTo(active, within(1e-12));
        assertThat(h.of(Quantity.TINY_GRADIENT, m)).isCloseTo(1 - active, within(1e-12));
        assertThat(h.of(Quantity.INPUT_SQUARE, m)).isCloseTo(4, within(1e-6));
        double flatness = h.of(Quantity.AUGMENTED_FLATNESS, m);
        double ratio = TOKENS * UNITS * active * h.of(Quantity.COEFFICIENT, m);
        assertThat(ratio).isCloseTo(flatness, within(1e-12 * flatness));
        assertThat(flatness)
            .isCloseTo(4 * h.of(Quantity.GRADIENT_SQUARE, m), within(1e-6 * flatness));
        double mean = Arrays.stream(zeroth[m]).average().orElseThrow();
        assertThat(h.of(Quantity.INPUT_GRADIENT_SQUARE, m)).isCloseTo(mean, within(1e-12));
      }
    }
  }

  @Test
  void aNetworkWithoutHiddenUnitsIsRefused() {
    Sequential plain = new Sequential(Shape.of(4), List.of(new Dense(2)));
    assertThatThrownBy(() -> new HiddenMeter(DEVICE, plain, Loss::crossEntropy, 1, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no dense layer, activation and dense layer");
  }
}
