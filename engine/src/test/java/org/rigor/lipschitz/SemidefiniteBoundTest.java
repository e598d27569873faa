// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.linalg.Definite;
import org.rigor.lipschitz.SemidefiniteBound.Bound;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

class SemidefiniteBoundTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");
  private static final Range RELU = new Range(0, 1);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static Bound bound(Traced net) {
    try (Models m = Models.of(DEVICE, net, net.values())) {
      return SemidefiniteBound.of(m).orElseThrow().get(0);
    }
  }

  private static double relu(double[][]... w) {
    return bound(Traced.relu(List.of(w))).upper();
  }

  private static double[][] random(Random r, int rows, int cols) {
    double[][] w = new double[rows][cols];
    for (double[] row : w) {
      Arrays.setAll(row, i -> r.nextGaussian());
    }
    return w;
  }

  private static List<double[][]> network(Random r, int... widths) {
    List<double[][]> w = new ArrayList<>();
    for (int i = 1; i < widths.length; i++) {
      w.add(random(r, widths[i], widths[i - 1]));
    }
    return w;
  }

  /** Values of LipSDP-Neuron by an interior point solver, and closed forms. */
  @Test
  void knownNetworks() {
    Percentage close = Percentage.withPercentage(0.06);
    assertThat(relu(new double[][] {{3, 0}, {0, 0.1}}, new double[][] {{0.1, 0}, {0, 3}}))
        .isCloseTo(0.3, close)
        .isGreaterThanOrEqualTo(0.3);
    assertThat(relu(new double[][] {{1}, {-1}}, new double[][] {{1, 1}}))
        .isCloseTo(1, close)
        .isGreaterThanOrEqualTo(1);
    assertThat(relu(new double[][] {{1, 0}, {0, 1}, {-1, 0}}, new double[][] {{1, 1, -1}}))
        .isCloseTo(Math.sqrt(5), close)
        .isGreaterThanOrEqualTo(Math.sqrt(5));
    double[][] first = {{1, 2, 0}, {0, 1, -1}, {2, 0, 1}, {-1, 1, 1}};
    assertThat(relu(first, new double[][] {{1, -1, 2, 0}, {0, 1, 1, -2}}))
        .isCloseTo(6.539481864814168, close)
        .isGreaterThanOrEqualTo(6.539481864814168);
  }

  @ParameterizedTest
  @CsvSource({"1, 3, 5, 4, 2", "2, 2, 8, 6, 3", "3, 6, 4, 4, 1", "4, 1, 7, 7, 2", "5, 9, 5, 5, 5"})
  void liesBetweenPatternsAndProduct(long seed, int in, int first, int second, int out) {
    for (int t = 0; t < 20; t++) {
      List<double[][]> w = network(new Random(31 * seed + t), in, first, second, out);
      Traced net = Traced.relu(w);
      Bound b = bound(net);
      assertThat(b.upper()).isGreaterThanOrEqualTo(Patterns.all(w));
      assertThat(b.upper())
          .isLessThanOrEqualTo(1.001 * HostNetworks.product(DEVICE, net, net.values(), Norm.L2)[0]);
      assertThat(b.least()).isBetween(0.998 * b.upper(), b.upper());
    }
  }

  /** A layer's scale, its units' scales and order, and rotations leave the bound as it is. */
  @Test
  void isInvariantAsTheConstantIs() {
    Random r = new Random(7);
    List<double[][]> w = network(r, 4, 6, 5, 3);
    double own = bound(Traced.relu(w)).upper();
    Percentage close = Percentage.withPercentage(0.2);
    double[][] twice = Arrays.stream(w.get(1)).map(double[]::clone).toArray(double[][]::new);
    for (double[] row : twice) {
      for (int i = 0; i < row.length; i++) {
        row[i] *= -3e20;
      }
    }
    assertThat(relu(w.get(0), twice, w.get(2))).isCloseTo(3e20 * own, close).isNotZero();
    double[][] in = Arrays.stream(w.get(0)).map(double[]::clone).toArray(double[][]::new);
    double[][] out = Arrays.stream(w.get(1)).map(double[]::clone).toArray(double[][]::new);
    for (int k = 0; k < in.length; k++) {
      double by = Math.pow(10, 12 - 6 * k);
      for (int j = 0; j < in[k].length; j++) {
        in[k][j] *= by;
      }
      for (double[] row : out) {
        row[k] /= by;
      }
    }
    assertThat(relu(in, out, w.get(2))).isCloseTo(own, close);
    double[][] turned = random(r, 1, 1);
    double c = Math.cos(turned[0][0]);
    double s = Math.sin(turned[0][0]);
    double[][] rotated = Arrays.stream(w.get(0)).map(double[]::clone).toArray(double[][]::new);
    for (int k = 0; k < rotated.length; k++) {
      rotated[k][0] = c * w.get(0)[k][0] - s * w.get(0)[k][1];
      rotated[k][1] = s * w.get(0)[k][0] + c * w.get(0)[k][1];
    }
    assertThat(relu(rotated, w.get(1), w.get(2))).isCloseTo(own, close);
  }

  @Test
  void unitsThatHardlyMatterChangeNothing() {
    List<double[][]> w = network(new Random(8), 3, 4, 4, 2);
    double own = bound(Traced.relu(w)).upper();
    for (double tiny : new double[] {0, 1e-300, 1e-30, 1e-12}) {
      double[][] first = Arrays.copyOf(w.get(0), 5);
      first[4] = new double[] {tiny, -tiny, tiny};
      double[][] second = new double[4][];
      for (int k = 0; k < 4; k++) {
        second[k] = Arrays.copyOf(w.get(1)[k], 5);
        second[k][4] = 1;
      }
      assertThat(relu(first, second, w.get(2))).isCloseTo(own, Percentage.withPercentage(0.2));
    }
  }

  /** Against the largest norm over all patterns of slopes at the ends of their range. */
  @Test
  void leakyUnitsOfEitherSign() {
    for (double leak : new double[] {0.1, -0.5, 1.5}) {
      for (int t = 0; t < 10; t++) {
        List<double[][]> w = network(new Random(50 + t), 3, 4, 3, 2);
        Traced net = elementwise(w, h -> F.leakyRelu(h, leak));
        double most = 0;
        for (int s = 0; s < 1 << 7; s++) {
          double[][] j = w.get(0);
          int bit = 0;
          for (int i = 1; i < w.size(); i++) {
            double[][] scaled = Arrays.stream(j).map(double[]::clone).toArray(double[][]::new);
            for (double[] row : scaled) {
              double by = (s >> bit++ & 1) != 0 ? 1 : leak;
              Arrays.setAll(row, k -> row[k] * by);
            }
            j = times(w.get(i), scaled);
          }
          most = Math.max(most, Patterns.norm(j));
        }
        double upper = bound(net).upper();
        assertThat(upper).isGreaterThanOrEqualTo(most);
        assertThat(upper)
            .isLessThanOrEqualTo(
                1.001 * HostNetworks.product(DEVICE, net, net.values(), Norm.L2)[0]);
      }
    }
  }

  private static double[][] times(double[][] a, double[][] b) {
    double[][] out = new double[a.length][b[0].length];
    for (int r = 0; r < a.length; r++) {
      for (int k = 0; k < b.length; k++) {
        for (int c = 0; c < b[0].length; c++) {
          out[r][c] += a[r][k] * b[k][c];
        }
      }
    }
    return out;
  }

  private static Traced elementwise(List<double[][]> w, UnaryOperator<Value> f) {
    Traced net =
        new Traced(
            w.get(0)[0].length,
            w.get(w.size() - 1).length,
            (p, x) -> {
              Value h = x;
              for (int i = 0; i < w.size(); i++) {
                h = F.matmul(h, p.get("w" + i), false, true);
                h = i < w.size() - 1 ? f.apply(h) : h;
              }
              return h;
            });
    for (int i = 0; i < w.size(); i++) {
      net.with("w" + i, Shape.of(w.get(i).length, w.get(i)[0].length), Traced.flat(w.get(i)));
    }
    return net;
  }

  @Test
  void smoothUnitsCountBySlopes() {
    List<double[][]> w = network(new Random(9), 4, 5, 2);
    double own = bound(Traced.relu(w)).upper();
    Percentage close = Percentage.withPercentage(0.2);
    assertThat(bound(elementwise(w, F::tanh)).upper()).isCloseTo(own, close);
    assertThat(bound(elementwise(w, F::sigmoid)).upper()).isCloseTo(own / 4, close);
    assertThat(bound(elementwise(w, h -> F.mul(F.relu(F.mul(h, -2)), 3))).upper())
        .isCloseTo(6 * own, close);
  }

  @Test
  void modelsTogetherAreEachAlone() {
    List<Traced> alone = new ArrayList<>();
    Map<String, HostTensor> together = new LinkedHashMap<>();
    for (int m = 0; m < 3; m++) {
      alone.add(Traced.relu(network(new Random(60 + m), 4, 6, 5, 3)));
    }
    for (String name : alone.get(0).values().keySet()) {
      Shape one = alone.get(0).values().get(name).shape();
      double[] all =
          alone.stream()
              .flatMapToDouble(n -> Arrays.stream(n.values().get(name).doubles()))
              .toArray();
      together.put(name, HostTensor.of(one.with(0, 3), all));
    }
    try (Models m = Models.of(DEVICE, alone.get(0), together)) {
      List<Bound> bounds = SemidefiniteBound.of(m).orElseThrow();
      for (int i = 0; i < 3; i++) {
        assertThat(bounds.get(i)).isEqualTo(bound(alone.get(i)));
      }
    }
  }

  @Test
  void isNoneWhereTheNetworkIsNoChain() {
    Traced residual =
        new Traced(2, 2, (p, x) -> F.add(x, F.relu(F.matmul(x, p.get("w")))))
            .with("w", Shape.of(2, 2), 1, 2, 3, 4);
    Traced linear =
        new Traced(2, 2, (p, x) -> F.matmul(x, p.get("w"))).with("w", Shape.of(2, 2), 1, 2, 3, 4);
    for (Traced net : List.of(residual, linear)) {
      try (Models m = Models.of(DEVICE, net, net.values())) {
        assertThat(SemidefiniteBound.of(m)).isEmpty();
      }
    }
  }

  @Test
  void refusesWeightsThatAreNoNumbers() {
    Traced net = Traced.relu(List.of(new double[][] {{Double.NaN}}, new double[][] {{1}}));
    assertThatThrownBy(() -> bound(net)).isInstanceOf(IllegalArgumentException.class);
  }

  /** What the search hands over is only believed where it is proved. */
  @Test
  void multipliersThatDoNotHoldAreRefused() {
    double[][] w = {{1, 0, 0, 1}, {1, -1}};
    SlopeChain abs =
        new SlopeChain(
            new int[] {2, 2, 1}, w, new double[][] {{0, 0, 0, 0}, {0, 0}}, new Range[] {RELU});
    assertThat(SemidefiniteBound.holds(abs, 2.01, new double[] {2, 2})).isTrue();
    assertThat(SemidefiniteBound.holds(abs, 1.99, new double[] {2, 2})).isFalse();
    assertThat(SemidefiniteBound.holds(abs, 9, new double[] {2, -2})).isFalse();
    assertThat(SemidefiniteBound.holds(abs, 9, new double[] {2, Double.NaN})).isFalse();
    SlopeChain vague =
        new SlopeChain(
            new int[] {2, 2, 1}, w, new double[][] {{1, 1, 1, 1}, {1, 1}}, new Range[] {RELU});
    assertThat(SemidefiniteBound.holds(vague, 2.01, new double[] {2, 2})).isFalse();
  }

  @Test
  void definiteMatricesNeedRoomForTheirRounding() {
    double[] a = {1, 0.5, 0.5, 1};
    assertThat(Definite.proved(a, 2, 0)).isTrue();
    assertThat(Definite.proved(a, 2, 0.49)).isTrue();
    assertThat(Definite.proved(a, 2, 0.51)).isFalse();
    assertThat(Definite.proved(new double[] {1, 1, 1, 1}, 2, 0)).isFalse();
    assertThat(Definite.proved(new double[] {1, Double.NaN, Double.NaN, 1}, 2, 0)).isFalse();
    assertThat(Definite.proved(new double[] {1, 2, 2, 1}, 2, 0)).isFalse();
    assertThat(Definite.factors(a, 2)).isTrue();
    assertThat(Definite.factors(new double[] {1, 2, 2, 1}, 2)).isFalse();
  }

  @Test
  void claimsNothingOfZeros() {
    Traced zeros = Traced.relu(List.of(new double[][] {{0}}, new double[][] {{1}}));
    assertThat(bound(zeros).upper()).isInfinite();
  }
}
