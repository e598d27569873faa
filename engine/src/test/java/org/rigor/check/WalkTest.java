// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.Shape;

/** Bounds lie below every value that a random network takes, whatever a proof says. */
class WalkTest {
  private static final int WIDTH = 4;
  private static final int INPUTS = 3;

  static OnnxModel network(Random random, String activation) {
    Map<String, OnnxAttribute> slope =
        activation.equals("LeakyRelu") ? Map.of("alpha", new OnnxAttribute.Real(0.25f)) : Map.of();
    return OnnxFiles.input(INPUTS)
        .constant("w1", Shape.of(INPUTS, WIDTH), normal(random, INPUTS * WIDTH))
        .constant("b1", Shape.of(WIDTH), normal(random, WIDTH))
        .constant("w2", Shape.of(WIDTH, WIDTH), normal(random, WIDTH * WIDTH))
        .constant("b2", Shape.of(WIDTH), normal(random, WIDTH))
        .constant("w3", Shape.of(WIDTH, 2), normal(random, WIDTH * 2))
        .then("Gemm", "w1", "b1")
        .then(activation, slope)
        .then("MatMul", "w2")
        .then("Add", "b2")
        .then(activation, slope)
        .then("Gemm", "w3")
        .output(2);
  }

  private static float[] normal(Random random, int n) {
    float[] all = new float[n];
    for (int i = 0; i < n; i++) {
      all[i] = (float) random.nextGaussian();
    }
    return all;
  }

  static Graph graph(OnnxModel model) {
    return Graph.of("test.onnx", Model.read("test.onnx", OnnxWriter.bytes(model)));
  }

  static Region around(double... x) {
    BigDecimal[] low = new BigDecimal[x.length];
    BigDecimal[] high = new BigDecimal[x.length];
    for (int i = 0; i < x.length; i++) {
      low[i] = BigDecimal.valueOf(x[i] - 0.5);
      high[i] = BigDecimal.valueOf(x[i] + 0.5);
    }
    return Region.box(low, high);
  }

  /** Returns all values at a point, in plain double arithmetic. */
  static double[][] values(Graph g, double... x) {
    double[][] all = new double[g.steps().size()][];
    all[0] = x;
    for (int v = 1; v < all.length; v++) {
      all[v] = new double[g.steps().get(v).size()];
      if (g.steps().get(v) instanceof Step.Affine a) {
        for (Step.Part p : a.parts()) {
          p.matrix().least(all[p.from()], all[p.from()], all[v]);
        }
        for (int i = 0; i < all[v].length; i++) {
          all[v][i] += a.constant()[i];
        }
      } else if (g.steps().get(v) instanceof Step.Bend b) {
        for (int i = 0; i < all[v].length; i++) {
          double z = all[b.from()][i];
          all[v][i] = z > 0 ? z : b.slope() * z;
        }
      }
    }
    return all;
  }

  private static Leaf leaf(Graph g, Random random) {
    float[][] slopes = new float[g.bends().size()][WIDTH];
    int[][] places = new int[g.bends().size()][WIDTH];
    Map<Literal, Float> cell = new LinkedHashMap<>();
    for (int k = 0; k < slopes.length; k++) {
      for (int u = 0; u < WIDTH; u++) {
        places[k][u] = random.nextInt(6) == 0 ? -1 : u;
        slopes[k][u] = random.nextInt(8) == 0 ? Float.NaN : 1.4f * random.nextFloat() - 0.2f;
        if (random.nextInt(4) == 0) {
          float beta = random.nextInt(6) == 0 ? Float.NaN : 2 * random.nextFloat() - 0.3f;
          cell.put(new Literal(k, u, random.nextBoolean()), beta);
        }
      }
    }
    return new Leaf(cell, slopes, places);
  }

  private static boolean inside(Graph g, Leaf leaf, double[]... at) {
    return leaf.multipliers().keySet().stream()
        .allMatch(l -> (l.positive() ? 1 : -1) * at[g.bend(l.bend()).from()][l.unit()] >= 0);
  }

  @Test
  void noPointOfACellIsBelowItsBound() {
    Random random = new Random(7);
    int met = 0;
    for (int n = 0; n < 400; n++) {
      Graph g = graph(network(random, n % 3 == 0 ? "LeakyRelu" : "Relu"));
      Region r = around(random.nextGaussian(), random.nextGaussian(), random.nextGaussian());
      Sides sides = new Sides(g, r);
      for (int v = 1; v < g.steps().size(); v++) {
        sides.propagate(v);
      }
      Leaf leaf = leaf(g, random);
      double c = random.nextGaussian();
      Walk w = new Walk(sides, leaf);
      w.add(g.output(), 0, 1);
      w.add(g.output(), 1, -1);
      w.add(0, 1, c);
      double bound = w.lower();
      for (int s = 0; s < 200; s++) {
        double[] x = new double[INPUTS];
        for (int i = 0; i < INPUTS; i++) {
          x[i] = r.lower()[i] + random.nextDouble() * (r.upper()[i] - r.lower()[i]);
        }
        double[][] at = values(g, x);
        if (inside(g, leaf, at)) {
          double[] y = at[g.output()];
          assertThat(bound).isLessThanOrEqualTo(y[0] - y[1] + c * x[1]);
          met++;
        }
      }
    }
    assertThat(met).as("points that lie in cells").isGreaterThan(5000);
  }

