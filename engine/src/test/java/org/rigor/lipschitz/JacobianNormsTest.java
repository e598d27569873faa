// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.linalg.GramNorm;
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
import org.rigor.workspace.Models;

class JacobianNormsTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  static double[][] gaussian(Random r, int rows, int cols) {
    double[][] m = new double[rows][cols];
    for (double[] row : m) {
      for (int c = 0; c < cols; c++) {
        row[c] = (float) r.nextGaussian();
      }
    }
    return m;
  }

  private static JacobianNorms measure(Traced net, Norm norm, double[]... x) {
    HostTensor samples = HostTensor.of(Shape.of(x.length, x[0].length), Traced.flat(x));
    return HostNetworks.jacobians(DEVICE, net, net.values(), samples, norm);
  }

  /** The rounding of tanh in double was measured, that of a ReLU is proved. */
  @Test
  void theNormsSayTheirKind() {
    HostTensor x = HostTensor.of(Shape.of(1, 2), 0.3, -0.2);
    for (Activation a : List.of(Activation.RELU, Activation.TANH)) {
      Sequential net = Sequential.mlp(Shape.of(2), List.of(3), a, 2);
      Map<String, HostTensor> values = net.initial(List.of(TrialKey.of(0, "kind")));
      assertThat(HostNetworks.jacobians(DEVICE, net, values, x, Norm.L2).kind())
          .isEqualTo(a == Activation.RELU ? Kind.CERTIFIED : Kind.BOUND);
    }
  }

  @Test
  void equalsTheMultipliedOutMatricesAndStaysBelowInBothNorms() {
    Random r = new Random(1);
    for (int trial = 0; trial < 6; trial++) {
      int d = trial % 2 == 0 ? 1 + r.nextInt(5) : 7 + r.nextInt(20); // wider than what reads it
      int k = 1 + r.nextInt(4);
      List<double[][]> w = List.of(gaussian(r, 6, d), gaussian(r, 7, 6), gaussian(r, k, 7));
      List<double[]> b = w.stream().map(m -> r.doubles(m.length, -0.5, 0.5).toArray()).toList();
      double[][] x = gaussian(r, 20, d);
      JacobianNorms l2 = measure(Traced.relu(w, b), Norm.L2, x);
      JacobianNorms linf = measure(Traced.relu(w, b), Norm.LINF, x);
      assertThat(l2.kinks(0)).isEmpty();
      for (int n = 0; n < x.length; n++) {
        double[][] j = Patterns.jacobian(w, b, x[n]);
        double two = Patterns.norm(j);
        double inf = Patterns.rowSum(j);
        assertThat(l2.norms()[0][n]).isCloseTo(two, within(1e-12 * (1 + two)));
        assertThat(linf.norms()[0][n]).isCloseTo(inf, within(1e-12 * (1 + inf)));
        assertThat(l2.lower()[0][n]).isBetween(two * (1 - 1e-9), two * (1 + 1e-15));
        assertThat(linf.lower()[0][n]).isBetween(inf * (1 - 1e-9), inf * (1 + 1e-15));
      }
    }
  }

  /**
   * Products of integer matrices are exact, so the norm is that of a known matrix; large entries
   * that cancel make rounding errors show. Wide inputs, whose product with W is not multiplied out.
   */
  @Test
  void theLowerSideOfAWideInputIsNeverAboveTheExactNorm() {
    Random r = new Random(8);
    for (int trial = 0; trial < 60; trial++) {
      int d = 4 + r.nextInt(12);
      int h = 2 + r.nextInt(2);
      int k = 1 + r.nextInt(3);
      double[] a = new double[d * h];
      double[] b = new double[h * k];
      boolean cancels = trial % 2 == 0;
      for (int i = 0; i < a.length; i++) {
        double large = (double) (r.nextLong() >> 23);
        a[i] = cancels && i % h > 0 ? a[i - 1] + r.nextInt(9) : large;
      }
      for (int i = 0; i < b.length; i++) {
        b[i] = cancels && i >= (h - 1) * k ? 0 : r.nextInt(9) - 4;
      }
      for (int i = 0; cancels && i < k; i++) {
        for (int l = 0; l < h - 1; l++) {
          b[(h - 1) * k + i] -= b[l * k + i]; // columns sum to zero
        }
      }
      double[] exact = new double[d * k];
      for (int i = 0; i < d * k; i++) {
        for (int l = 0; l < h; l++) {
          exact[i] += a[i / k * h + l] * b[l * k + i % k];
        }
      }
      Traced net =
          new Traced(d, k, (p, x) -> F.matmul(F.matmul(x, p.get("a")), p.get("b")))
              .with("a", Shape.of(d, h), a)
              .with("b", Shape.of(h, k), b);
      JacobianNorms j = measure(net, Norm.L2, r.doubles(d).toArray());
      GramNorm.Enclosure e = GramNorm.enclose(exact, d, k);
      assertThat(j.lower()[0][0]).isLessThanOrEqualTo(e.upper());
      if (!cancels) {
        assertThat(j.lower()[0][0]).isGreaterThanOrEqualTo(e.upper() * (1 - 1e-9));
      }
    }
  }

  /** As above, but what cancels lies behind the product that is not multiplied out. */
  @Test
  void theLowerSideOfAWideInputPaysForRoundingBehindIt() {
    Random r = new Random(9);
    for (int trial = 0; trial < 40; trial++) {
      int d = 8;
      double[] a = new double[d * 2];
      double[] b = new double[2 * 3];
      double[] c = {r.nextInt(9), r.nextInt(9), r.nextInt(9), r.nextInt(9), 0, 0};
      for (int k = 0; k < 2; k++) {
        c[4 + k] = -c[k] - c[2 + k]; // columns sum to zero
      }
      for (int i = 0; i < b.length; i++) {
        b[i] = i % 3 > 0 ? b[i - 1] + r.nextInt(9) : r.nextLong() >> 15;
      }
      double[] exact = new double[d * 2];
      for (int i = 0; i < a.length; i++) {
        a[i] = r.nextInt(9);
      }
      for (int i = 0; i < exact.length; i++) {
        for (int l = 0; l < 2; l++) {
          double sum = 0; // multiples of few powers of two, so exact
          for (int k = 0; k < 3; k++) {
            sum += (b[l * 3 + k] - b[l * 3]) * c[k * 2 + i % 2];
          }
          exact[i] += a[i / 2 * 2 + l] * sum;
        }
      }
      Traced net =
          new Traced(
                  d,
                  2,
                  (p, x) -> F.matmul(F.matmul(F.matmul(x, p.get("a")), p.get("b")), p.get("c")))
              .with("a", Shape.of(d, 2), a)
              .with("b", Shape.of(2, 3), b)
              .with("c", Shape.of(3, 2), c);
      JacobianNorms j = measure(net, Norm.L2, r.doubles(d).toArray());
      assertThat(j.lower()[0][0]).isLessThanOrEqualTo(GramNorm.enclose(exact, d, 2).upper());
    }
  }

  /** f(x) = 2x - 2 relu(x) + 2 relu(-x) is 0 everywhere, but its computed derivative at 0 is 2. */
  @Test
  void theComputedDerivativeAtAKinkIsNoLowerSide() {
    Traced zero =
        new Traced(
            1,
            1,
            (p, x) -> F.add(F.sub(F.mul(x, 2), F.mul(F.relu(x), 2)), F.mul(F.relu(F.neg(x)), 2)));
    for (Norm norm : Norm.values()) {
      JacobianNorms j =
          measure(zero, norm, new double[] {0}, new double[] {0.25}, new double[] {-3});
      assertThat(j.norms()[0]).containsExactly(2, 0, 0);
      assertThat(j.kinks(0)).containsExactly(0);
      assertThat(j.placed()[0]).containsOnly(0);
      assertThat(j.certified(0).orElseThrow()).isZero();
    }
  }

  /** 0.1 + 0.2 - 0.3 is about 3e-17 for the stored numbers, less than the rounding of the sum. */
  @Test
  void aPreactivationWithinRoundingOfZeroIsAmbiguous() {
    double[] w = {1, 1, -1};
    Traced net =
        new Traced(3, 1, (p, x) -> F.relu(F.matmul(x, p.get("w")))).with("w", Shape.of(3, 1), w);
    JacobianNorms j =
        measure(net, Norm.L2, new double[] {0.1, 0.2, 0.3}, new double[] {0.1, 0.2, 0.29});
    assertThat(j.kinks(0)).containsExactly(0);
    assertThat(j.certified(0).orElseThrow()).isCloseTo(Math.sqrt(3), within(1e-12));
    assertThat(j.witness(0).orElseThrow().point()).hasSize(3);
  }

  @Test
  void tiesOfMaximumAndKinksOfAbsAreAmbiguous() {
    Traced max =
        new Traced(2, 1, (p, x) -> F.maximum(F.slice(x, 2, 0, 1), F.abs(F.slice(x, 2, 1, 2))));
    JacobianNorms j =
        measure(
            max,
            Norm.L2,
            new double[] {1, 1},
            new double[] {2, 1},
            new double[] {2, 0},
            new double[] {-1, -3});
    assertThat(j.kinks(0)).containsExactly(0, 2);
    assertThat(j.lower()[0][1]).isCloseTo(1, within(1e-12));
    assertThat(j.lower()[0][3]).isCloseTo(1, within(1e-12));
  }

  /** The largest of three: clear where one element is above the others, no matter if those tie. */
  @Test
  void tiesForALargestElementAreAmbiguous() {
    Traced max = new Traced(3, 1, (p, x) -> F.max(x, 2));
    JacobianNorms j =
        measure(
            max, Norm.L2, new double[] {3, 1, 2}, new double[] {3, 3, 1}, new double[] {1, 1, 4});
    assertThat(j.kinks(0)).containsExactly(1);
    assertThat(j.lower()[0][0]).isCloseTo(1, within(1e-12));
    assertThat(j.lower()[0][2]).isCloseTo(1, within(1e-12));
  }

  /** Rows of a pack do not touch each other, nor does the size of the batch matter. */
  @Test
  void modelsAndBatchesAreIndependent() {
    Sequential net = Sequential.mlp(Shape.of(6), List.of(8, 8), Activation.RELU, 3);
    List<TrialKey> keys = List.of(TrialKey.of(1, "t"), TrialKey.of(2, "t"), TrialKey.of(3, "t"));
    Map<String, HostTensor> params = net.initial(keys);
    HostTensor x = HostTensor.of(Shape.of(150, 6), new Random(3).doubles(900, -1, 1).toArray());
    JacobianNorms all = HostNetworks.jacobians(DEVICE, net, params, x, Norm.L2);
    for (int m = 0; m < 3; m++) {
      JacobianNorms one =
          HostNetworks.jacobians(DEVICE, net, net.initial(keys.subList(m, m + 1)), x, Norm.L2);
      assertThat(all.norms()[m]).isEqualTo(one.norms()[0]);
      assertThat(all.lower()[m]).isEqualTo(one.lower()[0]);
    }
    assertThat(all.norms()[0][149]).isNotEqualTo(all.norms()[1][149]);
    HostTensor few = HostTensor.of(Shape.of(2, 6), Arrays.copyOf(x.doubles(), 12));
    try (Models networks = Models.of(DEVICE, net, params);
        JacobianMeter meter = new JacobianMeter(networks, x, Norm.L2, Nearby.in(Box.NONE))) {
      assertThat(meter.measure(few).lower()[1]).isEqualTo(Arrays.copyOf(all.lower()[1], 2));
      assertThat(meter.measure(x).lower()).isDeepEqualTo(all.lower());
    }
  }

  /** A wide and a narrow first layer, so with and without the product with W left out. */
  @Test
  void aMeterTakesOtherModelsAndFloats() {
    for (int width : List.of(4, 9)) {
      Sequential net = Sequential.mlp(Shape.of(6), List.of(width, 7), Activation.RELU, 3);
      Map<String, HostTensor> first =
          net.initial(List.of(TrialKey.of(1, "t"), TrialKey.of(2, "t")));
      Map<String, HostTensor> other =
          net.initial(List.of(TrialKey.of(3, "t"), TrialKey.of(4, "t")));
      HostTensor floats =
          HostTensor.of(Shape.of(300, 6), new Random(3).doubles(1800, -1, 1).toArray()).toFloat();
      for (Norm norm : Norm.values()) {
        JacobianNorms doubles = HostNetworks.jacobians(DEVICE, net, other, floats.toDouble(), norm);
        try (Models one = Models.of(DEVICE, net, first);
            Models two = Models.of(DEVICE, net, other);
            Models alone = two.one(1);
            JacobianMeter meter = new JacobianMeter(one, floats, norm, Nearby.in(Box.NONE))) {
          meter.measure(floats);
          JacobianNorms again = meter.measure(two, floats);
          assertThat(again.norms()).isDeepEqualTo(doubles.norms());
          assertThat(again.lower()).isDeepEqualTo(doubles.lower());
          assertThatThrownBy(() -> meter.measure(floats.toDouble()))
              .hasMessageContaining("compiled for samples in F32, which cannot hold F64");
          assertThatThrownBy(() -> meter.measure(alone, floats))
              .hasMessageContaining("compiled for 2 models, got 1");
        }
      }
    }
  }

  @Test
  void aMeterThatRefusedModelsKeepsNoneOfThem() {
    Sequential net = Sequential.mlp(Shape.of(6), List.of(4), Activation.RELU, 3);
    Map<String, HostTensor> first = net.initial(List.of(TrialKey.of(1, "t")));
    Sequential wider = Sequential.mlp(Shape.of(6), List.of(5), Activation.RELU, 3);
    Map<String, HostTensor> other = net.initial(List.of(TrialKey.of(2, "t")));
    HostTensor x = HostTensor.of(Shape.of(5, 6), new Random(3).doubles(30, -1, 1).toArray());
    try (Models one = Models.of(DEVICE, net, first);
        Models two = Models.of(DEVICE, net, other);
        Models wrong = Models.of(DEVICE, wider, wider.initial(List.of(TrialKey.of(2, "t"))));
        JacobianMeter meter = new JacobianMeter(one, x, Norm.L2, Nearby.in(Box.NONE))) {
      JacobianNorms before = meter.measure(x);
      String wide = net.parameters().get(0).name();
      assertThatThrownBy(() -> meter.measure(wrong, x)).hasMessageContaining(wide);
      assertThat(meter.measure(x).lower()).isDeepEqualTo(before.lower());
      JacobianNorms fresh = HostNetworks.jacobians(DEVICE, net, other, x, Norm.L2);
      assertThat(meter.measure(two, x).lower()).isDeepEqualTo(fresh.lower());
      assertThat(meter.measure(one, x).lower()).isDeepEqualTo(before.lower());
    }
  }

  @Test
  void smoothActivationsResidualsAndLayerNormMatchFiniteDifferences() {
    for (Activation a : Activation.values()) {
      Sequential net =
          new Sequential(
              Shape.of(3),
              List.of(
                  new Dense(5),
                  a,
                  new Residual(List.of(new Dense(5), a)),
                  new LayerNorm(),
                  new Dense(2)));
      Map<String, HostTensor> params = new LinkedHashMap<>();
      net.initial(List.of(TrialKey.of(5, "t"))).forEach((n, v) -> params.put(n, v.toDouble()));
      HostTensor x = HostTensor.of(Shape.of(1, 3), new double[] {0.3, -0.7, 0.9});
      JacobianNorms j = HostNetworks.jacobians(DEVICE, net, params, x, Norm.L2);
      double[][] jacobian = Differences.jacobian(DEVICE, net, params, x.doubles());
      assertThat(j.norms()[0][0]).as("%s", a).isCloseTo(Patterns.norm(jacobian), within(1e-6));
      assertThat(j.lower()[0][0])
          .as("%s", a)
          .isBetween(j.norms()[0][0] * (1 - 1e-9), j.norms()[0][0]);
    }
  }

  /** Cancelling weights of size 1e8: the lower side stays below the exact norm. */
  @Test
  void theLowerSidePaysForCancellation() {
    Traced net =
        new Traced(2, 1, (p, x) -> F.matmul(F.matmul(x, p.get("a")), p.get("b")))
            .with("a", Shape.of(2, 2), 1e8 + 1, 1e8, 0.1, -0.1)
            .with("b", Shape.of(2, 1), 1, -1);
    JacobianNorms j = measure(net, Norm.L2, new double[] {1, 1});
    double exact = Math.sqrt(1 + 0.2 * 0.2);
    assertThat(j.certified(0).orElseThrow()).isLessThanOrEqualTo(exact).isGreaterThan(exact - 1e-6);
    assertThat(j.certified(0).orElseThrow()).isLessThan(exact - 1e-9);
  }

  /**
   * Weights that are themselves computed are rounded: 1e16 + 1.1 - 1e16 is 2 in double, so a norm
   * that took the product as exact would be 2.
   */
  @Test
  void theLowerSidePaysForWeightsThatAreComputed() {
    Traced net =
        new Traced(2, 1, (p, x) -> F.matmul(x, F.add(F.add(p.get("w"), 1e16), -1e16)))
            .with("w", Shape.of(2, 1), 1.1, 0);
    JacobianNorms j = measure(net, Norm.L2, new double[] {1, 1});
    assertThat(j.certified(0).orElseThrow()).isLessThanOrEqualTo(1.1);
  }

  /** The largest of two numbers has slope 1 wherever one is larger; a softmax is smooth. */
  @Test
  void aMaximumHasKinksOnlyAtTiesAndASoftmaxHasNone() {
    Traced largest = new Traced(2, 1, (p, x) -> F.max(x, 2));
    JacobianNorms j = measure(largest, Norm.L2, new double[] {3, 1}, new double[] {2, 2});
    assertThat(j.certified(0).orElseThrow()).isBetween(1 - 1e-12, 1.0);
    assertThat(j.kinks(0)).containsExactly(1);
    Traced smooth = new Traced(2, 2, (p, x) -> F.softmax(x, 2));
    j = measure(smooth, Norm.L2, new double[] {2, 2});
    assertThat(j.certified(0).orElseThrow()).isBetween(0.5 - 1e-9, 0.5); // [[1, -1], [-1, 1]] / 4
  }

  /** x - detach(x) is 0 everywhere, its automatic derivative 1; a softmax may stop at its shift. */
  @Test
  void refusesADerivativeThatIsStoppedOnItsWay() {
    Traced zero = new Traced(2, 2, (p, x) -> F.sub(x, F.detach(x)));
    assertThatThrownBy(() -> measure(zero, Norm.L2, new double[] {1, 2}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("detach stops it at");
    Traced sums = new Traced(2, 1, (p, x) -> F.logSumExp(x, 2));
    JacobianNorms j = measure(sums, Norm.L2, new double[] {1, 1});
    assertThat(j.certified(0).orElseThrow())
        .isBetween(Math.sqrt(0.5) - 1e-9, Math.nextDown(Math.sqrt(0.5)));
  }

  @Test
  void refusesWrongShapesAndMissingParameters() {
    Traced net = Traced.relu(List.of(new double[][] {{1, 2}}, new double[][] {{1}}));
    assertThatThrownBy(() -> measure(net, Norm.L2, new double[] {1, 2, 3}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[2], got [1, 3]");
    HostTensor x = HostTensor.of(Shape.of(1, 2), new double[] {1, 2});
    assertThatThrownBy(() -> HostNetworks.jacobians(DEVICE, net, Map.of(), x, Norm.L2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'w0'");
  }
}
