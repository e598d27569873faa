// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

class CurveAttackerTest {
  private static final int D = 5;
  private static final int K = 3;
  private static final int N = 17;
  private static final Network LINEAR = new Sequential(Shape.of(D), List.of(new Dense(2)));
  private static final List<Double> EPSILONS =
      List.of(0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6);

  private static Map<String, HostTensor> parameters(Network net, int models, long seed) {
    Random random = new Random(seed);
    Map<String, HostTensor> values = new LinkedHashMap<>();
    net.parameters()
        .forEach(
            p -> {
              HostTensor t = HostTensor.zeros(p.type(models, org.rigor.tensor.DType.F32));
              for (int i = 0; i < t.floats().length; i++) {
                t.floats()[i] = (float) random.nextGaussian();
              }
              values.put(p.name(), t);
            });
    return values;
  }

  private static HostTensor inputs(int n, int d) {
    Random random = new Random(11);
    float[] x = new float[n * d];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.3 + 0.4 * random.nextDouble());
    }
    return HostTensor.of(Shape.of(n, d), x);
  }

  private static HostTensor labels(int n, int k) {
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      y[i] = i % k;
    }
    return HostTensor.of(Shape.of(n), y);
  }

  private static List<TrialKey> keys(int models) {
    List<TrialKey> keys = new ArrayList<>();
    for (int m = 0; m < models; m++) {
      keys.add(TrialKey.of(m, "attack"));
    }
    return keys;
  }

  private static CurveResult attack(
      Network net,
      CurveAttack a,
      Map<String, HostTensor> p,
      int models,
      HostTensor x,
      int threads) {
    try (Device device = new CpuDevice(threads, "scalar", "test")) {
      return HostAttack.run(
          device, net, a, p, keys(models), x, labels(x.shape().dim(0), net.outputs()));
    }
  }

  /**
   * A linear classifier of two classes falls exactly at (z_y - z_s) / ||w_y - w_s||_q, q dual to
   * the norm. (With more classes the margin is convex in x and ascent may end in a local maximum.)
   */
  @ParameterizedTest
  @EnumSource(Norm.class)
  void linearModelsFallAtTheClosedForm(Norm norm) {
    int models = 3;
    Map<String, HostTensor> p = parameters(LINEAR, models, 5);
    HostTensor x = inputs(N, D);
    CurveAttack a =
        CurveAttack.of(new Pgd(120, 0.05, false), new Threat(norm, Box.NONE), EPSILONS)
            .withLoss(AttackLoss.MARGIN)
            .withSlots(4);
    CurveResult r = attack(LINEAR, a, p, models, x, 2);
    for (int m = 0; m < models; m++) {
      for (int n = 0; n < N; n++) {
        double radius = radius(p, x, m, n, n % 2, norm);
        int expected = 0;
        boolean near = false;
        for (double e : EPSILONS) {
          expected += e <= radius ? 1 : 0;
          near |= e > 0 && Math.abs(e - radius) < 0.02 * e;
        }
        if (!near) {
          assertThat(r.survived()[m][n]).as("model %d sample %d", m, n).isEqualTo(expected);
        }
        if (r.survived()[m][n] < EPSILONS.size()) {
          double epsilon = EPSILONS.get(r.survived()[m][n]);
          assertThat(r.distance()[m][n]).isLessThanOrEqualTo(epsilon);
          assertThat(r.distance()[m][n]).isGreaterThanOrEqualTo(Math.max(0, radius) - 1e-12);
        }
      }
    }
  }

  private static double radius(
      Map<String, HostTensor> p, HostTensor x, int m, int n, int y, Norm norm) {
    HostTensor w = p.get("0.weight");
    HostTensor b = p.get("0.bias");
    double gap = b.get(m * 2 + y) - b.get(m * 2 + 1 - y);
    double dual = 0;
    for (int i = 0; i < D; i++) {
      double d = w.get((m * D + i) * 2 + y) - w.get((m * D + i) * 2 + 1 - y);
      gap += d * x.get(n * D + i);
      dual += norm == Norm.LINF ? Math.abs(d) : d * d;
    }
    return gap / (norm == Norm.LINF ? dual : Math.sqrt(dual));
  }

  @Test
  void resultsDoNotDependOnSlotsThreadsOrNeighbours() {
    Network net = Sequential.mlp(Shape.of(D), List.of(6), Activation.RELU, K);
    Map<String, HostTensor> p = parameters(net, 3, 7);
    HostTensor x = inputs(N, D);
    Pgd pgd = new Pgd(7, 0.3, true);
    CurveResult one = null;
    for (int slots : List.of(1, 3, 17, 40)) {
      CurveAttack a =
          CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), EPSILONS)
              .withLoss(AttackLoss.CROSS_ENTROPY)
              .withRestarts(3)
              .withSlots(slots);
      CurveResult r = attack(net, a, p, 3, x, slots % 2 + 1);
      if (one == null) {
        one = r;
      }
      assertThat(r.survived()).isDeepEqualTo(one.survived());
      for (int m = 0; m < 3; m++) {
        for (int n = 0; n < N; n++) {
          assertThat(r.witness()[m][n]).isEqualTo(one.witness()[m][n]);
        }
      }
    }
  }

  @Test
  void witnessesStayInBallAndBoxAndFool() {
    Network net = Sequential.mlp(Shape.of(D), List.of(6), Activation.TANH, K);
    Map<String, HostTensor> p = parameters(net, 2, 9);
    HostTensor x = inputs(N, D);
    for (Norm norm : Norm.values()) {
      CurveAttack a =
          CurveAttack.of(new Pgd(10, 0.25, true), new Threat(norm, Box.UNIT), EPSILONS)
              .withLoss(AttackLoss.CROSS_ENTROPY)
              .withRestarts(2)
              .withSlots(8);
      CurveResult r = attack(net, a, p, 2, x, 2);
      int found = 0;
      for (int m = 0; m < 2; m++) {
        for (int n = 0; n < N; n++) {
          double[] w = r.witness()[m][n];
          if (w == null) {
            continue;
          }
          found++;
          for (double v : w) {
            assertThat(v).isBetween(0.0, 1.0);
          }
          double length = 0;
          for (int i = 0; i < D; i++) {
            double d = Math.abs(w[i] - x.get(n * D + i));
            length = norm == Norm.LINF ? Math.max(length, d) : Math.hypot(length, d);
          }
          assertThat(length).isLessThanOrEqualTo(EPSILONS.get(r.survived()[m][n]) * (1 + 1e-15));
        }
      }
      assertThat(found).isGreaterThan(5);
    }
  }

  @Test
  void moreRestartsNeverHelpTheDefender() {
    Network net = Sequential.mlp(Shape.of(D), List.of(6), Activation.RELU, K);
    Map<String, HostTensor> p = parameters(net, 2, 13);
    HostTensor x = inputs(N, D);
    Pgd pgd = new Pgd(4, 0.4, true);
    int[][] few =
        attack(
                net,
                CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), List.of(0.1))
                    .withLoss(AttackLoss.MARGIN)
                    .withSlots(5),
                p,
                2,
                x,
                1)
            .survived();
    int[][] many =
        attack(
                net,
                CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), List.of(0.1))
                    .withLoss(AttackLoss.MARGIN)
                    .withRestarts(6)
                    .withSlots(5),
                p,
                2,
                x,
                1)
            .survived();
    for (int m = 0; m < 2; m++) {
      for (int n = 0; n < N; n++) {
        assertThat(many[m][n]).isLessThanOrEqualTo(few[m][n]);
      }
    }
  }

  /** Two inputs; class 1 wins by {@code w0 x0 + w1 x1 + b}. */
  private static Map<String, HostTensor> gap(HostTensor weight, HostTensor bias) {
    Map<String, HostTensor> p = new LinkedHashMap<>();
    p.put("0.weight", weight);
    p.put("0.bias", bias);
    return p;
  }

  /**
   * In float 2^24 + 3 is 2^24 + 4, so that the last sample's margin is 1/2 and not -1/2. It is
   * attacked again, when all the samples before it are done.
   */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aRejectedSampleBehindFinishedOnesIsAttackedAgain() {
    Network net = new Sequential(Shape.of(2), List.of(new Dense(2)));
    float big = 1 << 24;
    Map<String, HostTensor> p =
        gap(
            HostTensor.of(Shape.of(1, 2, 2), 0f, 1, 0, 1),
            HostTensor.of(Shape.of(1, 1, 2), -0.5f, -big - 4));
    HostTensor x = HostTensor.of(Shape.of(5, 2), 0f, 0, 1, 0, 0, 1, 1, 1, big, 3);
    CurveAttack a =
        CurveAttack.of(new Pgd(2, 0.5, false), new Threat(Norm.LINF, Box.NONE), List.of(0.0, 0.1))
            .withLoss(AttackLoss.MARGIN)
            .withSlots(2);
    CurveResult r;
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      r = HostAttack.run(device, net, a, p, keys(1), x, HostTensor.of(Shape.of(5), 0, 0, 0, 0, 0));
    }
    assertThat(r.survived()[0]).containsExactly(2, 2, 2, 2, 2);
    assertThat(r.ambiguous()).containsExactly(2);
  }

  /** As a float 0.1 is 1.5e-9 larger: outside this box, and too far from the sample. */
  @Test
  void attacksTheSampleNotItsFloat() {
    Network net = new Sequential(Shape.of(1), List.of(new Dense(2)));
    Map<String, HostTensor> p =
        gap(
            HostTensor.of(Shape.of(1, 1, 2), 0f, -1),
            HostTensor.of(Shape.of(1, 1, 2), 0f, 0.0999f));
    CurveAttack a =
        CurveAttack.of(
                new Pgd(4, 0.5, true), new Threat(Norm.LINF, new Box(0, 0.1)), List.of(1e-9, 1e-3))
            .withLoss(AttackLoss.MARGIN)
            .withRestarts(2)
            .withSlots(1);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      CurveResult r =
          HostAttack.run(
              device,
              net,
              a,
              p,
              keys(1),
              HostTensor.of(Shape.of(1, 1), 0.1),
              HostTensor.of(Shape.of(1), 0));
      assertThat(r.survived()[0]).containsExactly(1);
      assertThat(r.distance()[0][0]).isLessThanOrEqualTo(1e-3);
      assertThat(r.witness()[0][0][0]).isBetween(0.1 - 1e-3, 0.0999);
    }
  }

  /** As a float the weight is 2^-15 larger, which is enough for the wrong class. */
  @Test
  void checksTheStoredParametersNotTheirFloats() {
    Network net = new Sequential(Shape.of(2), List.of(new Dense(2)));
    Map<String, HostTensor> p =
        gap(
            HostTensor.of(Shape.of(1, 2, 2), 0, 1000 + 0x1p-15 + 0x1p-30, 0, 0),
            HostTensor.of(Shape.of(1, 1, 2), 1 + 0x1p-15 + 0x1p-16, -999));
    HostTensor x = HostTensor.of(Shape.of(1, 2), 1f, 0);
    CurveAttack a =
        CurveAttack.of(Pgd.fgsm(), new Threat(Norm.LINF, Box.NONE), List.of(0.0))
            .withLoss(AttackLoss.MARGIN)
            .withSlots(1);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      CurveResult r = HostAttack.run(device, net, a, p, keys(1), x, HostTensor.of(Shape.of(1), 0));
      assertThat(r.survived()[0]).containsExactly(1);
    }
  }

  /** Only a needle of inputs around the sample is misclassified, which random starts never hit. */
  @Test
  void aCleanErrorFallsAtTheFirstEpsilonWhereverAttacksStart() {
    Network net = Sequential.mlp(Shape.of(1), List.of(2), Activation.RELU, 2);
    Map<String, HostTensor> p = new LinkedHashMap<>();
    p.put("0.weight", HostTensor.of(Shape.of(1, 1, 2), 1f, -1));
    p.put("0.bias", HostTensor.of(Shape.of(1, 1, 2), -0.5f, 0.5f));
    p.put("2.weight", HostTensor.of(Shape.of(1, 2, 2), 0f, -1e6f, 0, -1e6f));
    p.put("2.bias", HostTensor.of(Shape.of(1, 1, 2), 0f, 1));
    CurveAttack a =
        CurveAttack.of(new Pgd(3, 0.3, true), new Threat(Norm.LINF, Box.UNIT), List.of(0.1))
            .withLoss(AttackLoss.MARGIN)
            .withRestarts(2)
            .withSlots(1);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      CurveResult r =
          HostAttack.run(
              device,
              net,
              a,
              p,
              keys(1),
              HostTensor.of(Shape.of(1, 1), 0.5f),
              HostTensor.of(Shape.of(1), 0));
      assertThat(r.survived()[0]).containsExactly(0);
      assertThat(r.distance()[0]).containsExactly(0);
      assertThat(r.witness()[0][0]).containsExactly(0.5);
    }
  }

  @Test
  void refusesWrongInput() {
    Pgd pgd = new Pgd(4, 0.4, false);
    assertThatThrownBy(
            () ->
                CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), List.of(-1.0))
                    .withLoss(AttackLoss.MARGIN)
                    .withSlots(5))
        .hasMessageContaining("epsilon must be >= 0");
    assertThatThrownBy(
            () ->
                CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), List.of(0.2, 0.1))
                    .withLoss(AttackLoss.MARGIN)
                    .withSlots(5))
        .hasMessageContaining("must ascend");
    assertThatThrownBy(
            () ->
                CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), List.of(0.2))
                    .withLoss(AttackLoss.MARGIN)
                    .withRestarts(3)
                    .withSlots(5))
        .hasMessageContaining("without a random start");
    HostTensor outside = HostTensor.of(Shape.of(1, D), 0f, 0, 0, 0, 1.5f);
    assertThatThrownBy(
            () ->
                attack(
                    LINEAR,
                    CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), List.of(0.2))
                        .withLoss(AttackLoss.MARGIN)
                        .withSlots(5),
                    parameters(LINEAR, 1, 1),
                    1,
                    outside,
                    1))
        .hasMessageContaining("element 4 is 1.5");
  }
}
