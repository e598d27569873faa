// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.property.Property;
import org.rigor.property.vnnlib.VnnLib;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.verify.Verdict.Answer;
import org.rigor.workspace.Models;

/**
 * Planted counterexamples that gradients cannot find. The spike 1 - 5/4 relu(1 - 8 |x - p|_1) is 1
 * away from p and has its least value, -1/4, at p alone; disguises keep the function, or what it is
 * at p and that it is least there. All numbers are dyadic, so that the least value is exact.
 */
class SpikeTest {
  private static final double LEAST = -0.25;
  private static final double TIP = 0x1p-20;
  private static final int N = 3;
  private static final double[] POINT = {0.28125, -0.40625, 0.6875};

  /** Layers of x W + b, a ReLU between them. */
  private record Layers(List<double[][]> w, List<double[]> b) {
    static Layers spike(double[] p) {
      double[][] first = new double[N][2 * N];
      double[] ends = new double[2 * N];
      double[][] sum = new double[2 * N][1];
      for (int i = 0; i < N; i++) {
        for (int side = 0; side < 2; side++) {
          double sign = side == 0 ? 1 : -1;
          first[i][2 * i + side] = sign;
          ends[2 * i + side] = -sign * p[i];
          sum[2 * i + side][0] = -8;
        }
      }
      List<double[][]> w = List.of(first, sum, new double[][] {{-1.25}});
      return new Layers(new ArrayList<>(w), new ArrayList<>(List.of(ends, one(1), one(1))));
    }

    private static double[] one(double x) {
      return new double[] {x};
    }

    /** Puts a linear function before a layer: z' = z T. */
    void before(int layer, double[][] t) {
      w.set(layer, product(t, w.get(layer)));
    }

    /** Puts a linear function behind a layer. */
    void behind(int layer, double[][] t) {
      w.set(layer, product(w.get(layer), t));
      b.set(layer, product(new double[][] {b.get(layer)}, t)[0]);
    }

    private static double[][] product(double[][] a, double[][] c) {
      double[][] out = new double[a.length][c[0].length];
      for (int i = 0; i < out.length; i++) {
        for (int j = 0; j < out[i].length; j++) {
          for (int k = 0; k < c.length; k++) {
            out[i][j] += a[i][k] * c[k][j];
          }
        }
      }
      return out;
    }

    Models models(Device device) {
      List<Integer> hidden = b.subList(0, b.size() - 1).stream().map(v -> v.length).toList();
      Sequential net = Sequential.mlp(Shape.of(N), hidden, Activation.RELU, 1);
      Map<String, HostTensor> params = new LinkedHashMap<>();
      int n = 0;
      for (var p : net.parameters()) {
        double[] all =
            n % 2 == 0
                ? Arrays.stream(w.get(n / 2)).flatMapToDouble(Arrays::stream).toArray()
                : b.get(n / 2);
        params.put(p.name(), HostTensor.of(p.shape().insert(0, 1), all));
        n++;
      }
      return Models.of(device, net, params);
    }
  }

