// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.attack.Attacks;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.DistanceFinder;
import org.rigor.attack.Distances;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** Brackets against exact distances: those to the polygons of all patterns of a tiny network. */
class RadiusFinderTest {
  private static final Device DEVICE = new CpuDevice(2, "scalar", "test");
  private static final Box BOX = new Box(-1, 1);
  private static final int MODELS = 3;
  private static final int SAMPLES = 24;
  private static final int CLASSES = 3;
  private static final double SHARE = 1e-3;
  private static final int[] HIDDEN = {5, 4};
  private static final Network NET =
      Sequential.mlp(Shape.of(2), List.of(HIDDEN[0], HIDDEN[1]), Activation.RELU, CLASSES);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static Map<String, HostTensor> parameters() {
    Random r = new Random(21);
    Map<String, HostTensor> all = new HashMap<>();
    for (Parameter p : NET.parameters()) {
      Shape shape = p.shape().insert(0, MODELS);
      float[] v = new float[Math.toIntExact(shape.size())];
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) ((p.name().endsWith("bias") ? 0.3 : 1) * r.nextGaussian());
      }
      all.put(p.name(), HostTensor.of(shape, v));
    }
    return all;
  }

  private static HostTensor samples() {
    Random r = new Random(5);
    float[] x = new float[2 * SAMPLES];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (1.8 * r.nextDouble() - 0.9);
    }
    return HostTensor.of(Shape.of(SAMPLES, 2), x);
  }

  private static HostTensor labels() {
    return HostTensor.of(
        Shape.of(SAMPLES), IntStream.range(0, SAMPLES).map(n -> (n * 7) % CLASSES).toArray());
  }

  private static Distances attacked(Models networks, Norm norm, String name, int steps) {
    CurveAttack weak =
        CurveAttack.of(
            Attacks.of(name, new Attacks.Settings(steps, OptionalDouble.empty())),
            new Threat(norm, BOX),
            List.of(4.0));
    List<TrialKey> keys = IntStream.range(0, MODELS).mapToObj(m -> TrialKey.of(m, "t")).toList();
    return new DistanceFinder(DEVICE, NET, weak).run(networks, keys, samples(), labels());
  }

  @ParameterizedTest
  @EnumSource(Norm.class)
  void bracketsHoldTheExactDistance(Norm norm) {
    Map<String, HostTensor> values = parameters();
    try (Models networks = Models.of(DEVICE, NET, values);
        RadiusFinder finder = new RadiusFinder(networks, BOX, norm, SHARE, 100_000)) {
      // few steps leave points that are far from the nearest
      Distances attacked = attacked(networks, norm, "fmn", 12);
      Radii r = finder.run(samples(), labels(), attacked);
      int resolved = 0;
      int fooled = 0;
      int improved = 0;
      for (int m = 0; m < MODELS; m++) {
        for (int n = 0; n < SAMPLES; n++) {
          double exact = exact(values, m, n, norm);
          double high = r.upper()[m][n];
          assertThat(r.lower()[m][n]).as("lower of %d, %d", m, n).isLessThanOrEqualTo(exact);
          assertThat(high).as("upper of %d, %d", m, n).isGreaterThanOrEqualTo(exact * (1 - 1e-12));
          assertThat(high).isLessThanOrEqualTo(Math.nextUp(attacked.distance()[m][n]));
          if (Double.isFinite(high) && high > 0) {
            fooled++;
            resolved += r.resolved(m, n, SHARE) ? 1 : 0;
            improved += high < attacked.distance()[m][n] * (1 - 1e-6) ? 1 : 0;
            double[] w = r.witness()[m][n];
            double[] at = {samples().get(2 * n), samples().get(2 * n + 1)};
            double dx = Math.abs(w[0] - at[0]);
            double dy = Math.abs(w[1] - at[1]);
            double far = norm == Norm.LINF ? Math.max(dx, dy) : Math.hypot(dx, dy);
            assertThat(far).isLessThanOrEqualTo(high * (1 + 1e-12));
          }
        }
      }
      assertThat(fooled).isGreaterThanOrEqualTo(8);
      assertThat(improved).isGreaterThanOrEqualTo(5);
      assertThat(resolved).isGreaterThanOrEqualTo(norm == Norm.LINF ? fooled : fooled / 2 + 1);
    }
  }

  /** A budget that pays for nothing leaves what intervals and CROWN say, and ends. */
  @Test
  void aSmallBudgetLeavesWideBrackets() {
    Map<String, HostTensor> values = parameters();
    try (Models networks = Models.of(DEVICE, NET, values);
        RadiusFinder finder = new RadiusFinder(networks, BOX, Norm.LINF, SHARE, 1)) {
      Radii r = finder.run(samples(), labels(), attacked(networks, Norm.LINF, "fmn", 20));
      for (int m = 0; m < MODELS; m++) {
        for (int n = 0; n < SAMPLES; n++) {
          double exact = exact(values, m, n, Norm.LINF);
          assertThat(r.lower()[m][n]).isLessThanOrEqualTo(exact);
          assertThat(r.upper()[m][n]).isGreaterThanOrEqualTo(exact * (1 - 1e-12));
        }
      }
    }
  }

  @Test
  void aShareOutOfRangeIsRefused() {
    try (Models networks = Models.of(DEVICE, NET, parameters())) {
      for (double share : new double[] {0, 1, Double.NaN, 1e-12}) {
        assertThatThrownBy(() -> new RadiusFinder(networks, BOX, Norm.LINF, share, 9))
            .hasMessageContaining("share must lie in");
      }
    }
  }

  /** Returns the distance to the nearest point of the box where a wrong logit is largest. */
  private static double exact(Map<String, HostTensor> all, int model, int n, Norm norm) {
    double[] at = {samples().get(2 * n), samples().get(2 * n + 1)};
    int label = (n * 7) % CLASSES;
    double least = Double.POSITIVE_INFINITY;
    for (int pattern = 0; pattern < 1 << (HIDDEN[0] + HIDDEN[1]); pattern++) {
      List<double[]> polygon =
          new ArrayList<>(
              List.of(
                  new double[] {-1, -1},
                  new double[] {1, -1},
                  new double[] {1, 1},
                  new double[] {-1, 1}));
      double[][] layer = {{1, 0, 0}, {0, 1, 0}}; // each value as a x + b y + c
      int bit = 0;
      for (int l = 0; l < 3; l++) {
        double[][] next = affine(all, model, l, layer);
        for (int j = 0; l < 2 && j < next.length; j++, bit++) {
          boolean on = (pattern >> bit & 1) == 1;
          double sign = on ? 1 : -1;
          polygon = cut(polygon, sign * next[j][0], sign * next[j][1], sign * next[j][2]);
          next[j] = on ? next[j] : new double[3];
        }
        layer = next;
      }
      for (int k = 0; k < CLASSES && !polygon.isEmpty(); k++) {
        if (k != label) {
          double[] w = layer[k];
          double[] own = layer[label];
          List<double[]> wrong = cut(polygon, w[0] - own[0], w[1] - own[1], w[2] - own[2]);
          least = Math.min(least, distance(wrong, at, norm));
        }
      }
    }
    return least;
  }

  private static double[][] affine(
      Map<String, HostTensor> all, int model, int l, double[][] layer) {
    List<Parameter> ps = NET.parameters();
    HostTensor w = all.get(ps.get(2 * l).name());
    HostTensor b = all.get(ps.get(2 * l + 1).name());
    int out = w.shape().dim(2);
    double[][] next = new double[out][3];
    for (int j = 0; j < out; j++) {
      next[j][2] = b.get(model * out + j);
      for (int i = 0; i < layer.length; i++) {
        double v = w.get((model * layer.length + i) * out + j);
        for (int c = 0; c < 3; c++) {
          next[j][c] += v * layer[i][c];
        }
      }
    }
    return next;
  }

  /** Returns the part of a convex polygon where {@code a x + b y + c >= 0}. */
  private static List<double[]> cut(List<double[]> polygon, double a, double b, double c) {
    List<double[]> kept = new ArrayList<>();
    for (int i = 0; i < polygon.size(); i++) {
      double[] p = polygon.get(i);
      double[] q = polygon.get((i + 1) % polygon.size());
      double u = a * p[0] + b * p[1] + c;
      double v = a * q[0] + b * q[1] + c;
      if (u >= 0) {
        kept.add(p);
      }
      if (u > 0 && v < 0 || u < 0 && v > 0) {
        double t = u / (u - v);
        kept.add(new double[] {p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])});
      }
    }
    return kept;
  }

  private static double distance(List<double[]> polygon, double[] at, Norm norm) {
    double least = Double.POSITIVE_INFINITY;
    boolean left = false;
    boolean right = false;
    for (int i = 0; i < polygon.size(); i++) {
      double[] p = polygon.get(i);
      double[] q = polygon.get((i + 1) % polygon.size());
      double side = (q[0] - p[0]) * (at[1] - p[1]) - (q[1] - p[1]) * (at[0] - p[0]);
      left |= side > 0;
      right |= side < 0;
      double low = 0;
      double high = 1;
      for (int s = 0; s < 200; s++) { // the distance along an edge is convex
        double one = low + (high - low) / 3;
        double two = high - (high - low) / 3;
        boolean nearer = distance(p, q, one, at, norm) < distance(p, q, two, at, norm);
        low = nearer ? low : one;
        high = nearer ? two : high;
      }
      for (double t : new double[] {0, low, 1}) {
        least = Math.min(least, distance(p, q, t, at, norm));
      }
    }
    return polygon.size() > 2 && !(left && right) ? 0 : least;
  }

  private static double distance(double[] p, double[] q, double t, double[] at, Norm norm) {
    double dx = Math.abs(p[0] + t * (q[0] - p[0]) - at[0]);
    double dy = Math.abs(p[1] + t * (q[1] - p[1]) - at[1]);
    return norm == Norm.LINF ? Math.max(dx, dy) : Math.hypot(dx, dy);
  }
}
