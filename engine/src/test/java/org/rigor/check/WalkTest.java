// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
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
    Map<Literal, Float> cell = new LinkedHashMap<>();
    for (int k = 0; k < slopes.length; k++) {
      for (int u = 0; u < WIDTH; u++) {
        slopes[k][u] = random.nextInt(8) == 0 ? Float.NaN : 1.4f * random.nextFloat() - 0.2f;
        if (random.nextInt(4) == 0) {
          float beta = random.nextInt(6) == 0 ? Float.NaN : 2 * random.nextFloat() - 0.3f;
          cell.put(new Literal(k, u, random.nextBoolean()), beta);
        }
      }
    }
    return new Leaf(cell, slopes);
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

  /** With every unit's sign fixed the network is linear, and a region of one point is a value. */
  @Test
  void isExactToRoundingAtAPoint() {
    Random random = new Random(8);
    for (int n = 0; n < 100; n++) {
      Graph g = graph(network(random, "Relu"));
      float[] x = normal(random, INPUTS);
      BigDecimal[] at = new BigDecimal[INPUTS];
      double[] same = new double[INPUTS];
      for (int i = 0; i < INPUTS; i++) {
        at[i] = new BigDecimal(x[i]);
        same[i] = x[i];
      }
      Bounds b = new Bounds(g, Region.box(at, at), new Proof.Known(List.of(), Map.of()));
      double[] y = values(g, same)[g.output()];
      Row row = row(1, -1);
      double margin = y[0] - y[1];
      assertThat(b.atMost(row)).isBetween(margin - 1e-12, margin + 1e-11);
      assertThat(-b.atMost(row.negated())).isBetween(margin - 1e-11, margin + 1e-12);
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
