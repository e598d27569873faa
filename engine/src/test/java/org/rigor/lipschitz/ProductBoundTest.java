// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

class ProductBoundTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");
  private static final Offset<Double> CLOSE = within(1e-12);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static double product(Traced net, Norm norm) {
    return HostNetworks.product(DEVICE, net, net.values(), norm)[0];
  }

  private static double l2(Traced net) {
    return product(net, Norm.L2);
  }

  private static double sampled(Traced net, double[][] x) {
    HostTensor samples = HostTensor.of(Shape.of(x.length, x[0].length), Traced.flat(x));
    return HostNetworks.jacobians(DEVICE, net, net.values(), samples, Norm.L2)
        .certified(0)
        .orElseThrow();
  }

  private static double[][] grid(int d, double... values) {
    int n = (int) Math.pow(values.length, d);
    double[][] out = new double[n][d];
    for (int i = 0; i < n; i++) {
      for (int a = 0, rest = i; a < d; a++, rest /= values.length) {
        out[i][a] = values[rest % values.length];
      }
    }
    return out;
  }

  private static double[][] diag(double a, double b) {
    return new double[][] {{a, 0}, {0, b}};
  }

  // The rows of research's table of ground-truth networks: exact value, product.

  @Test
  void orthogonalChainIsTight() {
    double c = Math.cos(0.7);
    double s = Math.sin(0.7);
    double[][] turn = {{c, -s}, {s, c}};
    Traced net =
        new Traced(2, 2, (p, x) -> F.matmul(F.matmul(x, p.get("a")), p.get("b")))
            .with("a", Shape.of(2, 2), Traced.flat(turn))
            .with("b", Shape.of(2, 2), Traced.flat(turn));
    assertThat(l2(net)).isCloseTo(1, CLOSE).isGreaterThanOrEqualTo(sampled(net, grid(2, 1)));
    assertThat(sampled(net, grid(2, 1))).isCloseTo(1, CLOSE);
  }

  @Test
  void diagonalChain() {
    List<double[][]> w = List.of(diag(3, 0.1), diag(0.1, 3));
    assertThat(Patterns.all(w)).isCloseTo(0.3, CLOSE);
    assertThat(sampled(Traced.relu(w), grid(2, 1, -1))).isCloseTo(0.3, CLOSE);
    assertThat(l2(Traced.relu(w))).isCloseTo(9, CLOSE).isGreaterThanOrEqualTo(9);
  }

  @Test
  void absoluteValue() {
    List<double[][]> w = List.of(new double[][] {{1}, {-1}}, new double[][] {{1, 1}});
    assertThat(sampled(Traced.relu(w), grid(1, -2, 3))).isCloseTo(1, CLOSE);
    assertThat(l2(Traced.relu(w))).isCloseTo(2, CLOSE);
  }

  @Test
  void aBiasChangesTheTruthButNoBound() {
    List<double[][]> w = List.of(new double[][] {{1}, {1}}, new double[][] {{1, -1}});
    Traced step = Traced.relu(w, List.of(new double[] {0, -1}, new double[] {0}));
    assertThat(sampled(step, grid(1, -1, 0.5, 2))).isCloseTo(1, CLOSE);
    assertThat(sampled(Traced.relu(w), grid(1, -1, 0.5, 2))).isZero();
    assertThat(l2(step)).isCloseTo(2, CLOSE);
    assertThat(l2(Traced.relu(w))).isCloseTo(2, CLOSE);
  }

  @Test
  void unreachablePatternsLieBetween() {
    List<double[][]> w =
        List.of(new double[][] {{1, 0}, {0, 1}, {-1, 0}}, new double[][] {{1, 1, -1}});
    double[][] x = grid(2, -1.5, -0.5, 0.5, 1.5);
    assertThat(sampled(Traced.relu(w), x)).isCloseTo(Math.sqrt(2), CLOSE);
    assertThat(Patterns.all(w)).isCloseTo(Math.sqrt(5), CLOSE);
    assertThat(l2(Traced.relu(w))).isCloseTo(Math.sqrt(6), CLOSE);
  }

  @Test
  void fourHiddenUnits() {
    List<double[][]> w =
        List.of(
            new double[][] {{1, 2, 0}, {0, 1, -1}, {2, 0, 1}, {-1, 1, 1}},
            new double[][] {{1, -1, 2, 0}, {0, 1, 1, -2}});
    Random r = new Random(4);
    double[][] x = JacobianNormsTest.gaussian(r, 200, 3);
    assertThat(sampled(Traced.relu(w), x)).isCloseTo(6.539481864814168, CLOSE);
    assertThat(Patterns.all(w)).isCloseTo(6.539481864814168, CLOSE);
    assertThat(l2(Traced.relu(w))).isCloseTo(7.063917712354246, CLOSE);
    assertThat(product(Traced.relu(w), Norm.LINF)).isCloseTo(12, CLOSE);
    double best = 0;
    for (long s = 0; s < 16; s++) {
      best = Math.max(best, Patterns.rowSum(Patterns.product(w, s)));
    }
    assertThat(best).isEqualTo(9);
  }

  @Test
  void residualAddsOne() {
    Traced net =
        new Traced(2, 2, (p, x) -> F.add(x, F.matmul(x, p.get("w"))))
            .with("w", Shape.of(2, 2), -0.5, 0, 0, -0.5);
    assertThat(sampled(net, grid(2, 1))).isCloseTo(0.5, CLOSE);
    assertThat(l2(net)).isCloseTo(1.5, CLOSE);
  }

  @Test
  void sumAndConcatenation() {
    Map<Boolean, Double> exact = Map.of(true, 4.0, false, Math.sqrt(10));
    Map<Boolean, Double> upper = Map.of(true, 5.0, false, Math.sqrt(13));
    for (boolean sum : new boolean[] {true, false}) {
      Traced net =
          new Traced(
                  2,
                  sum ? 2 : 4,
                  (p, x) -> {
                    Value a = F.matmul(x, p.get("a"));
                    Value b = F.matmul(x, p.get("b"));
                    return sum ? F.add(a, b) : F.concat(2, a, b);
                  })
              .with("a", Shape.of(2, 2), Traced.flat(diag(1, 2)))
              .with("b", Shape.of(2, 2), Traced.flat(diag(3, 1)));
      assertThat(sampled(net, grid(2, 1))).isCloseTo(exact.get(sum), CLOSE);
      assertThat(l2(net)).isCloseTo(upper.get(sum), CLOSE);
      assertThat(product(net, Norm.LINF)).isCloseTo(sum ? 5 : 3, CLOSE);
    }
  }

  // Single rules.

  private static double rule(int outputs, Traced.Body body, Norm norm) {
    return product(new Traced(4, outputs, body), norm);
  }

  private static void check(int outputs, double two, double max, Traced.Body body) {
    assertThat(rule(outputs, body, Norm.L2)).isCloseTo(two, CLOSE);
    assertThat(rule(outputs, body, Norm.LINF)).isCloseTo(max, CLOSE);
  }

  @Test
  void slopesOfElementwiseFunctions() {
    check(4, 1, 1, (p, x) -> F.relu(x));
    check(4, 1, 1, (p, x) -> F.leakyRelu(x, 0.1));
    check(4, 3, 3, (p, x) -> F.leakyRelu(x, -3));
    check(4, 1, 1, (p, x) -> F.tanh(x));
    check(4, 0.25, 0.25, (p, x) -> F.sigmoid(x));
    check(4, 1, 1, (p, x) -> F.softplus(x));
    check(4, 1, 1, (p, x) -> F.abs(F.neg(x)));
    check(4, 2 / Math.sqrt(Math.PI), 2 / Math.sqrt(Math.PI), (p, x) -> F.erf(x));
    check(4, 2.5, 2.5, (p, x) -> F.mul(x, -2.5));
    check(4, 0.5, 0.5, (p, x) -> F.div(x, F.constant(x, 2)));
    check(
        4,
        Double.POSITIVE_INFINITY,
        Double.POSITIVE_INFINITY,
        (p, x) -> F.div(x, F.constant(x, 0)));
  }

  @Test
  void layoutSumsAndRepetition() {
    check(
        4,
        1,
        1,
        (p, x) ->
            F.reshape(
                F.transpose(F.reshape(x, Shape.of(1, 1, 2, 2)), List.of(0, 1, 3, 2)),
                Shape.of(1, 1, 4)));
    check(2, 1, 1, (p, x) -> F.slice(x, 2, 1, 3));
    check(1, 2, 4, (p, x) -> F.sum(x, 2));
    check(1, 0.5, 1, (p, x) -> F.mean(x, 2));
    check(1, 1, 1, (p, x) -> F.max(x, 2));
    check(4, 2 * 2, 4, (p, x) -> F.broadcast(F.sum(x, 2), x.shape()));
    check(4, 1 + 2 * 2, 1 + 4, (p, x) -> F.add(x, F.sum(x, 2)));
    check(4, Math.sqrt(2), 1, (p, x) -> F.maximum(x, F.neg(x)));
    check(4, 1, 1, (p, x) -> F.minimum(x, F.constant(x, 3)));
  }

  @Test
  void diagonalScalingTakesTheLargestEntryAndDivisionTheSmallest() {
    Traced net =
        new Traced(3, 3, (p, x) -> F.div(F.mul(x, p.get("c")), p.get("d")))
            .with("c", Shape.of(1, 3), 1, -7, 2)
            .with("d", Shape.of(1, 3), 0.5, -0.25, 4);
    assertThat(l2(net)).isCloseTo(28, CLOSE);
  }

  /** Scaled and transposed weights are computed on the device, within sides. */
  @Test
  void weightsDerivedFromParameters() {
    Traced net =
        new Traced(
                2,
                2,
                (p, x) -> F.matmul(x, F.mul(F.transpose(p.get("w"), List.of(0, 2, 1)), p.get("a"))))
            .with("w", Shape.of(2, 2), 1, 2, 3, 4)
            .with("a", Shape.of(1, 1), 0.1);
    double exact = 0.1 * Patterns.norm(new double[][] {{1, 2}, {3, 4}});
    assertThat(l2(net)).isCloseTo(exact, CLOSE).isGreaterThanOrEqualTo(exact);
    assertThat(product(net, Norm.LINF)).isCloseTo(0.7, CLOSE);
  }

  @Test
  void rowSumsGoWithTheSideOfTheInput() {
    double[] w = {1, 2, 0, 5}; // x W has columns 1 and 7, x W' rows 3 and 5
    Traced plain = new Traced(2, 2, (p, x) -> F.matmul(x, p.get("w")));
    Traced transposed = new Traced(2, 2, (p, x) -> F.matmul(x, p.get("w"), false, true));
    assertThat(product(plain.with("w", Shape.of(2, 2), w), Norm.LINF)).isCloseTo(7, CLOSE);
    assertThat(product(transposed.with("w", Shape.of(2, 2), w), Norm.LINF)).isCloseTo(5, CLOSE);
  }

  /** Worst case 1 / sqrt(e), reached where all elements of the sample are equal. */
  @Test
  void layerNormIsTightAtEqualElements() {
    Sequential net = new Sequential(Shape.of(3), List.of(new LayerNorm(0.04)));
    Map<String, HostTensor> params = new LinkedHashMap<>();
    params.put("0.scale", HostTensor.of(Shape.of(1, 1, 3), new double[] {1, -2, 0.5}));
    params.put("0.shift", HostTensor.of(Shape.of(1, 1, 3), new double[] {1, 2, 3}));
    double[] two = HostNetworks.product(DEVICE, net, params, Norm.L2);
    double[] max = HostNetworks.product(DEVICE, net, params, Norm.LINF);
    assertThat(two[0]).isCloseTo(2 / 0.2, CLOSE);
    assertThat(max[0]).isCloseTo((2 - 2.0 / 3) * (1 + Math.sqrt(3)) * 2 / 0.2, within(1e-9));
    HostTensor x = HostTensor.of(Shape.of(2, 3), new double[] {1, 1, 1, 0.3, 0.1, 0.2});
    JacobianNorms j = HostNetworks.jacobians(DEVICE, net, params, x, Norm.L2);
    assertThat(j.certified(0).orElseThrow()).isBetween(0.8 * 2 / 0.2, two[0]);
    assertThat(HostNetworks.jacobians(DEVICE, net, params, x, Norm.LINF).certified(0).orElseThrow())
        .isLessThanOrEqualTo(max[0]);
  }

  @Test
  void anUnknownOperationIsAnErrorThatNamesItAndItsLine() {
    assertThatThrownBy(() -> rule(4, (p, x) -> F.exp(x), Norm.L2))
        .isInstanceOf(MissingRuleException.class)
        .hasMessageContaining("no slope rule for Exp")
        .hasMessageContaining("ProductBoundTest.java:");
    assertThatThrownBy(() -> rule(4, (p, x) -> F.mul(x, x), Norm.L2))
        .hasMessageContaining("Mul")
        .hasMessageContaining("several operands");
    assertThatThrownBy(() -> rule(4, (p, x) -> F.div(F.constant(x, 1), x), Norm.L2))
        .hasMessageContaining("Div");
    assertThatThrownBy(() -> rule(4, (p, x) -> F.sum(x, 1), Norm.L2))
        .hasMessageContaining("mixes models or samples");
    Traced nan =
        new Traced(1, 1, (p, x) -> F.mul(x, p.get("w"))).with("w", Shape.of(1, 1), Double.NaN);
    assertThatThrownBy(() -> l2(nan)).hasMessageContaining("not finite");
  }

  // Properties on random networks.

  private static List<double[][]> random(Random r) {
    return List.of(
        JacobianNormsTest.gaussian(r, 4, 3),
        JacobianNormsTest.gaussian(r, 4, 4),
        JacobianNormsTest.gaussian(r, 2, 4));
  }

  private static List<double[][]> map(List<double[][]> w, int layer, double factor) {
    List<double[][]> out = new ArrayList<>(w);
    double[][] m = new double[w.get(layer).length][];
    for (int i = 0; i < m.length; i++) {
      m[i] = w.get(layer)[i].clone();
      for (int c = 0; c < m[i].length; c++) {
        m[i][c] *= factor;
      }
    }
    out.set(layer, m);
    return out;
  }

  @Test
  void lowerExactAndProductAreInOrder() {
    Random r = new Random(7);
    for (int trial = 0; trial < 20; trial++) {
      List<double[][]> w = random(r);
      List<double[]> b = w.stream().map(m -> r.doubles(m.length, -1, 1).toArray()).toList();
      Traced net = Traced.relu(w, b);
      double lower = sampled(net, JacobianNormsTest.gaussian(r, 64, 3));
      double exact = Patterns.all(w);
      assertThat(lower).isLessThanOrEqualTo(exact * (1 + 1e-14)).isPositive();
      assertThat(l2(net)).isGreaterThanOrEqualTo(exact);
      double apart = w.stream().mapToDouble(Patterns::norm).reduce(1, (p, q) -> p * q);
      assertThat(l2(net)).isBetween(apart * (1 - 1e-13), apart * (1 + 1e-11));
    }
  }

  @Test
  void scalingALayerScalesBothSidesAndRescalingChangesNothing() {
    Random r = new Random(8);
    List<double[][]> w = random(r);
    double[][] x = JacobianNormsTest.gaussian(r, 32, 3);
    double lower = sampled(Traced.relu(w), x);
    double upper = l2(Traced.relu(w));
    List<double[][]> scaled = map(w, 1, 3);
    assertThat(sampled(Traced.relu(scaled), x)).isCloseTo(3 * lower, within(1e-10 * lower));
    assertThat(l2(Traced.relu(scaled))).isCloseTo(3 * upper, within(1e-10 * upper));
    List<double[][]> moved = map(map(w, 0, 8), 1, 0.125);
    assertThat(sampled(Traced.relu(moved), x)).isCloseTo(lower, within(1e-10 * lower));
    assertThat(l2(Traced.relu(moved))).isCloseTo(upper, within(1e-10 * upper));
  }

  @Test
  void permutedAndDeadNeuronsChangeNoTruth() {
    Random r = new Random(9);
    double[][] w1 = JacobianNormsTest.gaussian(r, 4, 3);
    double[][] w2 = JacobianNormsTest.gaussian(r, 2, 4);
    double[][] x = JacobianNormsTest.gaussian(r, 32, 3);
    List<double[][]> w = List.of(w1, w2);
    int[] order = {2, 0, 3, 1};
    double[][] p1 = new double[5][];
    double[][] p2 = new double[2][5];
    for (int i = 0; i < 4; i++) {
      p1[i] = w1[order[i]];
      p2[0][i] = w2[0][order[i]];
      p2[1][i] = w2[1][order[i]];
    }
    p1[4] = new double[] {0.5, -0.5, 0.5};
    p2[0][4] = 0.75;
    List<double[]> b = List.of(new double[] {0, 0, 0, 0, -100}, new double[2]);
    Traced permuted = Traced.relu(List.of(p1, p2), b);
    double lower = sampled(Traced.relu(w), x);
    assertThat(sampled(permuted, x)).isCloseTo(lower, within(1e-11 * lower));
    assertThat(l2(permuted)).isGreaterThan(l2(Traced.relu(w)));
  }

  @Test
  void everyModelHasItsOwnBoundAndSharedParametersServeAll() {
    Sequential net =
        new Sequential(
            Shape.of(4),
            List.of(
                new Dense(6),
                Activation.TANH,
                new Residual(List.of(new Dense(6), Activation.SOFTPLUS)),
                new LayerNorm(0.1),
                new Dense(3)));
    List<TrialKey> keys = List.of(TrialKey.of(1, "t"), TrialKey.of(2, "t"));
    Map<String, HostTensor> params = net.initial(keys);
    for (Norm norm : Norm.values()) {
      double[] both = HostNetworks.product(DEVICE, net, params, norm);
      for (int m = 0; m < 2; m++) {
        Map<String, HostTensor> own = net.initial(keys.subList(m, m + 1));
        assertThat(HostNetworks.product(DEVICE, net, own, norm)).containsExactly(both[m]);
      }
      assertThat(both[0]).isNotEqualTo(both[1]);
      HostTensor x = HostTensor.of(Shape.of(40, 4), new Random(2).doubles(160, -1, 1).toArray());
      JacobianNorms j = HostNetworks.jacobians(DEVICE, net, params, x, norm);
      assertThat(j.certified(0).orElseThrow()).isPositive().isLessThanOrEqualTo(both[0]);
      assertThat(j.certified(1).orElseThrow()).isPositive().isLessThanOrEqualTo(both[1]);
    }
  }
}
