// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.OnEveryDevice;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Scale;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;

/**
 * Every attack that takes linf, where features have factors of the radius. A linear classifier
 * falls from the least over wrong classes k of (z_y - z_k) / sum_i factor_i |w_yi - w_ki|.
 */
class ScaledThreatTest {
  private static final int FEATURES = 6;
  private static final int CLASSES = 4;
  private static final int SAMPLES = 12;
  private static final double RADIUS = 0.7;
  private static final double[] FACTORS = {1, 0, 0.3, 2.5, 0, 0.9};
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(), Activation.RELU, CLASSES);
  private static final List<TrialKey> KEYS = List.of(TrialKey.of(3, "linear"));

  static Stream<String> attacks() {
    return Attacks.names().stream().filter(n -> Attacks.some(n).takes(Norm.LINF));
  }

  private static Threat threat(Box box) {
    return new Threat(
        Norm.LINF, box, Optional.of(new Scale(HostTensor.of(Shape.of(FEATURES), FACTORS))));
  }

  private static Map<String, HostTensor> params() {
    Map<String, HostTensor> params = new HashMap<>(NET.initial(KEYS));
    params.put("0.bias", HostTensor.of(params.get("0.bias").shape(), new float[CLASSES]));
    return params;
  }

  private static double[] logits(double[] weight, double[] x, int n) {
    double[] z = new double[CLASSES];
    for (int i = 0; i < FEATURES; i++) {
      for (int k = 0; k < CLASSES; k++) {
        z[k] += x[n * FEATURES + i] * weight[i * CLASSES + k];
      }
    }
    return z;
  }

  private static double slope(double[] weight, int y, int k) {
    double sum = 0;
    for (int i = 0; i < FEATURES; i++) {
      sum += FACTORS[i] * Math.abs(weight[i * CLASSES + y] - weight[i * CLASSES + k]);
    }
    return sum;
  }

  private static CurveResult run(
      String name, Threat threat, List<Double> radii, double[] x, int[] label) {
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      return run(device, name, threat, radii, x, label);
    }
  }

  private static CurveResult run(
      Device device, String name, Threat threat, List<Double> radii, double[] x, int[] label) {
    int steps =
        Map.of("square", 600, "carlini-wagner", 9 * 200, "hopskipjump", 1500)
            .getOrDefault(name, 40);
    Attack attack = Attacks.of(name, new Attacks.Settings(steps, OptionalDouble.empty()));
    CurveAttack curve =
        CurveAttack.of(attack, threat, radii)
            .withLoss(AttackLoss.TARGETED_MARGIN)
            .withTargets(CLASSES - 1)
            .withRestarts(name.equals("r-fgsm") ? 600 : attack.randomStart() ? 3 : 1)
            .withType(DType.F64);
    HostTensor points = HostTensor.of(Shape.of(SAMPLES, FEATURES), x);
    HostTensor labels = HostTensor.of(Shape.of(SAMPLES), label);
    return HostAttack.run(device, NET, curve, params(), KEYS, points, labels);
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void samplesFallAtTheirRadius(String name) {
    double[] weight = params().get("0.weight").toDouble().doubles();
    double[] x = new double[SAMPLES * FEATURES];
    Arrays.setAll(x, i -> Math.sin(3 * i + 1));
    int[] label = new int[SAMPLES];
    for (int n = 0; n < SAMPLES; n++) {
      double[] z = logits(weight, x, n);
      int y = IntStream.range(0, CLASSES).reduce(0, (i, j) -> z[j] > z[i] ? j : i);
      label[n] = y;
      double radius =
          IntStream.range(0, CLASSES)
              .filter(k -> k != y)
              .mapToDouble(k -> (z[y] - z[k]) / slope(weight, y, k))
              .min()
              .orElseThrow();
      for (int i = n * FEATURES; i < (n + 1) * FEATURES; i++) {
        x[i] *= RADIUS / radius;
      }
    }
    double below = 0.98 * RADIUS;
    double above = (name.equals("hopskipjump") ? 1.1 : 1.02) * RADIUS;
    CurveResult found = run(name, threat(Box.NONE), List.of(below, above), x, label);
    assertThat(found.survived()[0]).containsOnly(1);
    inside(found, x, above, Box.NONE);
  }

  /** Points lie in box and ball in real arithmetic, and features that are frozen stay. */
  @ParameterizedTest
  @MethodSource("attacks")
  void pointsKeepToBoxAndFactors(String name) {
    double[] x = new double[SAMPLES * FEATURES];
    Arrays.setAll(x, i -> 0.5 + 0.5 * Math.sin(7 * i)); // some at the box's sides
    double[] weight = params().get("0.weight").toDouble().doubles();
    int[] label = new int[SAMPLES];
    for (int n = 0; n < SAMPLES; n++) {
      double[] z = logits(weight, x, n);
      label[n] = IntStream.range(0, CLASSES).reduce(0, (i, j) -> z[j] > z[i] ? j : i);
    }
    CurveResult found = run(name, threat(Box.UNIT), List.of(0.37), x, label);
    inside(found, x, 0.37, Box.UNIT);
    CurveResult plain = run(name, new Threat(Norm.LINF, Box.UNIT), List.of(2.5), x, label);
    assertThat(fallen(found)).as("fallen").isPositive().isLessThanOrEqualTo(fallen(plain));
  }

  /** CUDA, on the emulator or a GPU, confirms the points that the host keeps. */
  @Test
  void devicesConfirmTheSamePoints() {
    double[] x = new double[SAMPLES * FEATURES];
    Arrays.setAll(x, i -> 0.5 + 0.5 * Math.sin(7 * i));
    int[] label = new int[SAMPLES];
    CurveResult expected = run("pgd", threat(Box.UNIT), List.of(0.1, 0.37), x, label);
    try (Device cuda = OnEveryDevice.open(System.getProperty("rigor.test.cuda", "emulated"))) {
      CurveResult found = run(cuda, "pgd", threat(Box.UNIT), List.of(0.1, 0.37), x, label);
      assertThat(found.survived()[0]).containsExactly(expected.survived()[0]);
      assertThat(fallen(found)).isPositive();
      inside(found, x, 0.37, Box.UNIT);
    }
  }

  private static long fallen(CurveResult r) {
    return Arrays.stream(r.survived()[0]).filter(s -> s == 0).count();
  }

  private static void inside(CurveResult found, double[] x, double radius, Box box) {
    for (int n = 0; n < SAMPLES; n++) {
      double[] point = found.witness()[0][n];
      if (point == null) {
        continue;
      }
      double farthest = 0;
      for (int i = 0; i < FEATURES; i++) {
        double clean = x[n * FEATURES + i];
        BigDecimal far = new BigDecimal(point[i]).subtract(new BigDecimal(clean)).abs();
        BigDecimal most = new BigDecimal(radius).multiply(new BigDecimal(FACTORS[i]));
        assertThat(far).isLessThanOrEqualTo(most);
        assertThat(point[i]).isBetween(box.lower(), box.upper());
        farthest = Math.max(farthest, FACTORS[i] == 0 ? 0 : far.doubleValue() / FACTORS[i]);
      }
      assertThat(found.distance()[0][n]).isCloseTo(farthest, within(1e-12));
    }
  }

  @Test
  void refusesWhatHasNoFactors() {
    HostTensor factors = HostTensor.of(Shape.of(FEATURES), FACTORS);
    for (var other : List.of(Norm.L2, Sparse.L1, Sparse.L0)) {
      assertThatThrownBy(() -> new Threat(other, Box.NONE, Optional.of(new Scale(factors))))
          .hasMessageContaining("features have factors in linf alone");
    }
    for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new Scale(HostTensor.of(Shape.of(2), 1.0, bad)))
          .hasMessageContaining("element 1 is " + bad);
    }
    assertThatThrownBy(() -> new Scale(HostTensor.of(Shape.of(2), 0.0, 0.0)))
        .hasMessageContaining("not all 0");
    assertThatThrownBy(() -> new UniversalAttack(threat(Box.UNIT), 0.1, AttackLoss.MARGIN, 3))
        .hasMessageContaining("a universal perturbation knows no factors");
  }
}
