// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.linalg.GramNorm;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * A linear map behind layers that cancel in pairs: each turns by an orthogonal matrix whose rows
 * sum to 4 in magnitude, so an enclosure is four times as wide behind each; the norm stays.
 */
class DeepJacobianTest {
  private static final int WIDTH = 16;
  private static final int CLASSES = 3;
  private static final int SAMPLES = 300;

  private static double weight(int i) {
    return Math.sin(3 * i + 1);
  }

  private static JacobianNorms measure(int turns, List<Integer> parts) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < turns; i++) {
      layers.add(new Dense(WIDTH));
    }
    layers.add(new Dense(CLASSES));
    layers.add(Activation.LEAKY_RELU);
    Sequential net = new Sequential(Shape.of(WIDTH), layers);
    Map<String, HostTensor> params = new HashMap<>();
    net.initial(List.of(TrialKey.of(1, "deep")))
        .forEach(
            (name, v) -> {
              double[] own = new double[Math.toIntExact(v.shape().size())];
              for (int i = 0; i < own.length && !name.endsWith("bias"); i++) {
                int signs = Integer.bitCount(i / WIDTH & i % WIDTH);
                boolean turn = own.length == WIDTH * WIDTH;
                own[i] = turn ? (signs % 2 == 0 ? 0.25 : -0.25) : weight(i);
              }
              if (name.endsWith("bias") && own.length == CLASSES) {
                Arrays.fill(own, 1000); // far from the kink
              }
              params.put(name, HostTensor.of(v.shape(), own));
            });
    double[] x = new double[SAMPLES * WIDTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.sin(5 * i + 2);
    }
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, params);
        JacobianMeter meter =
            new JacobianMeter(
                models, HostTensor.of(Shape.of(SAMPLES, WIDTH), x), Norm.L2, Nearby.in(Box.NONE))) {
      HostTensor all = HostTensor.of(Shape.of(SAMPLES, WIDTH), x);
      return parts == null
          ? meter.measure(all)
          : meter.measure(
              all,
              (soFar, n) -> {
                parts.add(n);
                for (int i = n; i < SAMPLES; i++) {
                  assertThat(soFar.lower()[0][i]).isNaN();
                }
              });
    }
  }

  @Test
  void networksThatAreTooDeepToEncloseHaveAnEstimate() {
    double[] w = new double[WIDTH * CLASSES];
    for (int i = 0; i < w.length; i++) {
      w[i] = weight(i);
    }
    double norm = GramNorm.upper(w, WIDTH, CLASSES);
    for (int turns : new int[] {0, 60}) {
      JacobianNorms j = measure(turns, null);
      assertThat(j.tooDeep()).isEqualTo(turns > 0);
      int at = j.estimate(0).orElseThrow().sample();
      assertThat(j.norms()[0][at]).isCloseTo(norm, within(1e-9));
      if (turns == 0) {
        assertThat(j.certified(0).orElseThrow()).isBetween(norm * (1 - 1e-9), norm);
      } else {
        assertThat(j.moved(0)).isEmpty(); // no point nearby is better enclosed
      }
    }
  }

  @Test
  void partsFindWhatTheWholeFinds() {
    List<Integer> parts = new ArrayList<>();
    JacobianNorms byPart = measure(2, parts);
    JacobianNorms whole = measure(2, null);
    assertThat(parts).isSorted().hasSizeGreaterThan(1).endsWith(SAMPLES);
    assertThat(byPart.lower()).isDeepEqualTo(whole.lower());
    assertThat(byPart.norms()).isDeepEqualTo(whole.norms());
  }
}
