// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Scale;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** Every certificate where features have factors of the radius, some of them 0. */
class ScaledCertificateTest {
  private static final double[] FACTORS = {1, 0, 0.3, 2.5};
  private static final int SAMPLES = 8;

  static Stream<String> certificates() {
    return Certificates.names().stream();
  }

  private static Threat threat(Box box) {
    return new Threat(
        Norm.LINF, box, Optional.of(new Scale(HostTensor.of(Shape.of(FACTORS.length), FACTORS))));
  }

  private static float[] samples() {
    float[] x = new float[SAMPLES * FACTORS.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.5 + 0.5 * Math.sin(3 * i + 1));
    }
    return x;
  }

  private static CertifiedCurve certify(
      String name,
      Sequential net,
      Map<String, HostTensor> params,
      Threat threat,
      int[] labels,
      List<Double> radii) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, params);
        Certifier c = new Certifier(models, Certificates.ownFirst(name), threat)) {
      HostTensor x = HostTensor.of(Shape.of(SAMPLES, FACTORS.length), samples());
      return c.run(x, HostTensor.of(Shape.of(SAMPLES), labels), radii);
    }
  }

  /** A linear network is certified up to (z_y - z_j) / sum_i factor_i |w_yi - w_ji|. */
  @ParameterizedTest
  @MethodSource("certificates")
  void linearNetworksAreCertifiedToTheClosedForm(String name) {
    Sequential net = Sequential.mlp(Shape.of(4), List.of(), Activation.RELU, 2);
    Map<String, HostTensor> params = new HashMap<>(net.initial(List.of(TrialKey.of(1, "t"))));
    double[] w = params.get("0.weight").toDouble().doubles();
    double[] bias = params.get("0.bias").toDouble().doubles();
    double slope = 0;
    for (int i = 0; i < 4; i++) {
      slope += FACTORS[i] * Math.abs(w[2 * i] - w[2 * i + 1]);
    }
    float[] x = samples();
    for (int n = 0; n < SAMPLES; n++) {
      double margin = bias[0] - bias[1];
      for (int i = 0; i < 4; i++) {
        margin += x[4 * n + i] * (w[2 * i] - w[2 * i + 1]);
      }
      int[] labels = new int[SAMPLES];
      labels[n] = margin > 0 ? 0 : 1;
      double radius = Math.abs(margin) / slope;
      List<Double> radii = List.of(radius * (1 - 1e-9), radius * (1 + 1e-9));
      CertifiedCurve found = certify(name, net, params, threat(Box.NONE), labels, radii);
      assertThat(found.survived()[0][n]).isEqualTo(1);
    }
  }

  /** No point of the box, corners among them, has a smaller margin than a certificate says. */
  @ParameterizedTest
  @MethodSource("certificates")
  void noPointFallsBelowALowerSide(String name) {
    Sequential net = Sequential.mlp(Shape.of(4), List.of(7, 5), Activation.RELU, 3);
    Map<String, HostTensor> params = net.initial(List.of(TrialKey.of(2, "t")));
    int[] labels = new int[SAMPLES];
    double radius = 0.2;
    CertifiedCurve found = certify(name, net, params, threat(Box.UNIT), labels, List.of(radius));
    double[] w0 = params.get("0.weight").toDouble().doubles();
    double[] w1 = params.get("2.weight").toDouble().doubles();
    double[] w2 = params.get("4.weight").toDouble().doubles();
    float[] x = samples();
    Random r = new Random(5);
    double tightest = Double.POSITIVE_INFINITY;
    for (int n = 0; n < SAMPLES; n++) {
      double lower = found.marginLower(0, n, 0);
      assertThat(lower).isFinite();
      double least = Double.POSITIVE_INFINITY;
      for (int t = 0; t < 3000; t++) {
        double[] p = new double[4];
        for (int i = 0; i < 4; i++) {
          double u = t % 2 == 0 ? Math.signum(r.nextDouble() - 0.5) : 2 * r.nextDouble() - 1;
          p[i] = Math.max(0, Math.min(1, x[4 * n + i] + radius * FACTORS[i] * u));
        }
        double[] z = dense(relu(dense(relu(dense(p, w0)), w1)), w2); // biases start at 0
        least = Math.min(least, z[0] - Math.max(z[1], z[2]));
      }
      assertThat(lower).isLessThanOrEqualTo(least + 1e-9);
      tightest = Math.min(tightest, least - lower);
    }
    assertThat(tightest).as("what is left between bound and points").isLessThan(1);
  }

  private static double[] dense(double[] x, double[] w) {
    int outputs = w.length / x.length;
    double[] z = new double[outputs];
    for (int i = 0; i < x.length; i++) {
      for (int k = 0; k < outputs; k++) {
        z[k] += x[i] * w[i * outputs + k];
      }
    }
    return z;
  }

  private static double[] relu(double[] z) {
    for (int i = 0; i < z.length; i++) {
      z[i] = Math.max(0, z[i]);
    }
    return z;
  }

  @Test
  void refusesAnotherNumberOfFactors() {
    Sequential net = Sequential.mlp(Shape.of(3), List.of(), Activation.RELU, 2);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.zeros(device, net)) {
      assertThatThrownBy(
              () -> new Certifier(models, Certificates.ownFirst("crown"), threat(Box.UNIT)))
          .hasMessageContaining("scale: must have a factor a feature");
    }
  }
}
