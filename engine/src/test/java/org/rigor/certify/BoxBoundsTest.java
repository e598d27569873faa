// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Rows on boxes of two inputs, of networks of exact small numbers, beside their values on a grid.
 */
class BoxBoundsTest {
  private static final int GRID = 40;

  private static Device device;

  @BeforeAll
  static void open() {
    device = new CpuDevice(1, "scalar", "test");
  }

  @AfterAll
  static void close() {
    device.close();
  }

  private static final Sequential NET =
      Sequential.mlp(Shape.of(2), List.of(5, 5), Activation.RELU, 2);

  /** Draws parameters with few bits, so that double arithmetic is exact but for ties. */
  private static Map<String, HostTensor> draw(Random r) {
    Map<String, HostTensor> params = new LinkedHashMap<>();
    for (var p : NET.parameters()) {
      float[] values = new float[Math.toIntExact(p.shape().size())];
      for (int i = 0; i < values.length; i++) {
        values[i] = r.nextInt(-16, 17) / 8f;
      }
      params.put(p.name(), HostTensor.of(p.shape().insert(0, 1), values));
    }
    return params;
  }

  private static double[] logits(Map<String, HostTensor> params, double[] x) {
    List<HostTensor> all = NET.parameters().stream().map(p -> params.get(p.name())).toList();
    double[] h = x;
    for (int k = 0; k < all.size(); k += 2) {
      float[] w = all.get(k).floats();
      float[] b = all.get(k + 1).floats();
      int out = b.length;
      double[] z = new double[out];
      for (int j = 0; j < out; j++) {
        z[j] = b[j];
        for (int i = 0; i < h.length; i++) {
          z[j] += h[i] * w[i * out + j];
        }
        z[j] = k + 2 < all.size() ? Math.max(0, z[j]) : z[j];
      }
      h = z;
    }
    return h;
  }

  private static Problem problem(double[] lower, double[] upper) {
    return new Problem(
        lower,
        upper,
        new double[][] {{1, -1}, {-1, 1}},
        new double[][] {{0, 0}, {0.5, -0.25}},
        new double[] {0.125, 0},
        new int[][] {{0, 1}});
  }

  private static double row(Problem p, int r, double[] x, double[] y) {
    double v = p.constants()[r];
    for (int j = 0; j < y.length; j++) {
      v += p.outputs()[r][j] * y[j];
    }
    for (int i = 0; i < x.length; i++) {
      v += p.inputs()[r][i] * x[i];
    }
    return v;
  }

  private static double least(Map<String, HostTensor> params, Problem p, int r) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= GRID; i++) {
      for (int j = 0; j <= GRID; j++) {
        double[] x = {at(p, 0, i), at(p, 1, j)};
        least = Math.min(least, row(p, r, x, logits(params, x)));
      }
    }
    return least;
  }

  private static double at(Problem p, int input, int step) {
    return p.lower()[input] + (p.upper()[input] - p.lower()[input]) * step / GRID;
  }

  private static List<BoxBounds.Pick> picks(int queries) {
    return IntStream.range(0, 2 * queries).mapToObj(i -> new BoxBounds.Pick(i / 2, i % 2)).toList();
  }

  @Test
  void raisedBoundsStayBelowTheValuesAndAreTheSameAloneAsAmongOthers() {
    int higher = 0;
    for (int seed = 0; seed < 6; seed++) {
      Random r = new Random(seed);
      Map<String, HostTensor> params = draw(r);
      List<BoxBounds.Query> queries = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        double[] lower = {r.nextInt(-8, 8) / 8., r.nextInt(-8, 8) / 8.};
        double[] upper = {lower[0] + r.nextInt(1, 9) / 8., lower[1] + r.nextInt(0, 9) / 8.};
        queries.add(new BoxBounds.Query(lower, upper, problem(lower, upper), new int[] {0, 1}));
      }
      try (Models network = Models.of(device, NET, params);
          BoxBounds bounds = new BoxBounds(network, 2, true)) {
        List<BoxBounds.Answer> answers = bounds.run(queries);
        double[] raised = bounds.raise(picks(queries.size()), false);
        for (int i = 0; i < raised.length; i++) {
          Problem p = queries.get(i / 2).problem();
          double least = least(params, p, i % 2);
          double crown = answers.get(i / 2).lower()[i % 2];
          assertThat(crown).as("CROWN, seed %d row %d", seed, i).isLessThanOrEqualTo(least);
          assertThat(raised[i]).as("raised, seed %d row %d", seed, i).isLessThanOrEqualTo(least);
          assertThat(raised[i]).isGreaterThanOrEqualTo(crown - 1e-5 * (1 + Math.abs(crown)));
          higher += raised[i] > crown + 1e-3 ? 1 : 0;
        }
        bounds.run(queries.subList(3, 4));
        assertThat(bounds.raise(picks(1), true)).containsExactly(Arrays.copyOfRange(raised, 6, 8));
      }
    }
    assertThat(higher).as("rows that an ascent raised").isGreaterThan(10);
  }

  @Test
  void valuesAreThoseAtTheCentre() {
    Map<String, HostTensor> params = draw(new Random(9));
    double[] lower = {-0.5, 0.25};
    double[] upper = {0.75, 0.25};
    Problem p = problem(lower, upper);
    double[] x = {0.125, 0.25};
    try (Models network = Models.of(device, NET, params);
        BoxBounds bounds = new BoxBounds(network, 2, true)) {
      double[] values =
          bounds
              .run(List.of(new BoxBounds.Query(lower, upper, p, new int[] {0, 1})))
              .get(0)
              .values();
      for (int r = 0; r < 2; r++) {
        assertThat(values[r]).isEqualTo(row(p, r, x, logits(params, x)));
      }
    }
  }
}
