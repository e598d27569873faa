// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;

class LogitChangeTest {
  private static final int WIDTH = 4;
  private static final int N = 3;
  private static final double RADIUS = 0.3;
  private static final Network LINEAR = new Sequential(Shape.of(WIDTH), List.of(new Dense(2)));
  private static final double[] W = {3, -2, 0.5, 1};
  private static Device device;

  @BeforeAll
  static void open() {
    device = new CpuDevice(1, "scalar", "test");
  }

  @AfterAll
  static void close() {
    device.close();
  }

  private static HostTensor x() {
    return HostTensor.of(Shape.of(N, WIDTH), new Random(3).doubles(N * WIDTH).toArray());
  }

  /** Logits 0 and scale W x, of one model per scale. */
  private static Models linear(double... scales) {
    double[] w = new double[scales.length * 2 * WIDTH];
    for (int m = 0; m < scales.length; m++) {
      for (int k = 0; k < WIDTH; k++) {
        w[(m * WIDTH + k) * 2 + 1] = scales[m] * W[k];
      }
    }
    return Models.of(
        device,
        LINEAR,
        Map.of(
            "0.weight", HostTensor.of(Shape.of(scales.length, WIDTH, 2), w),
            "0.bias", HostTensor.of(Shape.of(scales.length, 1, 2), new double[2 * scales.length])));
  }

  private static double norm() {
    return Math.sqrt(Arrays.stream(W).map(v -> v * v).sum());
  }

  /** The largest change of a linear map is its norm times the radius, and no point passes it. */
  @Test
  void ascentReachesTheNormOfALinearMap() {
    try (Models two = linear(1, 10)) {
      for (Attack a : List.of(new Pgd(60, 0.2, false), new Remembering(60, 0.1))) {
        LogitChange c = LogitChange.find(two, new long[] {1, 2}, x(), a, 61, RADIUS);
        assertThat(c.kind()).isEqualTo(Kind.BOUND);
        for (int m = 0; m < 2; m++) {
          double truth = (m == 0 ? 1 : 10) * norm() * RADIUS;
          assertThat(c.most().get(m).getAsDouble())
              .isBetween(truth * (1 - 1e-4), truth * (1 + 1e-12));
        }
      }
    }
  }

  /** Towards a linear map's steepest direction a single full step suffices from any start. */
  @Test
  void thePointOfTheLastStepCounts() {
    try (Models one = linear(1)) {
      long[] seed = {1};
      double start =
          LogitChange.find(one, seed, x(), Pgd.fgsm(), 1, RADIUS).most().get(0).getAsDouble();
      double after =
          LogitChange.find(one, seed, x(), Pgd.fgsm(), 2, RADIUS).most().get(0).getAsDouble();
      assertThat(start).isLessThan(after).isLessThan(norm() * RADIUS);
    }
  }

  /** Climbs to the steepest point if a step draws what the one before drew, else stays. */
  private record Repeating(int steps) implements Attack {
    @Override
    public boolean randomStart() {
      return false;
    }

    @Override
    public Map<String, TensorType> keeps(TensorType x) {
      return Map.of("drawn", x);
    }

    @Override
    public AttackState start(Problem p) {
      return new AttackState(p.x0(), Map.of("drawn", F.mul(p.x0(), 0)));
    }

    @Override
    public AttackState step(Problem p, AttackState s) {
      Problem.Draws d = p.draws().get();
      Value drawn = d.random().unit(d.site(), s.x().dtype(), Shape.of(WIDTH));
      Value to = s.x();
      for (int i = 0; i < 20; i++) {
        to = p.ascend(to, 0.5);
      }
      Value again = F.eq(drawn, s.kept().get("drawn"));
      return new AttackState(F.select(again, to, s.x()), Map.of("drawn", drawn));
    }
  }

  @Test
  void stepsDrawAnewEachTime() {
    try (Models one = linear(1)) {
      long[] seed = {1};
      double start = most(one, seed, 1);
      assertThat(most(one, seed, 9)).isEqualTo(start).isLessThan(0.9 * norm() * RADIUS);
    }
  }

  private static double most(Models one, long[] seed, int visits) {
    return LogitChange.find(one, seed, x(), new Repeating(8), visits, RADIUS)
        .most()
        .get(0)
        .getAsDouble();
  }

  @Test
  void modelsTogetherFindWhatEachFindsAlone() {
    Network net = Sequential.mlp(Shape.of(WIDTH), List.of(5), Activation.TANH, 3);
    Random r = new Random(7);
    Map<String, HostTensor> both = new LinkedHashMap<>();
    net.parameters()
        .forEach(
            p -> {
              Shape s = p.shape().insert(0, 2);
              both.put(p.name(), HostTensor.of(s, r.doubles(s.size(), -1, 1).toArray()));
            });
    for (Attack a : List.of(new Remembering(9, 0.1), new Jittering(9, 0.1))) {
      try (Models all = Models.of(device, net, both)) {
        List<OptionalDouble> together =
            LogitChange.find(all, new long[] {4, 5}, x(), a, 10, RADIUS).most();
        for (int m = 0; m < 2; m++) {
          try (Models own = all.one(m)) {
            assertThat(LogitChange.find(own, new long[] {4 + m}, x(), a, 10, RADIUS).most())
                .containsExactly(together.get(m));
          }
        }
        assertThat(together.get(0).getAsDouble())
            .isNotCloseTo(together.get(1).getAsDouble(), within(1e-3));
      }
    }
  }

  /** A change that is NaN everywhere is none, and not 0. */
  @Test
  void withoutANumberThereIsNoChange() {
    try (Models broken = linear(1, Double.NaN)) {
      LogitChange c =
          LogitChange.find(broken, new long[] {1, 1}, x(), new Pgd(3, 0.2, false), 4, RADIUS);
      assertThat(c.most().get(0)).isPresent();
      assertThat(c.most().get(1)).isEmpty();
    }
  }
}