  /** The search takes slopes below a LeakyReLU's own for that; so does the checker. */
  @Test
  void slopesBelowThatOfALeakyReluAreItsOwn() {
    Random random = new Random(9);
    int moved = 0;
    for (int n = 0; n < 20; n++) {
      Graph g = graph(network(random, "LeakyRelu"));
      Sides sides = new Sides(g, around(random.nextGaussian(), 0, random.nextGaussian()));
      for (int v = 1; v < g.steps().size(); v++) {
        sides.propagate(v);
      }
      double[] found = new double[3];
      float[] given = {0.25f, 0.1f, Float.NaN};
      for (int i = 0; i < given.length; i++) {
        float[][] slopes = new float[g.bends().size()][WIDTH];
        int[][] places = new int[slopes.length][WIDTH];
        for (int k = 0; k < slopes.length; k++) {
          Arrays.fill(slopes[k], given[i]);
          Arrays.setAll(places[k], u -> u);
        }
        Walk w = new Walk(sides, new Leaf(Map.of(), slopes, places));
        w.add(g.output(), 0, 1);
        found[i] = w.lower();
      }
      assertThat(found[1]).isEqualTo(found[0]);
      moved += found[2] < found[0] || found[2] > found[0] ? 1 : 0;
    }
    assertThat(moved).as("networks of which CROWN's slopes are others").isPositive();
  }

  /** At a point the network's weights and values are decimals, and bounds enclose its output. */
  @Test
  void enclosesExactValues() {
    Random random = new Random(8);
    for (int n = 0; n < 200; n++) {
      Graph g = graph(network(random, "Relu"));
      float[] x = normal(random, INPUTS);
      BigDecimal[] at = new BigDecimal[INPUTS];
      for (int i = 0; i < INPUTS; i++) {
        at[i] = new BigDecimal(x[i]);
      }
      Bounds b = new Bounds(g, Region.box(at, at), Proof.Known.NOTHING);
      BigDecimal[][] all = exact(g, at);
      Sides sides = new Sides(g, Region.box(at, at));
      for (int v = 1; v < all.length; v++) {
        sides.propagate(v);
        for (int i = 0; i < all[v].length; i++) {
          assertThat(new BigDecimal(sides.lower(v)[i])).isLessThanOrEqualTo(all[v][i]);
          assertThat(new BigDecimal(sides.upper(v)[i])).isGreaterThanOrEqualTo(all[v][i]);
        }
      }
      BigDecimal[] y = all[g.output()];
      Row row = row(1, -1);
      BigDecimal margin = y[0].subtract(y[1]);
      assertThat(new BigDecimal(b.atMost(row))).isGreaterThanOrEqualTo(margin);
      assertThat(new BigDecimal(-b.atMost(row.negated()))).isLessThanOrEqualTo(margin);
      assertThat(b.atMost(row)).isCloseTo(margin.doubleValue(), within(1e-11));
    }
  }

  private static BigDecimal[][] exact(Graph g, BigDecimal... x) {
    BigDecimal[][] all = new BigDecimal[g.steps().size()][];
    all[0] = x;
    for (int v = 1; v < all.length; v++) {
      BigDecimal[] out = new BigDecimal[g.steps().get(v).size()];
      all[v] = out;
      if (g.steps().get(v) instanceof Step.Affine a) {
        for (int i = 0; i < out.length; i++) {
          out[i] = new BigDecimal(a.constant()[i]);
          for (Step.Part p : a.parts()) {
            double[] row = new double[p.matrix().columns()];
            double[] one = new double[out.length];
            one[i] = 1;
            p.matrix().back(one, row);
            for (int k = 0; k < row.length; k++) {
              out[i] = out[i].add(new BigDecimal(row[k]).multiply(all[p.from()][k]));
            }
          }
        }
      } else if (g.steps().get(v) instanceof Step.Bend b) {
        for (int i = 0; i < out.length; i++) {
          out[i] = all[b.from()][i].max(BigDecimal.ZERO);
        }
      }
    }
    return all;
  }

  /** Coefficients of the input nearly cancel, so that the rounding of their sum is all there is. */
  @Test
  void chargesTheRoundingOfCoefficients() {
    Random random = new Random(9);
    for (int n = 0; n < 300; n++) {
      int width = 12;
      float[] w = normal(random, width);
      float[] c = normal(random, width);
      double sum = 0;
      for (int i = 0; i < width - 1; i++) {
        sum += (double) w[i] * c[i];
      }
      c[width - 1] = (float) (-sum / w[width - 1]);
      Graph g =
          graph(
              OnnxFiles.input(1)
                  .constant("w", Shape.of(1, width), w)
                  .constant("c", Shape.of(width, 1), c)
                  .then("MatMul", "w")
                  .then("MatMul", "c")
                  .output(1));
      BigDecimal[] at = {BigDecimal.ONE};
      Bounds b = new Bounds(g, Region.box(at, at), Proof.Known.NOTHING);
      BigDecimal y = exact(g, at)[g.output()][0];
      assertThat(new BigDecimal(b.atMost(row(1)))).isGreaterThanOrEqualTo(y);
      assertThat(new BigDecimal(-b.atMost(row(-1)))).isLessThanOrEqualTo(y);
    }
  }

  static Row row(double... outputs) {
    TreeMap<Integer, BigDecimal> y = new TreeMap<>();
    for (int j = 0; j < outputs.length; j++) {
      y.put(j, BigDecimal.valueOf(outputs[j]));
    }
    return new Row(y, new TreeMap<>(), BigDecimal.ZERO);
  }
}
