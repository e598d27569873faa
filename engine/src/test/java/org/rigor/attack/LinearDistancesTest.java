// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
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
import org.rigor.workspace.Models;

/**
 * Distances of linear classifiers, which are known: the least over wrong classes of that to a half
 * space within the box, by bisection of the multiplier. No attack finds less, and none of those
 * that minimise, nor projected gradients over radii, more than two hundredths above it; by
 * decisions alone, a tenth.
 */
class LinearDistancesTest {
  private static final int FEATURES = 6;
  private static final int CLASSES = 4;
  private static final int SAMPLES = 12;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(), Activation.RELU, CLASSES);
  private static final Map<String, Integer> STEPS =
      Map.of(
          "pgd",
          60,
          "pgdL1",
          240,
          "apgdL1",
          240,
          "hopskipjump",
          1000,
          "sigma-zero",
          300,
          "fmn",
          200,
          "ddn",
          200,
          "carlini-wagner",
          9 * 400);

  static Stream<Arguments> attacks() {
    return Stream.concat(
            Attacks.names().stream().filter(n -> Attacks.some(n).minimises()),
            Stream.of("pgd", "apgd"))
        .flatMap(
            name ->
                Distance.all().stream()
                    .filter(Attacks.some(name)::takes)
                    .filter(norm -> !name.equals("apgd") || norm == Sparse.L1)
                    .flatMap(
                        norm ->
                            Stream.of(Box.NONE, Box.UNIT)
                                .map(box -> Arguments.of(name, norm, box))));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("attacks")
  void distancesAreExact(String name, Distance norm, Box box) {
    List<TrialKey> keys = List.of(TrialKey.of(3, "linear"));
    Map<String, HostTensor> params = new HashMap<>(NET.initial(keys));
    double[] weight = params.get("0.weight").toDouble().doubles(); // [features, classes]
    double[] bias = params.get("0.bias").toDouble().doubles();
    double[] x = new double[SAMPLES * FEATURES];
    // Many lie at sides of the box; near them for an attack whose points only tend to sides.
    double side = name.equals("carlini-wagner") ? 0.02 : 0;
    Arrays.setAll(x, i -> Math.max(side, Math.min(1 - side, 0.5 + 0.7 * Math.sin(5 * i + 1))));
    int[] label = new int[SAMPLES];
    double[] exact = new double[SAMPLES];
    for (int n = 0; n < SAMPLES; n++) {
      double[] z = bias.clone();
      for (int i = 0; i < FEATURES; i++) {
        for (int k = 0; k < CLASSES; k++) {
          z[k] += x[n * FEATURES + i] * weight[i * CLASSES + k];
        }
      }
      int y = IntStream.range(0, CLASSES).reduce(0, (i, j) -> z[j] > z[i] ? j : i);
      label[n] = y;
      double[] own = Arrays.copyOfRange(x, n * FEATURES, (n + 1) * FEATURES);
      exact[n] =
          IntStream.range(0, CLASSES)
              .filter(k -> k != y)
              .mapToDouble(k -> distance(norm, box, own, difference(weight, k, y), z[y] - z[k]))
              .min()
              .orElseThrow();
    }
    Attack attack =
        Attacks.of(
            name,
            new Attacks.Settings(
                STEPS.getOrDefault(name + norm, STEPS.getOrDefault(name, 40)),
                OptionalDouble.empty()));
    CurveAttack settings =
        CurveAttack.of(attack, new Threat(norm, box), DistanceFinder.radii(1e-3, 3, 0.005))
            .withType(DType.F64);
    // Decisions have no target: starts near every boundary have a chance to.
    settings =
        attack.decides()
            ? settings.withRestarts(9)
            : settings
                .withTargets(CLASSES - 1)
                .withRestarts(attack.randomStart() && norm != Norm.LINF ? 3 : 1);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, NET, params)) {
      HostTensor points = HostTensor.of(Shape.of(SAMPLES, FEATURES), x);
      HostTensor labels = HostTensor.of(Shape.of(SAMPLES), label);
      Distances found = new DistanceFinder(device, NET, settings).run(models, keys, points, labels);
      double most = attack.decides() ? 1.1 : 1.02;
      for (int n = 0; n < SAMPLES; n++) {
        double d = found.distance()[0][n];
        double gap = found.resolution()[0][n];
        assertThat(d).as("sample %d", n).isBetween(exact[n] * (1 - 1e-9), exact[n] * most);
        assertThat(gap).as("resolution of sample %d", n).isBetween(0.0, 0.02 * d);
      }
    }
  }

  private static double[] difference(double[] weight, int k, int y) {
    return IntStream.range(0, FEATURES)
        .mapToDouble(i -> weight[i * CLASSES + k] - weight[i * CLASSES + y])
        .toArray();
  }

  /** Returns how far a point is from where {@code w} has gained so much; infinite if nowhere. */
  private static double distance(Distance norm, Box box, double[] x, double[] w, double gain) {
    double high = 1e6;
    if (norm instanceof Sparse || gained(norm, box, x, w, high, null) < gain) {
      return norm instanceof Sparse ? greedy(norm, box, x, w, gain) : Double.POSITIVE_INFINITY;
    }
    double low = 0;
    for (int i = 0; i < 200; i++) {
      double middle = (low + high) / 2;
      boolean enough = gained(norm, box, x, w, middle, null) >= gain;
      high = enough ? middle : high;
      low = enough ? low : middle;
    }
    double[] moved = new double[x.length];
    gained(norm, box, x, w, high, moved);
    double squares = 0;
    double largest = 0;
    for (double d : moved) {
      squares += d * d;
      largest = Math.max(largest, Math.abs(d));
    }
    return norm == Norm.LINF ? largest : Math.sqrt(squares);
  }

  /** Moves features to sides of the box, those first that gain most: a way, in l0 a feature. */
  private static double greedy(Distance norm, Box box, double[] x, double[] w, double gain) {
    double[] room = new double[x.length];
    Arrays.setAll(room, i -> Math.min(1e9, w[i] > 0 ? box.upper() - x[i] : x[i] - box.lower()));
    Integer[] order = IntStream.range(0, x.length).boxed().toArray(Integer[]::new);
    Arrays.sort(
        order,
        Comparator.comparingDouble(i -> -Math.abs(w[i]) * (norm == Sparse.L1 ? 1 : room[i])));
    double left = gain;
    double far = 0;
    for (int i : order) {
      double most = Math.abs(w[i]) * room[i];
      double share = Math.min(1, left / most);
      far += norm == Sparse.L1 ? share * room[i] : 1;
      left -= most;
      if (left <= 0) {
        return far;
      }
    }
    return Double.POSITIVE_INFINITY;
  }

  /** Moves a point along sign(w) in linf, w in l2, by a length, within the box. */
  private static double gained(
      Distance norm, Box box, double[] x, double[] w, double length, double[] moved) {
    double gain = 0;
    for (int i = 0; i < x.length; i++) {
      double to = x[i] + length * (norm == Norm.LINF ? Math.signum(w[i]) : w[i]);
      double d = Math.min(box.upper(), Math.max(box.lower(), to)) - x[i];
      gain += w[i] * d;
      if (moved != null) {
        moved[i] = d;
      }
    }
    return gain;
  }
}
