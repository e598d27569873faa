// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Least values over a box of small networks of affine layers and increasing activations, between
 * two sides: intervals of halved boxes, the one with the least bound first, and samples of them.
 * Rounding of the intervals, about 1e-15, is not charged.
 */
public final class Subdivision {
  private static final int MOST = 200_000;

  private final Sequential net;
  private final Plain plain;
  private final double[] row;
  private final int inputs;

  /** Sides of a least value. */
  public record Sides(double lower, double upper) {}

  private record Part(double[] low, double[] high, double bound) {}

  private Subdivision(Sequential net, Plain plain, double[] row) {
    this.net = net;
    this.plain = plain;
    this.row = row;
    this.inputs = Math.toIntExact(net.input().size());
  }

  /**
   * Returns sides of the least value of a row over a box.
   *
   * @param row coefficients of outputs, of inputs, and a constant
   * @param gap between the sides, unless that takes too many boxes
   */
  public static Sides least(
      Sequential net,
      Map<String, HostTensor> params,
      int model,
      double[] low,
      double[] high,
      double[] row,
      double gap) {
    return new Subdivision(net, new Plain(params, model), row).search(low, high, gap);
  }

  private Sides search(double[] low, double[] high, double gap) {
    PriorityQueue<Part> open = new PriorityQueue<>(Comparator.comparingDouble(Part::bound));
    open.add(new Part(low, high, bound(low, high)));
    double best = Double.POSITIVE_INFINITY;
    for (int n = 0; n < MOST && best - open.peek().bound > gap; n++) {
      Part p = open.poll();
      int along = 0;
      double[] middle = new double[inputs];
      for (int i = 0; i < inputs; i++) {
        middle[i] = p.low[i] / 2 + p.high[i] / 2;
        along = p.high[i] - p.low[i] > p.high[along] - p.low[along] ? i : along;
      }
      best = Math.min(best, at(middle));
      best = Math.min(best, Math.min(at(p.low), at(p.high)));
      double[] left = p.high.clone();
      double[] right = p.low.clone();
      left[along] = middle[along];
      right[along] = middle[along];
      open.add(new Part(p.low, left, bound(p.low, left)));
      open.add(new Part(right, p.high, bound(right, p.high)));
    }
    return new Sides(Math.min(open.peek().bound, best), best);
  }

  private double at(double[] x) {
    double[] y = plain.network(net, x);
    double sum = row[y.length + inputs];
    for (int j = 0; j < y.length; j++) {
      sum += row[j] * y[j];
    }
    for (int i = 0; i < inputs; i++) {
      sum += row[y.length + i] * x[i];
    }
    return sum;
  }

  /** Returns a lower bound by intervals; the last layer and the row are one linear function. */
  private double bound(double[] low, double[] high) {
    List<Layer> layers = net.layers();
    double[] l = low;
    double[] u = high;
    Shape in = net.input();
    for (int i = 0; i < layers.size() - 1; i++) {
      Layer layer = layers.get(i);
      String prefix = i + ".";
      if (layer instanceof Activation) {
        l = plain.layer(layer, prefix, in, l);
        u = plain.layer(layer, prefix, in, u);
      } else if (!(layer instanceof Flatten)) {
        double[][] sides = affine(layer, prefix, in, l, u);
        l = sides[0];
        u = sides[1];
      }
      in = layer.output(in);
    }
    int last = layers.size() - 1;
    Dense dense = (Dense) layers.get(last);
    double[] bias = plain.layer(dense, last + ".", in, new double[l.length]);
    double sum = row[bias.length + inputs];
    for (int j = 0; j < bias.length; j++) {
      sum += row[j] * bias[j];
    }
    for (int k = 0; k < l.length; k++) {
      double[] column = column(dense, last + ".", in, l.length, k, bias);
      double c = 0;
      for (int j = 0; j < bias.length; j++) {
        c += row[j] * column[j];
      }
      sum += c * (c > 0 ? l[k] : u[k]);
    }
    for (int i = 0; i < inputs; i++) {
      double c = row[bias.length + i];
      sum += c * (c > 0 ? low[i] : high[i]);
    }
    return sum;
  }

  private double[] column(Layer layer, String prefix, Shape in, int n, int k, double[] none) {
    double[] one = new double[n];
    one[k] = 1;
    double[] of = plain.layer(layer, prefix, in, one);
    Arrays.setAll(of, j -> of[j] - none[j]);
    return of;
  }

  private double[][] affine(Layer layer, String prefix, Shape in, double[] l, double[] u) {
    double[] none = plain.layer(layer, prefix, in, new double[l.length]);
    double[][] sides = {none.clone(), none.clone()};
    for (int k = 0; k < l.length; k++) {
      double[] c = column(layer, prefix, in, l.length, k, none);
      for (int j = 0; j < c.length; j++) {
        sides[0][j] += c[j] * (c[j] > 0 ? l[k] : u[k]);
        sides[1][j] += c[j] * (c[j] > 0 ? u[k] : l[k]);
      }
    }
    return sides;
  }
}
