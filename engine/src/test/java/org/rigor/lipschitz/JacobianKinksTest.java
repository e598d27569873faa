// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.MaxPool2d;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Ties that are no kinks, points near those that are, and samples with nothing left. */
class JacobianKinksTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static JacobianNorms measure(Traced net, Nearby nearby, double[]... x) {
    HostTensor samples = HostTensor.of(Shape.of(x.length, x[0].length), Traced.flat(x));
    return HostNetworks.jacobians(DEVICE, net, net.values(), samples, Norm.L2, nearby);
  }

  private static JacobianNorms measure(Traced net, double[]... x) {
    return measure(net, Nearby.in(Box.NONE), x);
  }

  /** [M, B, n] as windows of {@code size} that start at every {@code step}-th element. */
  private static Value windows(Value x, int size, int step) {
    int last = x.shape().rank() - 1;
    List<Value> all = new ArrayList<>();
    for (int from = 0; from + size <= x.shape().dim(last); from += step) {
      Value w = F.slice(x, last, from, from + size);
      all.add(F.reshape(w, Shape.of(x.shape().dim(0), x.shape().dim(1), 1, size)));
    }
    return F.concat(2, all);
  }

  private static Value pooled(Value x, int size, int step) {
    Value most = F.max(windows(x, size, step), 3);
    return F.reshape(most, Shape.of(x.shape().dim(0), x.shape().dim(1), most.shape().dim(2)));
  }

  /** Largest of pairs of relu(x_i): in a pair that is off the two zeros tie, as constants. */
  @Test
  void aTieOfUnitsThatAreOffIsNoKink() {
    Traced net =
        new Traced(4, 1, (p, x) -> F.matmul(pooled(F.relu(x), 2, 2), p.get("w")))
            .with("w", Shape.of(2, 1), 3, 4);
    JacobianNorms j =
        measure(
            net,
            new double[] {-1, -2, -0.5, 0.5}, // slope (0, 0, 0, 4)
            new double[] {-1, -2, -3, -4}, // constant
            new double[] {2, 1, 0.25, 0.5}); // (3, 0, 0, 4)
    assertThat(j.kinks(0)).isEmpty();
    assertThat(j.lower()[0]).containsExactly(new double[] {4, 0, 5}, within(1e-12));
    assertThat(j.witness(0).orElseThrow().sample()).isEqualTo(2);
    assertThat(j.witness(0).orElseThrow().draw()).isZero();
    // An exact 0 is no negative pre-activation: either side of it counts.
    assertThat(measure(net, new double[] {0, 0, 1, 2}).kinks(0)).containsExactly(0);
    // Ties of units that are on stay kinks, also beside one that is off.
    assertThat(measure(net, new double[] {1, 1, -1, -1}).kinks(0)).containsExactly(0);
  }

  /** As with units that are off, at the upper end of a clipped activation. */
  @Test
  void aTieOfUnitsThatAreCutIsNoKink() {
    Traced net =
        new Traced(4, 1, (p, x) -> F.matmul(pooled(F.clamp(x, 0, 6), 2, 2), p.get("w")))
            .with("w", Shape.of(2, 1), 3, 4);
    JacobianNorms j = measure(net, new double[] {7, 8, -1, -2}, new double[] {7, 9, 1, 2});
    assertThat(j.kinks(0)).isEmpty();
    assertThat(j.lower()[0]).containsExactly(new double[] {0, 4}, within(1e-12));
  }

  /** Windows that overlap hand on one element twice: the second pooling compares it with itself. */
  @Test
  void aTieOfCopiesIsNoKink() {
    Traced net =
        new Traced(4, 1, (p, x) -> F.matmul(pooled(pooled(x, 3, 1), 2, 1), p.get("w")))
            .with("w", Shape.of(1, 1), 2);
    JacobianNorms j = measure(net, new double[] {1, 5, 2, 3}, new double[] {1, 5, 5, 3});
    assertThat(j.kinks(0)).containsExactly(1);
    assertThat(j.lower()[0][0]).isCloseTo(2, within(1e-12));
  }

  /** The smallest of elements has kinks where two are smallest, as the largest has. */
  @Test
  void theSmallestElementHasKinksOnlyAtTies() {
    Traced net = new Traced(3, 1, (p, x) -> F.min(x, 2));
    JacobianNorms j =
        measure(net, new double[] {3, 1, 2}, new double[] {1, 1, 2}, new double[] {2, 2, 1});
    assertThat(j.kinks(0)).containsExactly(1);
    assertThat(j.lower()[0][0]).isCloseTo(1, within(1e-12));
  }

  /** Without biases, what reads only units that are off is exactly 0 and stays so. */
  @Test
  void aZeroThatComesFromUnitsThatAreOffIsNoKink() {
    Traced net =
        Traced.relu(
            List.of(
                new double[][] {{1, 0}, {0, 1}}, new double[][] {{2, 3}}, new double[][] {{5}}));
    JacobianNorms j = measure(net, new double[] {-1, -2}, new double[] {-1, 2});
    assertThat(j.kinks(0)).isEmpty();
    assertThat(j.lower()[0]).containsExactly(new double[] {0, 15}, within(1e-12));
    assertThat(j.certified(0).orElseThrow()).isCloseTo(15, within(1e-12));
    assertThat(measure(net, new double[] {-1, -2}).certified(0)).hasValue(0); // a value, not none
  }

  /** relu(3 x + 4 y) at 0: the slope nearby is 5 or 0, and some of the draws see the 5. */
  @Test
  void atAKinkAPointNearbyStandsForTheSample() {
    Traced net = Traced.relu(List.of(new double[][] {{3, 4}}, new double[][] {{1}}));
    Nearby unit = Nearby.in(Box.UNIT);
    JacobianNorms j = measure(net, unit, new double[] {0, 0}, new double[] {0.5, 0.5});
    assertThat(j.moved(0)).containsExactly(0);
    assertThat(j.leftOut(0)).isEmpty();
    assertThat(j.lower()[0]).containsExactly(new double[] {5, 5}, within(1e-12));
    assertThat(j.placed()[0][0]).isCloseTo(5, within(1e-12));
    JacobianNorms alone = measure(net, unit, new double[] {0, 0});
    JacobianNorms.Place at = alone.witness(0).orElseThrow();
    assertThat(at.draw()).isBetween(1, Nearby.DRAWS);
    assertThat(at.distance()).isBetween(1e-5, 1e-2);
    assertThat(Arrays.stream(at.point()))
        .allMatch(v -> v > 0 && v < 1); // reflected, not left on the edge
    assertThat(alone.lower()[0][0]).isEqualTo(j.lower()[0][0]);
    // The point is one where the network was measured: it gives the same norm as a sample.
    assertThat(measure(net, at.point()).lower()[0][0]).isEqualTo(alone.lower()[0][0]);
  }

  @Test
  void aPointNearbyStaysInItsBall() {
    double[] centre = {0.5, 0.5};
    HostTensor x = HostTensor.of(Shape.of(1, 2), new double[] {0.5, 0.5 + 1e-4});
    HostTensor c = HostTensor.of(Shape.of(1, 2), centre);
    Nearby ball = Nearby.in(Box.UNIT).within(c, 1e-4);
    for (int draw = 1; draw <= Nearby.DRAWS; draw++) {
      double[] p = ball.point(x, 0, draw);
      assertThat(Math.hypot(p[0] - 0.5, p[1] - 0.5)).isBetween(1e-5, 1e-4);
    }
  }

  /** 2x and x + x are equal everywhere, but no rule sees that: every point is a tie in doubt. */
  @Test
  void withNothingLeftThereIsNoLowerSide() {
    Traced net = new Traced(1, 1, (p, x) -> F.maximum(F.mul(x, 2), F.add(x, x)));
    JacobianNorms j = measure(net, new double[] {1}, new double[] {-3});
    assertThat(j.leftOut(0)).containsExactly(0, 1);
    assertThat(j.certified(0)).isEmpty();
    assertThat(j.witness(0)).isEmpty();
    assertThat(j.placed()[0]).containsOnly(Double.NaN);
    Traced nan =
        new Traced(1, 1, (p, x) -> F.mul(F.relu(x), p.get("w")))
            .with("w", Shape.of(1, 1), Double.NaN);
    assertThat(measure(nan, new double[] {1}).certified(0)).isEmpty();
  }

  /**
   * What the network itself compares chooses between functions that differ, here 3x and x. Its
   * operands are constants within rounding of each other, so which it is cannot be told.
   */
  @Test
  void aChoiceOfTheNetworkBetweenConstantsStaysInDoubt() {
    Traced net =
        new Traced(
                1,
                1,
                (p, x) -> {
                  Value off = F.relu(F.add(x, -100));
                  Value a = F.add(F.add(off, p.get("a")), p.get("b"));
                  Value b = F.add(off, p.get("c"));
                  return F.select(F.gt(a, b), F.mul(x, 3), x);
                })
            .with("a", Shape.of(1, 1), 0.1)
            .with("b", Shape.of(1, 1), 0.2)
            .with("c", Shape.of(1, 1), 0.1 + 0.2);
    assertThat(measure(net, new double[] {1}).leftOut(0)).containsExactly(0);
  }

  /**
   * Convolution, ReLU and pooling on images with black borders, with and without biases: no lower
   * side exceeds the largest slope to points around where it was measured, found by differences.
   */
  @Test
  void lowerSidesOfPooledNetworksAreSlopesThatDifferencesFind() {
    for (boolean bias : new boolean[] {true, false}) {
      Network net =
          new Sequential(
              Shape.of(6, 6, 1),
              List.of(
                  new Conv2d(3, Windows.of(3).padding(1)),
                  Activation.RELU,
                  new MaxPool2d(Windows.of(2).stride(2)),
                  new Flatten(),
                  new Dense(2)));
      Map<String, HostTensor> params = new LinkedHashMap<>();
      net.initial(List.of(TrialKey.of(4, "t")))
          .forEach((n, v) -> params.put(n, bias ? v.toDouble() : withoutBias(n, v.toDouble())));
      double[] x = new double[3 * 36];
      Random r = new Random(3);
      for (int i = 0; i < x.length; i++) {
        boolean inner = i % 6 > 1 && i % 6 < 5 && i % 36 / 6 > 1 && i % 36 / 6 < 5;
        x[i] = inner ? r.nextDouble() : 0;
      }
      HostTensor samples = HostTensor.of(Shape.of(3, 6, 6, 1), x);
      JacobianNorms j =
          HostNetworks.jacobians(DEVICE, net, params, samples, Norm.L2, Nearby.in(Box.UNIT));
      assertThat(j.leftOut(0)).isEmpty();
      assertThat(j.moved(0)).hasSize(bias ? 0 : 3);
      double[] at = j.witness(0).orElseThrow().point();
      double norm = Patterns.norm(Differences.jacobian(DEVICE, net, params, at));
      assertThat(j.certified(0).orElseThrow()).isCloseTo(norm, within(1e-6)).isPositive();
    }
  }

  private static HostTensor withoutBias(String name, HostTensor v) {
    if (!name.endsWith("bias")) {
      return v;
    }
    return HostTensor.of(v.shape(), new double[Math.toIntExact(v.shape().size())]);
  }

  /** Models and samples that share a batch leave no trace, at kinks neither. */
  @Test
  void pointsNearbyDoNotDependOnNeighbours() {
    Sequential net = Sequential.mlp(Shape.of(3), List.of(5), Activation.RELU, 2);
    List<TrialKey> keys = List.of(TrialKey.of(1, "t"), TrialKey.of(2, "t"));
    Map<String, HostTensor> params = new LinkedHashMap<>(net.initial(keys));
    params.replaceAll((n, v) -> n.endsWith("bias") ? withoutBias(n, v.toDouble()) : v);
    double[] x = new double[150 * 3]; // the first at the kink of all units
    double[] rest = new Random(3).doubles(149 * 3, -1, 1).toArray();
    System.arraycopy(rest, 0, x, 3, rest.length);
    HostTensor all = HostTensor.of(Shape.of(150, 3), x);
    JacobianNorms j = HostNetworks.jacobians(DEVICE, net, params, all, Norm.L2);
    assertThat(j.moved(0)).containsExactly(0);
    JacobianNorms few =
        HostNetworks.jacobians(
            DEVICE, net, params, HostTensor.of(Shape.of(1, 3), Arrays.copyOf(x, 3)), Norm.L2);
    for (int m = 0; m < 2; m++) {
      assertThat(few.lower()[m][0]).isEqualTo(j.lower()[m][0]).isPositive();
    }
    assertThat(j.lower()[0][0]).isNotEqualTo(j.lower()[1][0]);
  }
}
