// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Bounds with hulls against a closed form, and against all points of a grid. */
class HullTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");
  private static final int GRID = 41;

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static Bounder bounder(Models networks, Norm norm, int steps) {
    Stage.Setup setup = new Stage.Setup(networks, Box.NONE, norm, 2);
    return new Bounder(new Bounder.Plan(setup, steps, false, true));
  }

  private static Map<String, HostTensor> values(Network net, float[][] all) {
    Map<String, HostTensor> values = new HashMap<>();
    for (int i = 0; i < all.length; i++) {
      Parameter p = net.parameters().get(i);
      values.put(p.name(), HostTensor.of(p.shape().insert(0, 1), all[i]));
    }
    return values;
  }

  private static float[][] random(Network net, Random r) {
    List<float[]> all = new ArrayList<>();
    for (Parameter p : net.parameters()) {
      float[] v = new float[Math.toIntExact(p.shape().size())];
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) r.nextGaussian();
      }
      all.add(v);
    }
    return all.toArray(float[][]::new);
  }

  /** Returns the results of all layers at a point, in plain doubles, before activations. */
  private static double[][] layers(float[][] all, double... x) {
    double[][] z = new double[all.length / 2][];
    double[] v = x;
    for (int l = 0; l < z.length; l++) {
      float[] w = all[2 * l];
      float[] b = all[2 * l + 1];
      z[l] = new double[b.length];
      for (int j = 0; j < b.length; j++) {
        z[l][j] = b[j];
        for (int i = 0; i < v.length; i++) {
          z[l][j] += v[i] * w[i * b.length + j];
        }
      }
      v = Arrays.stream(z[l]).map(t -> Math.max(0, t)).toArray();
    }
    return z;
  }

  private static Row margin(Row.Cell cell, Row.Numbers given, double... outputs) {
    return Row.margin(0, 0, cell, new Row.Objective(outputs, null, 0), given);
  }

  private static Site load(Bounder bounder, double[] x, double radius) {
    Site site = Site.of(x, radius, 0, Box.NONE);
    bounder.root(List.of(List.of(site)));
    bounder.load(List.of(List.of(site)));
    return site;
  }

  /**
   * The least of x0 - max(x0 + x1, 0) on [-1, 1] x [-1, 1] is -1; with the chord (x0 + x1) / 2 + 1
   * it is -2. No upper side is below min(x0, x1) + 1, with which it is -1.
   */
  @Test
  void aHullIsExactWhereALineLosesOne() {
    Network net = Sequential.mlp(Shape.of(2), List.of(2), Activation.RELU, 2);
    Map<String, HostTensor> values =
        values(net, new float[][] {{1, 1, 0, 1}, {2, 0}, {1, 0, -1, 0}, {-2, 0}});
    try (Models networks = Models.of(DEVICE, net, values);
        Bounder bounder = bounder(networks, Norm.LINF, 20)) {
      load(bounder, new double[] {0, 0}, 1);
      Row line = margin(Row.Cell.WHOLE, null, 1, -1);
      Row hull = margin(Row.Cell.WHOLE, null, 1, -1);
      bounder.rows(bounder.margins(), List.of(line), true);
      bounder.rows(bounder.margins(), List.of(hull), true, true);
      assertThat(line.bound).isBetween(-2.000001, -2.0);
      assertThat(hull.bound).isBetween(-1.01, -1.0);
    }
  }

  /** Forty times max(x0 + x1, 0) / 32 is at most 2.5 there, though a row has hulls for fewer. */
  @Test
  void unitsWithoutHullsCountToo() {
    int units = 40;
    Network net = Sequential.mlp(Shape.of(2), List.of(units), Activation.RELU, 2);
    float[] ones = new float[2 * units];
    float[] last = new float[2 * units];
    for (int i = 0; i < 2 * units; i++) {
      ones[i] = 1;
      last[i] = i % 2 / 32f;
    }
    float[][] all = {ones, new float[units], last, new float[2]};
    try (Models networks = Models.of(DEVICE, net, values(net, all));
        Bounder bounder = bounder(networks, Norm.LINF, 4)) {
      load(bounder, new double[] {0, 0}, 1);
      Row row = margin(Row.Cell.WHOLE, null, 1, -1);
      bounder.rows(bounder.margins(), List.of(row), true, true);
      assertThat(row.bound).isBetween(-2.500001, -2.5);
    }
  }

  @Test
  void euclideanBallsHaveNone() {
    Network net = Sequential.mlp(Shape.of(2), List.of(3), Activation.RELU, 2);
    try (Models networks = Models.of(DEVICE, net, values(net, random(net, new Random(1))));
        Bounder bounder = bounder(networks, Norm.L2, 1)) {
      assertThat(bounder.hulled(bounder.margins())).isFalse();
    }
  }

  private static Row.Numbers wild(Random r, int slopes, int splits, int hull) {
    return new Row.Numbers(wild(r, slopes + hull), wild(r, splits));
  }

  private static float[] wild(Random r, int n) {
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = r.nextInt(40) == 0 ? 3e7f : (float) (2 * r.nextGaussian());
    }
    return v;
  }

  /**
   * Any numbers are sound, those that an ascent chose and others, over regions and cells, of all
   * units and of more than a row has hulls for.
   */
  @ParameterizedTest
  @CsvSource({"9, 4", "40, 24"})
  void boundsHoldAtAllPointsOfAGrid(int hidden, int steps) {
    Network net = Sequential.mlp(Shape.of(2), List.of(hidden, 8), Activation.RELU, 3);
    Random r = new Random(7);
    double closer = 0;
    int cells = 0;
    for (int n = 0; n < 12; n++) {
      float[][] all = random(net, r);
      double[] x = {r.nextDouble() - 0.5, r.nextDouble() - 0.5};
      double radius = 0.2 + r.nextDouble();
      try (Models networks = Models.of(DEVICE, net, values(net, all));
          Bounder climbs = bounder(networks, Norm.LINF, steps);
          Bounder judges = bounder(networks, Norm.LINF, 0)) {
        Site site = load(climbs, x, radius);
        judges.load(List.of(List.of(site)));
        Start logits = climbs.start(climbs.margins());
        Row.Cell cell = Row.Cell.WHOLE.and(r.nextInt(hidden + 8), 1).and(r.nextInt(hidden + 8), -1);
        List<Row> rows = new ArrayList<>();
        List<Row> given = new ArrayList<>();
        for (Row.Cell c : List.of(Row.Cell.WHOLE, cell)) {
          int free = site.chosen(logits).length;
          Row.Numbers wild = wild(r, free, c.depth(), hidden + 2);
          rows.add(margin(c, null, 1, -1, 0));
          given.add(margin(c, wild, 1, -1, 0));
        }
        climbs.rows(climbs.margins(), rows, true, true);
        judges.rows(judges.margins(), given, true, true);
        rows.addAll(given);
        Row line = margin(Row.Cell.WHOLE, null, 1, -1, 0);
        climbs.rows(climbs.margins(), List.of(line), true);
        closer += rows.get(0).bound - line.bound;
        List<Row> units = new ArrayList<>();
        for (int u = 0; u < 16; u++) {
          units.add(Row.unit(0, 0, Row.Cell.WHOLE, u, null));
        }
        climbs.rows(1, units, false, true);
        for (int i = 0; i < GRID * GRID; i++) {
          double[][] z =
              layers(
                  all,
                  x[0] + radius * (2.0 * (i % GRID) / (GRID - 1) - 1),
                  x[1] + radius * (2.0 * (i / GRID) / (GRID - 1) - 1));
          for (Row row : rows) {
            if (contains(row.cell, hidden, z)) {
              assertThat(row.bound).isLessThanOrEqualTo(z[2][0] - z[2][1] + 1e-12);
              cells += row.cell.depth() > 0 ? 1 : 0;
            }
          }
          for (Row row : units) {
            double value = row.unit < 8 ? z[1][row.unit] : -z[1][row.unit - 8];
            assertThat(row.bound).isLessThanOrEqualTo(value + 1e-12);
          }
        }
      }
    }
    assertThat(closer).isGreaterThan(1);
    assertThat(cells).isGreaterThan(1000);
  }

  private static boolean contains(Row.Cell cell, int hidden, double[]... z) {
    for (int i = 0; i < cell.depth(); i++) {
      int at = cell.at()[i];
      double value = at < hidden ? z[0][at] : z[1][at - hidden];
      if (cell.signs()[i] * value < 0) {
        return false;
      }
    }
    return true;
  }
}
