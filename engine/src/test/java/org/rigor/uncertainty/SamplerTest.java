// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class SamplerTest {
  /** Precision [[2, 0.6], [0.6, 1]]. */
  private static final NormalTarget TARGET =
      new NormalTarget(new double[] {1, -2}, new double[] {2, 0.6, 0.6, 1});

  private static List<TrialKey> keys(int n) {
    return IntStream.range(0, n).mapToObj(i -> TrialKey.of(i, "chain")).toList();
  }

  private static Map<String, HostTensor> zeros(int n) {
    return Map.of("w", HostTensor.of(Shape.of(n, 1, 2), new double[2 * n]));
  }

  /** Mean and covariance of the last states. */
  private static double[] moments(Chains c) {
    double[] w = c.last().get("w").doubles();
    int n = w.length / 2;
    double a = 0;
    double b = 0;
    for (int i = 0; i < n; i++) {
      a += w[2 * i] / n;
      b += w[2 * i + 1] / n;
    }
    double aa = 0;
    double ab = 0;
    double bb = 0;
    for (int i = 0; i < n; i++) {
      aa += (w[2 * i] - a) * (w[2 * i] - a) / (n - 1);
      ab += (w[2 * i] - a) * (w[2 * i + 1] - b) / (n - 1);
      bb += (w[2 * i + 1] - b) * (w[2 * i + 1] - b) / (n - 1);
    }
    return new double[] {a, b, aa, ab, bb};
  }

  /** Inverse of the precision: [[1, -0.6], [-0.6, 2]] / 1.64. */
  @Test
  void hmcSamplesANormalDistribution() {
    try (Device device = new CpuDevice(2, "scalar", "test")) {
      Hmc hmc = new Hmc(7, 0.2, 0.8, 0.1, true);
      Chains c = hmc.run(device, TARGET, keys(1000), zeros(1000), 200, 1, 20);
      double[] m = moments(c);
      assertThat(m[0]).isCloseTo(1, within(4 * Math.sqrt(0.61 / 1000)));
      assertThat(m[1]).isCloseTo(-2, within(4 * Math.sqrt(1.22 / 1000)));
      assertThat(m[2]).isCloseTo(1 / 1.64, within(0.11));
      assertThat(m[3]).isCloseTo(-0.6 / 1.64, within(0.11));
      assertThat(m[4]).isCloseTo(2 / 1.64, within(0.22));
      double accepted = java.util.Arrays.stream(c.acceptance()).average().orElseThrow();
      assertThat(accepted).as("acceptance aimed at").isBetween(0.72, 0.92);
      assertThat(c.divergences()).containsOnly(0);
    }
  }

  /** Precision P and step h: (P - h / 2 P^2)^-1, here of h = 0.4. */
  @Test
  void langevinStepsHaveTheirBias() {
    try (Device device = new CpuDevice(2, "scalar", "test")) {
      double h = 0.4;
      Chains c = new Sgld(h, 0).run(device, TARGET, keys(4000), zeros(4000), 40, 1, 1);
      double[] m = moments(c);
      double a = 2 - h / 2 * (4 + 0.36);
      double b = 0.6 - h / 2 * (1.2 + 0.6);
      double d = 1 - h / 2 * (0.36 + 1);
      double determinant = a * d - b * b;
      assertThat(m[2])
          .isCloseTo(d / determinant, within(4 * d / determinant * Math.sqrt(2.0 / 4000)));
      assertThat(m[4])
          .isCloseTo(a / determinant, within(4 * a / determinant * Math.sqrt(2.0 / 4000)));
    }
  }

  /** Of step 1 the draws of a standard normal number have twice its variance and mix at once. */
  @Test
  void chainsThatMixToAnotherDistributionAreNoPosterior() {
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      NormalTarget one = new NormalTarget(new double[] {0}, new double[] {1});
      Map<String, HostTensor> start = Map.of("w", HostTensor.of(Shape.of(4, 1, 1), new double[4]));
      Chains biased = new Sgld(1, 0).run(device, one, keys(4), start, 20, 500, 1);
      double[][][] f = biased.functionals(w -> new double[][] {w.get("w").doubles()});
      double square =
          java.util.Arrays.stream(f[0])
              .flatMapToDouble(java.util.Arrays::stream)
              .map(v -> v * v)
              .average()
              .orElseThrow();
      assertThat(square).isCloseTo(2, within(0.3));
      Diagnosis d = Diagnosis.of(biased, f);
      assertThat(d.passes()).isTrue();
      assertThat(Standing.of(d, 1, biased.exact())).isEqualTo(Standing.APPROXIMATION);
      assertThat(new Hmc(1, 1, 0, 0, false).run(device, one, keys(4), start, 1, 1, 1).exact())
          .isFalse();
      assertThat(new Hmc(1, 1, 0, 0, true).run(device, one, keys(4), start, 1, 1, 1).exact())
          .isTrue();
    }
  }

  @Test
  void aRowEqualsTheChainRunAlone() {
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (boolean langevin : new boolean[] {false, true}) {
        Chains all = run(device, keys(3), langevin);
        for (int i = 0; i < 3; i++) {
          Chains alone = run(device, List.of(keys(3).get(i)), langevin);
          for (int t = 0; t < 4; t++) {
            double[] expected = alone.draws().get(t).get("w").doubles();
            double[] row = all.draws().get(t).get("w").doubles();
            assertThat(java.util.Arrays.copyOfRange(row, 2 * i, 2 * i + 2)).isEqualTo(expected);
          }
        }
      }
    }
  }

  private static Chains run(Device device, List<TrialKey> keys, boolean langevin) {
    return langevin
        ? new Sgld(0.05, 0).run(device, TARGET, keys, zeros(keys.size()), 3, 4, 2)
        : new Hmc(3, 0.3, 0.8, 0.2, true).run(device, TARGET, keys, zeros(keys.size()), 3, 4, 2);
  }

  /** A step far beyond stability: everything is rejected, and said to have diverged. */
  @Test
  void divergencesAreCountedAndRejected() {
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      Hmc hmc = new Hmc(20, 9, 0, 0, true);
      Chains c = hmc.run(device, TARGET, keys(2), zeros(2), 0, 10, 1);
      assertThat(c.divergences()).containsOnly(10);
      assertThat(c.acceptance()).containsOnly(0);
      assertThat(c.last().get("w").doubles()).containsOnly(0);
    }
  }

  @Test
  void picksDrawsOfEachTrial() {
    double[][] states = {{0, 1, 2, 3}, {10, 11, 12, 13}, {20, 21, 22, 23}, {30, 31, 32, 33}};
    List<Map<String, HostTensor>> draws =
        java.util.Arrays.stream(states)
            .map(s -> Map.of("w", HostTensor.of(Shape.of(4, 1), s)))
            .toList();
    Chains c = new Chains(draws, new double[4], new int[4], new double[4], true);
    HostTensor even = c.pick(2, 4, 0).get("w"); // 2 trials of 2 chains, 2 times
    assertThat(even.shape()).isEqualTo(Shape.of(2, 4, 1));
    assertThat(even.doubles()).containsExactly(0, 1, 20, 21, 2, 3, 22, 23);
    assertThat(c.pick(2, 4, 0.5).get("w").doubles())
        .containsExactly(10, 11, 30, 31, 12, 13, 32, 33);
  }
}
