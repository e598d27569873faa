// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** Points made on one linear classifier of two classes and judged by another. */
class TransferTest {
  private static final int FEATURES = 6;
  private static final int SAMPLES = 16;
  private static final double EPSILON = 0.015;
  private static final TrialKey KEY = TrialKey.of(3, "transfer");
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(), Activation.RELU, 2);

  /** Logits [0, w x - w (0.5, .., 0.5)]. */
  private static Map<String, HostTensor> params(double[] w) {
    double[] weight = new double[2 * FEATURES];
    Arrays.setAll(weight, i -> i % 2 == 0 ? 0 : w[i / 2]);
    double bias = -0.5 * Arrays.stream(w).sum();
    Map<String, HostTensor> all = new HashMap<>();
    all.put("0.weight", HostTensor.of(Shape.of(1, FEATURES, 2), weight));
    all.put("0.bias", HostTensor.of(Shape.of(1, 1, 2), 0, bias));
    return all;
  }

  private static double[] weights(double factor, double turn) {
    double[] w = new double[FEATURES];
    Arrays.setAll(w, i -> factor * Math.sin(2 * i + 1 + turn));
    return w;
  }

  private static double[] points() {
    double[] x = new double[SAMPLES * FEATURES];
    Arrays.setAll(x, i -> 0.5 + 0.25 * Math.sin(3 * i + 1));
    return x;
  }

  private static double logit(double[] w, double[] x, int n) {
    double z = 0;
    for (int i = 0; i < FEATURES; i++) {
      z += w[i] * (x[n * FEATURES + i] - 0.5);
    }
    return z;
  }

  private static CurveAttack attack(String name, AttackLoss loss) {
    Attack own = Attacks.of(name, new Attacks.Settings(20, OptionalDouble.empty()));
    CurveAttack all =
        CurveAttack.of(own, new Threat(Norm.LINF, Box.UNIT), List.of(EPSILON))
            .withType(DType.F64)
            .withLoss(loss);
    return own.randomStart() ? all.withRestarts(2) : all;
  }

  /** The judge's logit moves by the signs of the surrogate's weights, which the ball lets in. */
  @ParameterizedTest
  @ValueSource(strings = {"fgsm", "pgd", "apgd"})
  void pointsFallWhereTheSurrogatesStepLeads(String name) {
    double[] x = points();
    double[] own = weights(1, 0);
    double[] other = weights(2, 0.4);
    int[] y = new int[SAMPLES];
    boolean[] falls = new boolean[SAMPLES];
    double gain = 0;
    for (int i = 0; i < FEATURES; i++) {
      gain += EPSILON * own[i] * Math.signum(other[i]);
    }
    for (int n = 0; n < SAMPLES; n++) {
      double z = logit(own, x, n);
      y[n] = z > 0 ? 1 : 0;
      falls[n] = Math.abs(z) < gain;
    }
    assertThat(falls).contains(true, false);
    for (AttackLoss loss : List.of(AttackLoss.MARGIN, AttackLoss.TARGETED_MARGIN)) {
      CurveResult r = run(own, other, attack(name, loss), x, y);
      for (int n = 0; n < SAMPLES; n++) {
        assertThat(r.survived()[0][n] == 0).as("sample %d", n).isEqualTo(falls[n]);
        assertThat(r.witness()[0][n] != null).isEqualTo(falls[n]);
        if (falls[n]) {
          assertThat(r.distance()[0][n]).isBetween(0.9 * EPSILON, EPSILON);
        }
      }
      assertThat(r.kind()).containsExactly(Kind.CERTIFIED);
    }
  }

  private static CurveResult run(
      double[] own, double[] other, CurveAttack attack, double[] x, int[] y) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models judge = Models.of(device, NET, params(own));
        Models surrogate = Models.of(device, NET, params(other))) {
      return Transfer.run(
          judge,
          surrogate,
          attack,
          KEY,
          HostTensor.of(Shape.of(SAMPLES, FEATURES), x),
          HostTensor.of(Shape.of(SAMPLES), y));
    }
  }

  /** A surrogate that sees it all the other way round helps nobody. */
  @Test
  void anOppositeSurrogateFoolsNothing() {
    double[] x = points();
    double[] own = weights(1, 0);
    int[] y = new int[SAMPLES];
    Arrays.setAll(y, n -> logit(own, x, n) > 0 ? 1 : 0);
    CurveResult r = run(own, weights(-1, 0), attack("pgd", AttackLoss.MARGIN), x, y);
    assertThat(r.survived()[0]).containsOnly(1);
    y[3] = 1 - y[3]; // misclassified as it stands
    r = run(own, weights(-1, 0), attack("pgd", AttackLoss.MARGIN), x, y);
    assertThat(r.survived()[0][3]).isZero();
    assertThat(r.distance()[0][3]).isZero();
    assertThat(Arrays.stream(r.survived()[0]).sum()).isEqualTo(SAMPLES - 1);
  }

  @Test
  void aSurrogateOfOtherSamplesIsRefused() {
    Sequential wide = Sequential.mlp(Shape.of(7), List.of(), Activation.RELU, 2);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models judge = Models.of(device, NET, params(weights(1, 0)));
        Models surrogate = Models.of(device, wide, wide.initial(List.of(KEY)))) {
      HostTensor x = HostTensor.of(Shape.of(SAMPLES, FEATURES), points());
      HostTensor y = HostTensor.of(Shape.of(SAMPLES), new int[SAMPLES]);
      assertThatThrownBy(
              () -> Transfer.run(judge, surrogate, attack("pgd", AttackLoss.MARGIN), KEY, x, y))
          .hasMessage(
              "transfer: the surrogate takes samples of shape [7], the network of shape [6]");
    }
  }
}
