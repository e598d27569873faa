// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

class CertifierTest {
  private static final int N = 21;
  private static final int MODELS = 3;
  private static final List<Double> EPSILONS = List.of(0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2);
  private static final Sequential NET =
      Sequential.mlp(Shape.of(2, 2, 1), List.of(6, 5), Activation.RELU, 3);

  private static CertifiedCurve run(
      Map<String, HostTensor> params, float[] x, int[] y, List<Certificate> certificates) {
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = Models.of(device, NET, params);
        Certifier c = new Certifier(networks, certificates, Box.UNIT, Norm.LINF)) {
      return c.run(
          HostTensor.of(Shape.of(y.length, 2, 2, 1), x),
          HostTensor.of(Shape.of(y.length), y),
          EPSILONS);
    }
  }

  private static Map<String, HostTensor> floats(Margins m) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    m.params.forEach((name, t) -> out.put(name, t.toFloat()));
    return out;
  }

  /** The program of the last certificate is kept, for whatever comes next. */
  @Test
  void runsOneAfterAnother() {
    Margins m = new Margins(NET, 1, 4).random(2, 0.8);
    HostTensor x = HostTensor.of(Shape.of(4, 2, 2, 1), m.x).toFloat();
    HostTensor y = HostTensor.of(Shape.of(4), m.y);
    HostTensor last = HostTensor.of(Shape.of(1, 2, 2, 1), Arrays.copyOfRange(x.floats(), 12, 16));
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = Models.of(device, NET, floats(m));
        Certifier c =
            new Certifier(networks, List.of(new Ibp(), new Crown()), Box.UNIT, Norm.LINF)) {
      CertifiedCurve first = c.run(x, y, EPSILONS);
      CertifiedCurve one = c.run(last, HostTensor.of(Shape.of(1), m.y[3]), EPSILONS);
      CertifiedCurve again = c.run(x, y, EPSILONS);
      for (int i = 0; i < EPSILONS.size() * 4; i++) {
        assertThat(again.marginLower(0, i % 4, i / 4))
            .isEqualTo(Double.valueOf(first.marginLower(0, i % 4, i / 4)));
      }
      assertThat(one.survived()[0][0]).isEqualTo(first.survived()[0][3]);
    }
  }

  /** The curve says the same as bounding each sample at each radius on its own. */
  @Test
  void agreesWithEachRadiusAlone() {
    Margins m = new Margins(NET, MODELS, N).random(2, 0.8);
    float[] x = new float[N * 4];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) m.x[i];
    }
    for (int model = 1; model < MODELS; model++) {
      System.arraycopy(m.x, 0, m.x, model * N * 4, N * 4);
      System.arraycopy(m.y, 0, m.y, model * N, N);
    }
    int[] y = Arrays.copyOf(m.y, N);
    CertifiedCurve one = run(floats(m), x, y, List.of(new Crown()));
    CertifiedCurve both = run(floats(m), x, y, List.of(new Crown(false), new Crown()));
    double[][] margins = new double[EPSILONS.size()][];
    for (int e = 0; e < EPSILONS.size(); e++) {
      Arrays.fill(m.epsilon, EPSILONS.get(e));
      margins[e] = m.lower(new Crown()).get(0);
    }
    int total = 0;
    for (int model = 0; model < MODELS; model++) {
      for (int n = 0; n < N; n++) {
        int survived = one.survived()[model][n];
        assertThat(both.survived()[model][n]).isGreaterThanOrEqualTo(survived);
        total += survived;
        for (int e = 0; e < EPSILONS.size(); e++) {
          double alone = margins[e][model * N + n];
          double found = one.marginLower(model, n, e);
          assertThat(Double.isNaN(found) || found == alone).isTrue();
          if (e == survived - 1) {
            assertThat(alone).isPositive();
          } else if (e == survived) {
            assertThat(alone).isLessThanOrEqualTo(0);
          }
        }
      }
    }
    assertThat(total).isBetween(MODELS * N / 2, MODELS * N * EPSILONS.size() - 1);
  }

  @Test
  void verifiesNothingWithNanParameters() {
    Margins m = new Margins(NET, MODELS, N).random(2, 0.8);
    Map<String, HostTensor> params = floats(m);
    Arrays.fill(params.get("3.weight").floats(), Float.NaN);
    CertifiedCurve c = run(params, new float[4], new int[] {1}, List.of(new Ibp(), new Crown()));
    assertThat(c.survived()).isDeepEqualTo(new int[MODELS][1]);
  }

  @Test
  void refusesWhatItCannotCertify() {
    Map<String, HostTensor> params = floats(new Margins(NET, 1, 1));
    List<Certificate> crown = List.of(new Crown());
    assertThatThrownBy(() -> run(params, new float[] {0, 0, 0, 1.5f}, new int[] {0}, crown))
        .hasMessageContaining("box");
    assertThatThrownBy(() -> run(params, new float[4], new int[] {3}, crown))
        .hasMessageContaining("labels must lie in [0, 3)");
    assertThatThrownBy(() -> run(params, new float[4], new int[] {0}, List.of()))
        .hasMessageContaining("certificate");
  }
}
