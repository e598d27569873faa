// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
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

class BetaCrownTest {
  private static final int GRID = 61;
  private static final int MODELS = 12;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(2), List.of(7, 6), Activation.RELU, 3);

  private static CertifiedCurve curve(Certificate c, Margins m, double epsilon) {
    HostTensor x = HostTensor.of(Shape.of(1, 2), Arrays.copyOf(m.x, 2));
    HostTensor y = HostTensor.of(Shape.of(1), m.y[0]);
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = Models.of(device, m.network, m.params);
        Certifier certifier = new Certifier(networks, List.of(c), Box.NONE, Norm.LINF)) {
      return certifier.run(x, y, List.of(epsilon));
    }
  }

  /** Networks whose outputs are moved so that the sample has a small margin on a grid. */
  private static Margins networks(long seed, double epsilon, double margin) {
    Margins m = new Margins(NET, MODELS, 1).random(seed, 0.8);
    m.box = Box.NONE;
    for (int k = 1; k < MODELS; k++) {
      System.arraycopy(m.x, 0, m.x, 2 * k, 2);
      m.y[k] = m.y[0];
    }
    Arrays.fill(m.epsilon, epsilon);
    double[] least = least(m, epsilon);
    double[] bias = m.params.get(lastBias(m)).doubles();
    for (int k = 0; k < MODELS; k++) {
      bias[3 * k + m.y[k]] += margin - least[k];
    }
    return m;
  }

  private static String lastBias(Margins m) {
    return m.params.keySet().stream().filter(n -> n.endsWith("bias")).reduce((a, b) -> b).get();
  }

  /** Returns the least margin of each model on a grid of the region. */
  private static double[] least(Margins m, double epsilon) {
    double[] least = new double[MODELS];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    double[] points = new double[2 * MODELS];
    for (int i = 0; i < GRID * GRID; i++) {
      for (int k = 0; k < MODELS; k++) {
        points[2 * k] = m.x[0] + epsilon * (2.0 * (i % GRID) / (GRID - 1) - 1);
        points[2 * k + 1] = m.x[1] + epsilon * (2.0 * (i / GRID) / (GRID - 1) - 1);
      }
      double[] at = m.at(points);
      for (int k = 0; k < MODELS; k++) {
        least[k] = Math.min(least[k], at[k]);
      }
    }
    return least;
  }

  /** A margin that is positive on a fine grid is proved, though CROWN and alpha-CROWN fail. */
  @Test
  void provesWhatIsTrue() {
    double epsilon = 0.6;
    Margins m = networks(3, epsilon, 0.1);
    CertifiedCurve crown = curve(new AlphaCrown(20), m, epsilon);
    CertifiedCurve beta = curve(new BetaCrown(60, 400), m, epsilon);
    int first = 0;
    int all = 0;
    double[] truth = least(m, epsilon);
    for (int k = 0; k < MODELS; k++) {
      first += crown.survived()[k][0];
      all += beta.survived()[k][0];
      assertThat(beta.marginLower(k, 0, 0)).isLessThanOrEqualTo(truth[k] + 1e-12);
      assertThat(beta.marginLower(k, 0, 0)).isGreaterThanOrEqualTo(crown.marginLower(k, 0, 0));
    }
    assertThat(first).isLessThan(MODELS / 2);
    assertThat(all).isEqualTo(MODELS);
  }

  /** A margin that is negative somewhere is proved by no number of cells. */
  @Test
  void provesNothingFalse() {
    double epsilon = 0.6;
    for (double below : new double[] {-0.05, -1e-6}) {
      Margins m = networks(5, epsilon, below);
      CertifiedCurve beta = curve(new BetaCrown(20, 200), m, epsilon);
      for (int k = 0; k < MODELS; k++) {
        assertThat(beta.survived()[k][0]).isZero();
        assertThat(beta.marginLower(k, 0, 0)).isLessThanOrEqualTo(below + 1e-12);
      }
    }
  }

  /** Sigmoids have no signs to split by: the margins are alpha-CROWN's. */
  @Test
  void leavesSmoothNetworksAsTheyAre() {
    Sequential smooth = Sequential.mlp(Shape.of(2), List.of(5, 4), Activation.SIGMOID, 3);
    Margins m = new Margins(smooth, MODELS, 1).random(4, 0.8);
    CertifiedCurve alpha = curve(new AlphaCrown(3), m, 0.3);
    CertifiedCurve beta = curve(new BetaCrown(3, 20), m, 0.3);
    for (int k = 0; k < MODELS; k++) {
      assertThat(beta.marginLower(k, 0, 0)).isEqualTo(Double.valueOf(alpha.marginLower(k, 0, 0)));
    }
  }

  /** Trees end with their nodes, whatever the last of them proved; more nodes never prove less. */
  @Test
  void moreNodesProveNoLess() {
    double epsilon = 0.6;
    Margins m = networks(3, epsilon, 0.1);
    double[] before = new double[MODELS];
    Arrays.fill(before, Double.NEGATIVE_INFINITY);
    for (int nodes : new int[] {1, 2, 3, 6, 20}) {
      CertifiedCurve beta = curve(new BetaCrown(8, nodes), m, epsilon);
      for (int k = 0; k < MODELS; k++) {
        assertThat(beta.marginLower(k, 0, 0)).isGreaterThanOrEqualTo(before[k]);
        before[k] = beta.marginLower(k, 0, 0);
      }
    }
    assertThat(Arrays.stream(before).filter(v -> v > 0).count()).isGreaterThan(MODELS / 2);
  }

  /** A model alone gets the margin that it has among others. */
  @Test
  void treesDoNotDependOnCompany() {
    double epsilon = 0.6;
    Margins m = networks(7, epsilon, 0.02);
    CertifiedCurve all = curve(new BetaCrown(10, 60), m, epsilon);
    Random r = new Random(1);
    int k = r.nextInt(MODELS);
    Margins one = new Margins(NET, 1, 1);
    m.params.forEach(
        (name, t) -> {
          int n = t.doubles().length / MODELS;
          System.arraycopy(t.doubles(), k * n, one.params.get(name).doubles(), 0, n);
        });
    System.arraycopy(m.x, 0, one.x, 0, 2);
    one.y[0] = m.y[0];
    CertifiedCurve alone = curve(new BetaCrown(10, 60), one, epsilon);
    assertThat(alone.marginLower(0, 0, 0)).isEqualTo(Double.valueOf(all.marginLower(k, 0, 0)));
  }

  @Test
  void needsNodes() {
    assertThatThrownBy(() -> new BetaCrown(1, 0))
        .hasMessage("beta-crown: steps and nodes must be >= 1, got 1 and 0");
  }
}
