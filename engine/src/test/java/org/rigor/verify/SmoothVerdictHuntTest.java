// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.certify.Subdivision;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Sequential;
import org.rigor.op.Windows;
import org.rigor.property.Property;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Looks for wrong verdicts over random networks with sigmoid and tanh, against interval subdivision
 * and samples.
 *
 * <p>{@code -Drigor.verdicts=10000} hunts over that many networks.
 */
class SmoothVerdictHuntTest {
  private static final int NETWORKS = Integer.getInteger("rigor.verdicts", 240) / 40;
  private static final double GAP = 1e-3;

  private static Sequential next(Random r) {
    Activation f = r.nextBoolean() ? Activation.SIGMOID : Activation.TANH;
    if (r.nextInt(3) == 0) {
      Conv2d conv = new Conv2d(1 + r.nextInt(2), Windows.of(1, 2));
      return new Sequential(
          Shape.of(1, 3, 1), List.of(conv, f, new Flatten(), new Dense(2), f, new Dense(2)));
    }
    return Sequential.mlp(Shape.of(2), r.nextBoolean() ? List.of(4) : List.of(3, 3), f, 2);
  }

  @Test
  void noVerdictIsWrong() {
    int[] counts = new int[Verdict.Answer.values().length];
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (int seed = 0; seed < NETWORKS; seed++) {
        Random r = new Random(seed);
        Sequential net = next(r);
        Map<String, HostTensor> params = SmallNetworks.weights(net, 1, r);
        List<Property> properties = new ArrayList<>();
        List<Double> truth = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          Question q = Question.random(r, Math.toIntExact(net.input().size()), 2, 1);
          Subdivision.Sides least = least(net, params, q);
          for (double apart : new double[] {2 * GAP, -2 * GAP}) {
            double side = apart > 0 ? least.lower() : least.upper();
            properties.add(q.moved(apart - side).property(2));
            truth.add(apart);
          }
        }
        try (Models one = Models.of(device, net, params);
            Decider decider = new Decider(one)) {
          int n = seed;
          decider.decide(
              properties,
              40,
              () -> false,
              (i, v) -> {
                counts[v.answer().ordinal()]++;
                assertThat(v.answer())
                    .as("%s, seed %d, least value %s", net, n, truth.get(i))
                    .isNotEqualTo(
                        truth.get(i) > 0 ? Verdict.Answer.VIOLATED : Verdict.Answer.VERIFIED);
              });
        }
      }
    }
    System.out.println(
        Arrays.toString(Verdict.Answer.values()) + " SMOOTH: " + Arrays.toString(counts));
    assertThat(counts[Verdict.Answer.VERIFIED.ordinal()]).isEqualTo(2 * NETWORKS);
    assertThat(counts[Verdict.Answer.VIOLATED.ordinal()]).isEqualTo(2 * NETWORKS);
  }

  private static Subdivision.Sides least(
      Sequential net, Map<String, HostTensor> params, Question q) {
    double lower = Double.POSITIVE_INFINITY;
    double upper = Double.POSITIVE_INFINITY;
    for (double[][] clause : q.clauses()) {
      Subdivision.Sides s = Subdivision.least(net, params, 0, q.low(), q.high(), clause[0], GAP);
      lower = Math.min(lower, s.lower());
      upper = Math.min(upper, s.upper());
    }
    return new Subdivision.Sides(lower, upper);
  }
}