  private enum Disguise {
    NONE {
      @Override
      Layers of(Random r) {
        return Layers.spike(POINT);
      }
    },
    /** Inputs are mixed by shears, which have dyadic inverses. */
    MIXED {
      @Override
      Layers of(Random r) {
        double[][] t = unit(N);
        for (int k = 0; k < 4; k++) {
          int from = r.nextInt(N);
          int to = (from + 1 + r.nextInt(N - 1)) % N;
          double[][] shear = unit(N);
          shear[from][to] = r.nextBoolean() ? 0.5 : -1;
          t = Layers.product(t, shear);
        }
        Layers all = Layers.spike(Layers.product(new double[][] {POINT}, t)[0]);
        all.before(0, t);
        return all;
      }
    },
    PERMUTED {
      @Override
      Layers of(Random r) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 2 * N; i++) {
          order.add(i);
        }
        Collections.shuffle(order, r);
        double[][] t = new double[2 * N][2 * N];
        double[][] back = new double[2 * N][2 * N];
        for (int i = 0; i < 2 * N; i++) {
          t[i][order.get(i)] = 1;
          back[order.get(i)][i] = 1;
        }
        Layers all = Layers.spike(POINT);
        all.behind(0, t);
        all.before(1, back);
        return all;
      }
    },
    /** Units are scaled by powers of two, and back. */
    RESCALED {
      @Override
      Layers of(Random r) {
        double[][] t = unit(2 * N);
        double[][] back = unit(2 * N);
        for (int i = 0; i < 2 * N; i++) {
          t[i][i] = Math.scalb(1, r.nextInt(13) - 6);
          back[i][i] = 1 / t[i][i];
        }
        Layers all = Layers.spike(POINT);
        all.behind(0, t);
        all.before(1, back);
        return all;
      }
    },
    /** Inputs pass through a layer as relu(x) - relu(-x). */
    PAIRED {
      @Override
      Layers of(Random r) {
        Layers all = Layers.spike(POINT);
        double[][] pairs = new double[N][2 * N];
        double[][] back = new double[2 * N][N];
        for (int i = 0; i < N; i++) {
          pairs[i][2 * i] = 1;
          pairs[i][2 * i + 1] = -1;
          back[2 * i][i] = 1;
          back[2 * i + 1][i] = -1;
        }
        all.before(0, back);
        all.w.add(0, pairs);
        all.b.add(0, new double[2 * N]);
        return all;
      }
    },
    /** A random network is added that is 0 at p and nowhere below. */
    ADDED {
      @Override
      Layers of(Random r) {
        Layers all = Layers.spike(POINT);
        int more = 4;
        double[][] first = wider(all.w.get(0), N, 2 * N + more);
        double[] ends = Arrays.copyOf(all.b.get(0), 2 * N + more);
        double[][] second = wider(all.w.get(1), 2 * N + more, 1 + more);
        double[] tops = Arrays.copyOf(all.b.get(1), 1 + more);
        double[][] last = wider(all.w.get(2), 1 + more, 1);
        for (int k = 0; k < more; k++) {
          double at = 0.25 + r.nextInt(8) / 16.0;
          for (int i = 0; i < N; i++) {
            first[i][2 * N + k] = r.nextInt(-8, 9) / 8.0;
            at += first[i][2 * N + k] * POINT[i];
          }
          ends[2 * N + k] = -at; // off at p
          second[2 * N + k][1 + k] = 1;
          last[1 + k][0] = (1 + r.nextInt(8)) / 8.0;
        }
        all.w.set(0, first);
        all.w.set(1, second);
        all.w.set(2, last);
        all.b.set(0, ends);
        all.b.set(1, tops);
        return all;
      }
    };

    abstract Layers of(Random r);

    private static double[][] unit(int n) {
      double[][] t = new double[n][n];
      for (int i = 0; i < n; i++) {
        t[i][i] = 1;
      }
      return t;
    }

    private static double[][] wider(double[][] w, int rows, int columns) {
      double[][] out = new double[rows][];
      Arrays.setAll(out, i -> i < w.length ? Arrays.copyOf(w[i], columns) : new double[columns]);
      return out;
    }
  }

  private static Property atMost(double threshold) {
    StringBuilder text =
        new StringBuilder("(declare-const Y_0 Real)(assert (<= Y_0 %.30f))".formatted(threshold));
    for (int i = 0; i < N; i++) {
      text.append("(declare-const X_%d Real)(assert (>= X_%d -1))".formatted(i, i));
      text.append("(assert (<= X_%d 1))".formatted(i));
    }
    return VnnLib.parse("p", text.toString().getBytes(StandardCharsets.UTF_8)).property();
  }

  /** Ends soon after the two thresholds that are far from the least value are decided. */
  @ParameterizedTest
  @EnumSource
  void thresholdsOnEitherSide(Disguise disguise) {
    List<Property> properties =
        List.of(atMost(-0.5), atMost(0), atMost(LEAST - TIP), atMost(LEAST + TIP));
    Verdict[] found = new Verdict[properties.size()];
    int[] more = {20};
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = disguise.of(new Random(4)).models(device);
        Decider decider = new Decider(models)) {
      decider.decide(
          properties,
          60,
          () -> found[0] != null && found[1] != null && more[0]-- < 0,
          (i, v) -> found[i] = v);
    }
    assertThat(found[0].answer()).isEqualTo(Answer.VERIFIED);
    assertThat(found[1].answer()).isEqualTo(Answer.VIOLATED);
    assertThat(found[2].answer()).isNotEqualTo(Answer.VIOLATED);
    assertThat(found[3].answer()).isNotEqualTo(Answer.VERIFIED);
  }
}
