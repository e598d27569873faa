// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** One perturbation on a linear classifier of two classes, where the best one is known. */
class UniversalAttackTest {
  private static final int FEATURES = 5;
  private static final int SAMPLES = 20;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(), Activation.RELU, 2);

  private static double[] weights() {
    double[] w = new double[FEATURES];
    Arrays.setAll(w, i -> Math.sin(2 * i + 1));
    return w;
  }

  private static double[] points() {
    double[] x = new double[SAMPLES * FEATURES];
    Arrays.setAll(x, i -> 0.5 + 0.5 * Math.sin(3 * i + 1));
    return x;
  }

  private static double logit(double[] x, int n) {
    double z = 0;
    for (int i = 0; i < FEATURES; i++) {
      z += weights()[i] * (x[n * FEATURES + i] - 0.5);
    }
    return z;
  }

  private static UniversalAttack.Found run(UniversalAttack attack, double[] x, int[] y) {
    double[] weight = new double[2 * FEATURES];
    Arrays.setAll(weight, i -> i % 2 == 0 ? 0 : weights()[i / 2]);
    double bias = -0.5 * Arrays.stream(weights()).sum();
    Map<String, HostTensor> params =
        Map.of(
            "0.weight", HostTensor.of(Shape.of(1, FEATURES, 2), weight),
            "0.bias", HostTensor.of(Shape.of(1, 1, 2), 0, bias));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models model = Models.of(device, NET, params)) {
      int samples = y.length;
      return attack.run(
          model,
          HostTensor.of(Shape.of(samples, FEATURES), Arrays.copyOf(x, samples * FEATURES)),
          HostTensor.of(Shape.of(samples), y));
    }
  }

  /** All samples of one class: the perturbation goes along the weights, as far as the ball. */
  @ParameterizedTest
  @EnumSource(Norm.class)
  void itFoolsWhatTheSteepestDirectionFools(Norm norm) {
    double[] x = points();
    double epsilon = norm == Norm.LINF ? 0.03 : 0.06;
    double[] w = weights();
    double size = norm == Norm.LINF ? 1 : Math.sqrt(Arrays.stream(w).map(v -> v * v).sum());
    double[] one = new double[SAMPLES * FEATURES];
    int samples = 0;
    for (int n = 0; n < SAMPLES; n++) {
      if (logit(x, n) < 0) {
        System.arraycopy(x, n * FEATURES, one, samples++ * FEATURES, FEATURES);
      }
    }
    UniversalAttack attack =
        new UniversalAttack(new Threat(norm, Box.NONE), epsilon, AttackLoss.MARGIN, 20);
    UniversalAttack.Found found = run(attack, one, new int[samples]);
    double gain = 0;
    for (int i = 0; i < FEATURES; i++) {
      gain += epsilon * w[i] * (norm == Norm.LINF ? Math.signum(w[i]) : w[i] / size);
    }
    int fell = 0;
    for (int n = 0; n < samples; n++) {
      boolean falls = -logit(one, n) < gain;
      fell += falls ? 1 : 0;
      assertThat(found.curve().survived()[0][n] == 0).as("sample %d", n).isEqualTo(falls);
    }
    assertThat(fell).isBetween(1, samples - 1);
    for (int n = 0; n < samples; n++) {
      if (found.curve().witness()[0][n] != null) {
        for (int i = 0; i < FEATURES; i++) {
          double moved = found.curve().witness()[0][n][i] - one[n * FEATURES + i];
          assertThat(moved).as("one for all").isCloseTo(found.delta()[i], within(1e-12));
        }
      }
    }
  }

  /** Samples of both classes: within the box and the ball, and better than nothing. */
  @Test
  void pointsLieInBallAndBox() {
    double[] x = points();
    int[] y = new int[SAMPLES];
    Arrays.setAll(y, n -> logit(x, n) > 0 ? 1 : 0);
    UniversalAttack attack =
        new UniversalAttack(new Threat(Norm.LINF, Box.UNIT), 0.2, AttackLoss.MARGIN, 20);
    UniversalAttack.Found found = run(attack, x, y);
    int fell = 0;
    for (int n = 0; n < SAMPLES; n++) {
      double[] p = found.curve().witness()[0][n];
      fell += 1 - found.curve().survived()[0][n];
      for (int i = 0; p != null && i < FEATURES; i++) {
        assertThat(p[i]).isBetween(0.0, 1.0);
        assertThat(Math.abs(p[i] - x[n * FEATURES + i])).isLessThanOrEqualTo(0.2 + 1e-15);
      }
    }
    assertThat(fell).isPositive();
    UniversalAttack none =
        new UniversalAttack(new Threat(Norm.LINF, Box.UNIT), 0, AttackLoss.MARGIN, 5);
    assertThat(run(none, x, y).curve().survived()[0]).containsOnly(1);
  }

  @Test
  void whatItDoesNotTakeIsRefused() {
    assertThatThrownBy(
            () -> new UniversalAttack(new Threat(Sparse.L1, Box.UNIT), 1, AttackLoss.MARGIN, 5))
        .hasMessageContaining("L1");
    assertThatThrownBy(
            () ->
                new UniversalAttack(
                    new Threat(Norm.L2, Box.UNIT), 1, AttackLoss.TARGETED_MARGIN, 5))
        .hasMessageContaining("a loss without targets");
  }
}
