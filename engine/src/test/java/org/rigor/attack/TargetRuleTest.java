// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** Choice of targets on linear classifiers, whose distances to boundaries are known. */
class TargetRuleTest {
  private static final int FEATURES = 5;
  private static final int CLASSES = 7;
  private static final int SAMPLES = 9;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(), Activation.RELU, CLASSES);
  private static final List<TrialKey> KEYS = List.of(TrialKey.of(1, "a"), TrialKey.of(2, "a"));
  private static final Map<String, HostTensor> PARAMS = NET.initial(KEYS);

  static List<Distance> distances() {
    return List.of(Norm.LINF, Norm.L2, Sparse.L1);
  }

  private static double[] points() {
    double[] x = new double[SAMPLES * FEATURES];
    Arrays.setAll(x, i -> 0.5 + 0.4 * Math.sin(3 * i + 1));
    return x;
  }

  private static double[] logits(double[] x) {
    double[] w = PARAMS.get("0.weight").toDouble().doubles();
    double[] bias = PARAMS.get("0.bias").toDouble().doubles();
    double[] z = new double[2 * SAMPLES * CLASSES];
    for (int i = 0; i < z.length; i++) {
      int k = i % CLASSES;
      int n = i / CLASSES % SAMPLES;
      int m = i / CLASSES / SAMPLES;
      z[i] = bias[m * CLASSES + k];
      for (int f = 0; f < FEATURES; f++) {
        z[i] += x[n * FEATURES + f] * w[(m * FEATURES + f) * CLASSES + k];
      }
    }
    return z;
  }

  /** Returns how far class k's boundary is from a sample of class y in a linear network. */
  private static double distance(Distance norm, double[] z, int row, int y, int k) {
    double[] w = PARAMS.get("0.weight").toDouble().doubles();
    int m = row / SAMPLES;
    double[] d =
        IntStream.range(0, FEATURES)
            .mapToDouble(
                f ->
                    Math.abs(
                        w[(m * FEATURES + f) * CLASSES + k] - w[(m * FEATURES + f) * CLASSES + y]))
            .toArray();
    double dual =
        norm == Norm.LINF
            ? Arrays.stream(d).sum()
            : norm == Norm.L2
                ? Math.sqrt(Arrays.stream(d).map(v -> v * v).sum())
                : Arrays.stream(d).max().orElseThrow();
    return (z[row * CLASSES + y] - z[row * CLASSES + k]) / dual;
  }

  @ParameterizedTest
  @MethodSource("distances")
  void theNearestBoundariesComeFirst(Distance norm) {
    double[] x = points();
    double[] z = logits(x);
    int[] y =
        IntStream.range(0, SAMPLES)
            .map(
                n ->
                    IntStream.range(0, CLASSES)
                        .reduce(0, (a, b) -> z[n * CLASSES + b] > z[n * CLASSES + a] ? b : a))
            .toArray();
    CurveAttack attack =
        CurveAttack.of(Pgd.of(3), new Threat(norm, Box.NONE), List.of(0.1))
            .withTargets(CLASSES - 1)
            .withRule(TargetRule.NEAREST);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, NET, PARAMS)) {
      int[] found =
          Targets.of(
                  attack,
                  models,
                  HostTensor.of(Shape.of(SAMPLES, FEATURES), x),
                  HostTensor.of(Shape.of(SAMPLES), y),
                  z)
              .ints();
      boolean differs = false;
      for (int row = 0; row < 2 * SAMPLES; row++) {
        int own = row;
        int label = y[row % SAMPLES];
        int[] wrong = IntStream.range(0, CLASSES).filter(k -> k != label).toArray();
        int[] wanted = sorted(wrong, k -> distance(norm, z, own, label, k));
        int[] likeliest = sorted(wrong, k -> -z[own * CLASSES + k]);
        int from = row * (CLASSES - 1);
        assertThat(Arrays.copyOfRange(found, from, from + CLASSES - 1)).isEqualTo(wanted);
        differs |= !Arrays.equals(wanted, likeliest);
      }
      assertThat(differs).as("the likeliest are others").isTrue();
    }
  }

  private static int[] sorted(int[] classes, java.util.function.IntToDoubleFunction by) {
    return Arrays.stream(classes)
        .boxed()
        .sorted(Comparator.comparingDouble(by::applyAsDouble))
        .mapToInt(k -> k)
        .toArray();
  }

  /** One target suffices on linear classifiers if it is the nearest, not if it is the likeliest. */
  @ParameterizedTest
  @EnumSource(Norm.class)
  void oneNearestTargetIsEnough(Norm norm) {
    double[] x = points();
    double[] z = logits(x);
    int fooled = 0;
    for (TargetRule rule : List.of(TargetRule.NEAREST, TargetRule.LIKELIEST)) {
      int all = 0;
      for (int n = 0; n < SAMPLES; n++) {
        int sample = n;
        int label =
            IntStream.range(0, CLASSES)
                .reduce(0, (a, b) -> z[sample * CLASSES + b] > z[sample * CLASSES + a] ? b : a);
        double radius =
            IntStream.range(0, CLASSES)
                .filter(k -> k != label)
                .mapToDouble(k -> distance(norm, z, sample, label, k))
                .min()
                .orElseThrow();
        CurveAttack attack =
            CurveAttack.of(Pgd.fgsm(), new Threat(norm, Box.NONE), List.of(1.02 * radius))
                .withTargets(1)
                .withType(DType.F64)
                .withRule(rule);
        try (Device device = new CpuDevice(1, "scalar", "test")) {
          HostTensor one =
              HostTensor.of(
                  Shape.of(1, FEATURES), Arrays.copyOfRange(x, n * FEATURES, (n + 1) * FEATURES));
          HostTensor own = HostTensor.of(Shape.of(1), label);
          CurveResult r =
              HostAttack.run(device, NET, attack, first(), KEYS.subList(0, 1), one, own);
          all += 1 - r.survived()[0][0];
        }
      }
      if (rule == TargetRule.NEAREST) {
        assertThat(all).isEqualTo(SAMPLES);
      }
      fooled = all;
    }
    assertThat(fooled).as("by the likeliest").isLessThan(SAMPLES);
  }

  private static Map<String, HostTensor> first() {
    return NET.initial(KEYS.subList(0, 1));
  }

  @Test
  void suiteMaltAimsAtTheNearest() {
    AttackSuite suite =
        AttackSuites.of(
            "malt",
            new AttackSuites.Goal(
                new Threat(Norm.LINF, Box.UNIT),
                List.of(0.1),
                DType.F32,
                java.util.Optional.empty()));
    assertThat(suite.members()).hasSize(1);
    CurveAttack only = suite.members().get(0).attack();
    assertThat(only.rule()).isEqualTo(TargetRule.NEAREST);
    assertThat(only.targets()).isEqualTo(9);
    assertThat(only.loss()).isEqualTo(AttackLoss.TARGETED_DLR);
  }
}
