// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
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

/**
 * Every attack of the list on a linear classifier, whose radii are known: the least over wrong
 * classes k of (z_y - z_k) / ||w_y - w_k|| in the dual norm. Without a bias a radius scales with
 * the sample; samples are scaled to one radius, survive 0.98 of it and fall at 1.02 (random search
 * and random halves of the way in l2 at 1.2, random search in l1, whose windows have three features
 * where one is best, at 1.5).
 */
class LinearTruthTest {
  private static final int FEATURES = 6;
  private static final int CLASSES = 4;
  private static final int SAMPLES = 12;
  private static final double RADIUS = 0.7; // no length of a step, which would end on a boundary
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(), Activation.RELU, CLASSES);

  static Stream<Arguments> attacks() {
    Stream<Arguments> margins =
        Attacks.names().stream()
            .flatMap(
                name ->
                    Stream.of(Norm.LINF, Norm.L2, Sparse.L1)
                        .filter(Attacks.some(name)::takes)
                        .map(norm -> Arguments.of(name, norm, AttackLoss.TARGETED_MARGIN)));
    // A ratio is not linear: steps of one length along its gradient stop short of the way.
    return Stream.concat(
        margins,
        Stream.of(Norm.values()).map(norm -> Arguments.of("apgd", norm, AttackLoss.TARGETED_DLR)));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("attacks")
  void samplesFallAtTheirRadius(String name, Distance norm, AttackLoss loss) {
    List<TrialKey> keys = List.of(TrialKey.of(3, "linear"));
    Map<String, HostTensor> params = new HashMap<>(NET.initial(keys));
    params.put("0.bias", HostTensor.of(params.get("0.bias").shape(), new float[CLASSES]));
    double[] weight = params.get("0.weight").toDouble().doubles(); // [features, classes]
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
              .mapToDouble(k -> (z[y] - z[k]) / dual(norm, weight, y, k))
              .min()
              .orElseThrow();
      for (int i = n * FEATURES; i < (n + 1) * FEATURES; i++) {
        x[i] *= RADIUS / radius;
      }
    }
    boolean blind = name.equals("square"); // sees no gradient
    int steps =
        Map.of("square", 600, "carlini-wagner", 9 * 200, "apgdL1", 100, "hopskipjump", 1500)
            .getOrDefault(name.equals("apgd") ? name + norm : name, 40);
    Attack attack = Attacks.of(name, new Attacks.Settings(steps, OptionalDouble.empty()));
    boolean half = name.equals("r-fgsm"); // right where the random half goes the right way
    double above =
        blind && norm == Sparse.L1 ? 1.5 : (blind || half) && norm == Norm.L2 ? 1.2 : 1.02;
    CurveAttack curve =
        CurveAttack.of(attack, new Threat(norm, Box.NONE), List.of(0.98 * RADIUS, above * RADIUS))
            .withLoss(loss)
            .withTargets(CLASSES - 1)
            .withRestarts(half ? 600 : attack.randomStart() ? 3 : 1)
            .withType(DType.F64);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      HostTensor points = HostTensor.of(Shape.of(SAMPLES, FEATURES), x);
      HostTensor labels = HostTensor.of(Shape.of(SAMPLES), label);
      CurveResult found = HostAttack.run(device, NET, curve, params, keys, points, labels);
      assertThat(found.survived()[0]).containsOnly(1);
    }
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

  private static double dual(Distance norm, double[] weight, int y, int k) {
    double sum = 0;
    double largest = 0;
    for (int i = 0; i < FEATURES; i++) {
      double d = weight[i * CLASSES + y] - weight[i * CLASSES + k];
      largest = Math.max(largest, Math.abs(d));
      sum += norm == Norm.LINF ? Math.abs(d) : d * d;
    }
    return norm == Norm.LINF ? sum : norm == Norm.L2 ? Math.sqrt(sum) : largest;
  }
}
