// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

class AlphaCrownTest {
  private static final Sequential NET =
      Sequential.mlp(Shape.of(4), List.of(8, 7, 6), Activation.RELU, 3);

  private static CertifiedCurve curve(
      Certificate c, Network net, Map<String, HostTensor> p, HostTensor x, HostTensor y, Case of) {
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = Models.of(device, net, p);
        Certifier certifier = new Certifier(networks, List.of(c), of.box, of.norm)) {
      return certifier.run(x, y, of.radii);
    }
  }

  private record Case(Box box, Norm norm, List<Double> radii) {}

  private static Case linf(Double... radii) {
    return new Case(Box.UNIT, Norm.LINF, List.of(radii));
  }

  private static Map<String, HostTensor> floats(Margins m) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    m.params.forEach((name, t) -> out.put(name, t.toFloat()));
    return out;
  }

  /**
   * z_0 - z_1 = relu(x) - s x has its minimum 0 at x = 0. A lower line of slope a gives -|a - s|
   * over [-1, 1]: CROWN's slopes 0 and 1 lose at least min(s, 1 - s), a = s nothing.
   */
  @Test
  void findsTheSlopeThatLosesNothing() {
    double s = 0.375;
    Sequential net = Sequential.mlp(Shape.of(1), List.of(2), Activation.RELU, 2);
    Map<String, HostTensor> p = new LinkedHashMap<>();
    net.parameters().forEach(q -> p.put(q.name(), HostTensor.zeros(q.type(1, DType.F64))));
    List<String> names = List.copyOf(p.keySet());
    assertThat(names).hasSize(4);
    // relu(x) and relu(x + 4) = x + 4
    set(p, "weight", 0, 1, 1);
    set(p, "bias", 0, 0, 4);
    set(p, "weight", 1, 1, 0, -s, 0);
    set(p, "bias", 1, 4 * s, 0);
    HostTensor x = HostTensor.of(Shape.of(1, 1), 0.0);
    HostTensor y = HostTensor.of(Shape.of(1), 0);
    Case one = new Case(new Box(-2, 2), Norm.LINF, List.of(1.0));
    double crown = curve(new Crown(), net, p, x, y, one).marginLower(0, 0, 0);
    double alpha = curve(new AlphaCrown(60), net, p, x, y, one).marginLower(0, 0, 0);
    assertThat(crown).isCloseTo(-s, within(1e-9));
    assertThat(alpha).isBetween(-0.02, 0.0);
  }

  /** Fills the {@code n}th parameter whose name ends so; weights lie [in, out]. */
  private static void set(Map<String, HostTensor> p, String end, int n, double... values) {
    HostTensor t = p.values().toArray(HostTensor[]::new)[0];
    int seen = 0;
    for (Map.Entry<String, HostTensor> e : p.entrySet()) {
      if (e.getKey().endsWith(end) && seen++ == n) {
        t = e.getValue();
      }
    }
    assertThat(t.doubles()).hasSize(values.length);
    System.arraycopy(values, 0, t.doubles(), 0, values.length);
  }

  /**
   * Neither is looser than what comes before it, and no point of the region has a smaller margin:
   * convolutions, padding, groups, batch norm, residual blocks and pooling. {@code
   * -Drigor.hunt.ascents=1000} hunts over that many architectures.
   */
  @Test
  void liesBetweenCrownAndTheTruth() {
    int seeds = Integer.getInteger("rigor.hunt.ascents", 6);
    int tighter = 0;
    int decided = 0;
    for (int seed = 1; seed <= seeds; seed++) {
      Random r = new Random(seed);
      int models = 4;
      Margins m = new Margins(RandomNetworks.next(r), models, 1);
      RandomNetworks.fill(m, r);
      m.norm = seed % 3 == 0 ? Norm.L2 : Norm.LINF;
      for (int k = 1; k < models; k++) {
        System.arraycopy(m.x, 0, m.x, k * m.features(), m.features());
      }
      Arrays.fill(m.y, m.y[0]);
      double epsilon = 0.1 + 0.4 * r.nextDouble();
      Arrays.fill(m.epsilon, epsilon);
      narrow(m, Hunter.leastMargins(m, r));
      // twice the same sample: one alone is rounded as a batch of one by CROWN, never by an ascent
      double[] twice = Arrays.copyOf(m.x, 2 * m.features());
      System.arraycopy(m.x, 0, twice, m.features(), m.features());
      HostTensor x = HostTensor.of(m.network.input().insert(0, 2), twice);
      HostTensor y = HostTensor.of(Shape.of(2), m.y[0], m.y[0]);
      Case of = new Case(Box.UNIT, m.norm, List.of(epsilon));
      CertifiedCurve crown = curve(new Crown(), m.network, m.params, x, y, of);
      CertifiedCurve alpha = curve(new AlphaCrown(4), m.network, m.params, x, y, of);
      CertifiedCurve beta = curve(new BetaCrown(4, 40), m.network, m.params, x, y, of);
      double[] least = Hunter.leastMargins(m, r);
      for (int k = 0; k < models; k++) {
        String what = "seed %d, model %d: %s".formatted(seed, k, m.network);
        double before = crown.marginLower(k, 0, 0);
        double ascent = alpha.marginLower(k, 0, 0);
        double cells = beta.marginLower(k, 0, 0);
        assertThat(ascent).as(what).isGreaterThanOrEqualTo(before);
        assertThat(cells).as(what).isGreaterThanOrEqualTo(ascent);
        assertThat(cells).as(what).isLessThanOrEqualTo(least[k] + 1e-12 * (1 + Math.abs(least[k])));
        tighter += cells > before + 1e-6 ? 1 : 0;
        decided += beta.survived()[k][0] - crown.survived()[k][0];
      }
    }
    assertThat(tighter).isGreaterThan(seeds);
    assertThat(decided).isGreaterThan(seeds / 8);
    System.out.printf(
        "%d architectures: %d margins tighter, %d more proved%n", seeds, tighter, decided);
  }

  /** Moves the label's bias so that margins of 0.05 are left: too little for CROWN. */
  private static void narrow(Margins m, double[] least) {
    String last =
        m.params.keySet().stream().filter(n -> n.endsWith("bias")).reduce((a, b) -> b).get();
    double[] bias = m.params.get(last).doubles();
    int classes = m.network.outputs();
    assertThat(bias).hasSize(m.models * classes);
    for (int k = 0; k < m.models; k++) {
      bias[k * classes + m.y[k]] += 0.05 - least[k];
    }
  }

  /** A sample's margins depend on no other sample and no other model. */
  @Test
  void companyDoesNotMatter() {
    int n = 9;
    Margins m = new Margins(NET, 3, n).random(2, 0.6);
    HostTensor x = HostTensor.of(Shape.of(n, 4), Arrays.copyOf(m.x, 4 * n)).toFloat();
    HostTensor y = HostTensor.of(Shape.of(n), Arrays.copyOf(m.y, n));
    Case of = linf(0.01, 0.03, 0.1);
    CertifiedCurve all = curve(new AlphaCrown(5), NET, floats(m), x, y, of);
    for (int s : new int[] {0, 5}) {
      HostTensor alone =
          HostTensor.of(Shape.of(1, 4), Arrays.copyOfRange(x.floats(), 4 * s, 4 * s + 4));
      HostTensor label = HostTensor.of(Shape.of(1), m.y[s]);
      CertifiedCurve one = curve(new AlphaCrown(5), NET, floats(m), alone, label, of);
      for (int k = 0; k < 3; k++) {
        assertThat(one.survived()[k][0]).isEqualTo(all.survived()[k][s]);
        for (int e = 0; e < 3; e++) {
          assertThat(one.marginLower(k, 0, e)).isEqualTo(Double.valueOf(all.marginLower(k, s, e)));
        }
      }
    }
  }

  /** Bisection and climbing from what a cheaper certificate verified find the same radii. */
  @Test
  void goesOnFromCheaperCertificates() {
    int n = 12;
    Margins m = new Margins(NET, 2, n).random(4, 0.5);
    HostTensor x = HostTensor.of(Shape.of(n, 4), Arrays.copyOf(m.x, 4 * n)).toFloat();
    HostTensor y = HostTensor.of(Shape.of(n), Arrays.copyOf(m.y, n));
    List<Double> radii = List.of(0.0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16);
    Case of = new Case(Box.UNIT, Norm.LINF, radii);
    CertifiedCurve own = curve(new AlphaCrown(5), NET, floats(m), x, y, of);
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = Models.of(device, NET, floats(m));
        Certifier c =
            new Certifier(networks, List.of(new Crown(), new AlphaCrown(5)), Box.UNIT, Norm.LINF)) {
      CertifiedCurve both = c.run(x, y, radii);
      assertThat(both.survived()).isDeepEqualTo(own.survived());
    }
  }

  @Test
  void needsSteps() {
    assertThatThrownBy(() -> new AlphaCrown(0))
        .hasMessage("alpha-crown: steps must be >= 1, got 0");
  }
}
