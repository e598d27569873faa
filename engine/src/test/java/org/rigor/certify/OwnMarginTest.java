// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * Margins are those of the method that they are named after, against plain Java and closed forms.
 */
class OwnMarginTest {
  private static final int N = 40;

  private static CertifiedCurve curve(
      Margins m, Box box, Norm norm, double epsilon, Certificate... certificates) {
    Map<String, HostTensor> floats = new LinkedHashMap<>();
    m.params.forEach((name, t) -> floats.put(name, t.toFloat()));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models networks = Models.of(device, m.network, floats);
        Certifier c = new Certifier(networks, List.of(certificates), box, norm)) {
      HostTensor x = HostTensor.of(m.network.input().insert(0, N), m.x).toFloat();
      return c.run(x, HostTensor.of(Shape.of(N), m.y), List.of(epsilon));
    }
  }

  private static List<PlainCrown.Dense> dense(Margins m) {
    List<PlainCrown.Dense> out = new ArrayList<>();
    for (int k = 0; m.params.containsKey(k + ".weight"); k += 2) {
      double[] w = m.params.get(k + ".weight").doubles();
      double[] b = m.params.get(k + ".bias").doubles();
      double[][] rows = new double[w.length / b.length][];
      Arrays.setAll(rows, i -> Arrays.copyOfRange(w, i * b.length, (i + 1) * b.length));
      out.add(new PlainCrown.Dense(rows, b));
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.02, 0.12})
  void crownReportsItsOwnMarginWhereIntervalsInsideVerifyToo(double epsilon) {
    Sequential net = Sequential.mlp(Shape.of(5), List.of(8, 8), Activation.RELU, 3);
    Margins m = new Margins(net, 1, N).random(8, 1);
    int[] label = new int[N];
    for (int k = 0; k < 3; k++) {
      Arrays.fill(m.y, k);
      double[] clean = m.at(m.x);
      for (int n = 0; n < N; n++) {
        label[n] = clean[n] > 0 ? k : label[n];
      }
    }
    System.arraycopy(label, 0, m.y, 0, N);
    CertifiedCurve own = curve(m, Box.UNIT, Norm.LINF, epsilon, new Crown(), new Crown(false));
    int better = 0;
    for (int n = 0; n < N; n++) {
      double[] x = Arrays.copyOfRange(m.x, 5 * n, 5 * n + 5);
      double[] low = Arrays.stream(x).map(v -> Math.max(0, v - epsilon)).toArray();
      double[] high = Arrays.stream(x).map(v -> Math.min(1, v + epsilon)).toArray();
      double crown = new PlainCrown(dense(m), low, high, true).margin(m.y[n]);
      double inside = new PlainCrown(dense(m), low, high, false).margin(m.y[n]);
      boolean asked = crown > 0 || crown >= inside;
      CertifiedCurve.Margins found = own.margins()[0][n][0];
      assertThat(found.method()).isEqualTo(asked ? "crown" : "crown-ibp");
      assertThat(found.least()).isCloseTo(asked ? crown : inside, within(1e-9));
      assertThat(Arrays.stream(found.classes()).filter(v -> !Double.isNaN(v)).min().orElseThrow())
          .isEqualTo(found.least());
      assertThat(found.classes()[m.y[n]]).isNaN();
      better += inside > 0 && crown > inside + 1e-6 ? 1 : 0;
    }
    assertThat(better).as("samples where the two methods differ and both verify").isPositive();
  }

  /**
   * A Euclidean ball in which every hidden unit stays on: the margin is m - epsilon |a| with
   * backward bounds, and a unit moves by epsilon |w_i| with intervals.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.2})
  void theFirstLayerOfAEuclideanBallHasItsDualNorm(double epsilon) {
    int d = 30;
    int h = 6;
    Sequential net = Sequential.mlp(Shape.of(d), List.of(h), Activation.RELU, 2);
    Margins m = new Margins(net, 1, N).random(5, 1);
    double[] w = m.params.get("0.weight").doubles();
    double[] v = m.params.get("2.weight").doubles();
    double[] c = m.params.get("2.bias").doubles();
    double[] b = m.params.get("0.bias").doubles();
    for (int i = 0; i < h; i++) {
      b[i] = 2.1;
      for (int f = 0; f < d; f++) {
        b[i] -= 0.5 * w[f * h + i];
      }
    }
    Arrays.setAll(m.x, i -> (float) (0.5 + 0.1 * (m.x[i] - 0.5)));
    Arrays.setAll(b, i -> (float) b[i]);
    double[] ibp = new double[N];
    double[] exact = new double[N];
    for (int n = 0; n < N; n++) {
      int sign = m.y[n] == 0 ? 1 : -1;
      double margin = sign * (c[0] - c[1]);
      double off = 0;
      double[] a = new double[d];
      for (int i = 0; i < h; i++) {
        double s = sign * (v[2 * i] - v[2 * i + 1]);
        double z = b[i];
        double length = 0;
        for (int f = 0; f < d; f++) {
          z += m.x[n * d + f] * w[f * h + i];
          a[f] += s * w[f * h + i];
          length += w[f * h + i] * w[f * h + i];
        }
        assertThat(z - epsilon * Math.sqrt(length)).as("unit stays on").isPositive();
        margin += s * z;
        off += Math.abs(s) * epsilon * Math.sqrt(length);
      }
      ibp[n] = margin - off;
      exact[n] = margin - epsilon * Math.sqrt(Arrays.stream(a).map(t -> t * t).sum());
    }
    for (Certificate method : List.of(new Ibp(), new Crown(false), new Crown())) {
      CertifiedCurve found = curve(m, Box.NONE, Norm.L2, epsilon, method);
      double[] right = method instanceof Ibp ? ibp : exact;
      for (int n = 0; n < N; n++) {
        assertThat(found.marginLower(0, n, 0))
            .as("%s, sample %d", method.name(), n)
            .isCloseTo(right[n], within(1e-9))
            .isLessThanOrEqualTo(right[n] + 1e-13);
      }
    }
  }

  /** Where the box around the ball is tighter than the dual norm, as with one input, it stays. */
  @Test
  void theBoxStaysWhereItIsTighter() {
    Sequential net =
        new Sequential(Shape.of(1), List.of(new Dense(1), Activation.RELU, new Dense(2)));
    Margins m = new Margins(net, 1, N);
    m.params.get("0.weight").doubles()[0] = 1;
    m.params.get("2.weight").doubles()[0] = 1;
    Arrays.fill(m.x, 0.9);
    CertifiedCurve found = curve(m, Box.UNIT, Norm.L2, 0.5, new Ibp());
    assertThat(found.marginLower(0, 0, 0)).isCloseTo(0.4, within(1e-6));
    Arrays.fill(m.y, 1);
    found = curve(m, Box.UNIT, Norm.L2, 0.5, new Ibp());
    assertThat(found.marginLower(0, 0, 0)).isCloseTo(-1, within(1e-12));
  }
}
