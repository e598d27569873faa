// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * A linear classifier behind layers that cancel in pairs: each turns its inputs by an orthogonal
 * matrix whose rows sum to 4 in magnitude, so an enclosure is four times as wide behind each. The
 * classifier's radii stay what they are.
 */
class DeepNetworkTest {
  private static final int WIDTH = 16;
  private static final int CLASSES = 3;
  private static final int SAMPLES = 12;

  private static Sequential net(int turns) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < turns; i++) {
      layers.add(new Dense(WIDTH));
    }
    layers.add(new Dense(CLASSES));
    return new Sequential(Shape.of(WIDTH), layers);
  }

  /** Hadamard's matrix over 4 is its own inverse. */
  private static float[] hadamard() {
    float[] h = new float[WIDTH * WIDTH];
    for (int i = 0; i < h.length; i++) {
      h[i] = Integer.bitCount(i / WIDTH & i % WIDTH) % 2 == 0 ? 0.25f : -0.25f;
    }
    return h;
  }

  private static double weight(int i, int k) {
    return (float) Math.sin(3 * i + 7 * k + 1);
  }

  private record Case(int[] survived, Kind kind, int ambiguous, double[] distance) {}

  private static HostTensor points() {
    float[] x = new float[SAMPLES * WIDTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.sin(5 * i + 2);
    }
    return HostTensor.of(Shape.of(SAMPLES, WIDTH), x);
  }

  private static double[] radii(int[] label) {
    double[] radius = new double[SAMPLES];
    for (int n = 0; n < SAMPLES; n++) {
      double[] z = new double[CLASSES];
      for (int k = 0; k < CLASSES; k++) {
        for (int i = 0; i < WIDTH; i++) {
          z[k] += points().get(n * WIDTH + i) * weight(i, k);
        }
      }
      int y = IntStream.range(0, CLASSES).reduce(0, (a, b) -> z[b] > z[a] ? b : a);
      label[n] = y;
      radius[n] = Double.POSITIVE_INFINITY;
      for (int k = 0; k < CLASSES; k++) {
        double dual = 0;
        for (int i = 0; i < WIDTH; i++) {
          dual += Math.abs(weight(i, y) - weight(i, k));
        }
        radius[n] = k == y ? radius[n] : Math.min(radius[n], (z[y] - z[k]) / dual);
      }
    }
    return radius;
  }

  private static Case attack(int turns, double epsilon, int[] label) {
    Sequential net = net(turns);
    List<TrialKey> keys = List.of(TrialKey.of(1, "deep"));
    Map<String, HostTensor> params = new HashMap<>(net.initial(keys));
    params.replaceAll(
        (name, v) -> {
          boolean bias = name.endsWith("bias");
          float[] own = new float[Math.toIntExact(v.shape().size())];
          if (name.startsWith(turns + ".") && !bias) {
            for (int i = 0; i < own.length; i++) {
              own[i] = (float) weight(i / CLASSES, i % CLASSES);
            }
          }
          boolean turn = !name.startsWith(turns + ".") && !bias;
          return HostTensor.of(v.shape(), turn ? hadamard() : own);
        });
    CurveAttack attack =
        CurveAttack.of(new Pgd(20, 0.2, false), new Threat(Norm.LINF, Box.NONE), List.of(epsilon))
            .withTargets(CLASSES - 1);
    HostTensor y = HostTensor.of(Shape.of(SAMPLES), label);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, params)) {
      CurveResult r = new CurveAttacker(device, net, attack).run(models, keys, points(), y);
      CurveAttack nearest =
          CurveAttack.of(new Fmn(100), new Threat(Norm.LINF, Box.NONE), List.of(10.0))
              .withTargets(CLASSES - 1);
      Distances d = new DistanceFinder(device, net, nearest).run(models, keys, points(), y);
      assertThat(d.kind()).isEqualTo(r.kind());
      return new Case(r.survived()[0], r.kind().get(0), r.ambiguous()[0], d.distance()[0]);
    }
  }

  /** A width at which a batch holds few samples. */
  private static final int WIDE = 1 << 19;

  /** Of many batches only the first is enclosed in vain; what counts stays the same. */
  @Test
  void enclosuresThatSayNothingAreGivenUpAfterTheFirstBatch() {
    for (int turns : new int[] {0, 40}) {
      List<Layer> layers = new ArrayList<>(List.of(new Dense(WIDE), new Dense(WIDTH)));
      layers.addAll(net(turns).layers());
      Sequential net = new Sequential(Shape.of(WIDTH), layers);
      Map<String, HostTensor> params = new HashMap<>();

      net.initial(List.of(TrialKey.of(1, "deep")))
          .forEach((name, v) -> params.put(name, HostTensor.of(v.shape(), value(name, v))));
      int[] label = new int[SAMPLES];
      double[] radius = radii(label);
      double epsilon = 1.01 * Arrays.stream(radius).sorted().skip(6).findFirst().orElseThrow();
      CurveAttack attack =
          CurveAttack.of(new Pgd(20, 0.2, false), new Threat(Norm.LINF, Box.NONE), List.of(epsilon))
              .withSlots(2)
              .withTargets(CLASSES - 1);
      HostTensor y = HostTensor.of(Shape.of(SAMPLES), label);
      try (Device device = new CpuDevice(1, "scalar", "test");
          Models models = Models.of(device, net, params)) {
        List<TrialKey> keys = List.of(TrialKey.of(1, "deep"));
        CurveResult r = new CurveAttacker(device, net, attack).run(models, keys, points(), y);
        assertThat(r.survived()[0])
            .isEqualTo(Arrays.stream(radius).mapToInt(d -> d > epsilon ? 1 : 0).toArray());
        assertThat(r.kind().get(0)).isEqualTo(turns == 0 ? Kind.CERTIFIED : Kind.BOUND);
        assertThat(device.spent().orElseThrow().programs().containsKey("witness-computed"))
            .isEqualTo(turns > 0);
      }
    }
  }

  /** Returns weights that lead through the wide layer and back, then those of the classifier. */
  private static float[] value(String name, HostTensor like) {
    float[] own = new float[Math.toIntExact(like.shape().size())];
    int layer = Integer.parseInt(name.substring(0, name.indexOf('.')));
    if (name.endsWith("bias")) {
      return own;
    }
    if (layer > 1 && own.length == WIDTH * WIDTH) {
      return hadamard();
    }
    int width = like.shape().dim(-1);
    for (int i = 0; i < own.length; i++) {
      boolean diagonal = i / width == i % width;
      own[i] = layer > 1 ? (float) weight(i / width, i % width) : diagonal ? 1 : 0;
    }
    return own;
  }

  @Test
  void pointsCountWhereEnclosuresSayNothing() {
    int[] label = new int[SAMPLES];
    double[] radius = radii(label);
    double middle = Arrays.stream(radius).sorted().skip(SAMPLES / 2).findFirst().orElseThrow();
    double epsilon = 1.01 * middle;
    int[] expected = Arrays.stream(radius).mapToInt(r -> r > epsilon ? 1 : 0).toArray();
    assertThat(expected).contains(0, 1);
    for (int turns : new int[] {0, 40}) {
      Case found = attack(turns, epsilon, label);
      assertThat(found.survived()).as("%d turns", turns).isEqualTo(expected);
      assertThat(found.ambiguous()).isZero();
      assertThat(found.kind()).isEqualTo(turns == 0 ? Kind.CERTIFIED : Kind.BOUND);
      for (int n = 0; n < SAMPLES; n++) {
        assertThat(found.distance()[n]).isBetween(radius[n] * (1 - 1e-6), radius[n] * 1.02);
      }
    }
  }
}
