// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.linear.LinearSolver;
import org.rigor.nn.Activation;
import org.rigor.nn.AveragePool2d;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.MaxPool2d;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Least values over a box, up to the rounding of doubles, of small networks of affine layers, ReLUs
 * and max pooling: every pattern of what is on and which element is largest that some input has is
 * walked through, and on its cell, where the network is affine, a linear program finds the least.
 */
public final class ActivationPatterns {
  private final Sequential net;
  private final Plain plain;
  private final double[] low;
  private final double[] high;
  private final double[][] rows;

  /** Choices of the pattern that is walked through, and those of patterns to come. */
  private List<Integer> pattern = new ArrayList<>();

  private final Deque<List<Integer>> open = new ArrayDeque<>();
  private int at;

  /** Functions that are at least 0 on the cell: coefficients of the inputs, then a constant. */
  private List<double[]> cell = new ArrayList<>();

  private double least = Double.POSITIVE_INFINITY;
  private double[] where;
  private int cells;

  /**
   * A least value.
   *
   * @param x a point of the box that has it
   * @param cells patterns that were walked through
   */
  public record Least(double value, double[] x, int cells) {}

  private ActivationPatterns(
      Sequential net, Plain plain, double[] low, double[] high, double[][] rows) {
    this.net = net;
    this.plain = plain;
    this.low = low;
    this.high = high;
    this.rows = rows;
  }

  /**
   * Returns the least value over a box of the largest of some rows.
   *
   * @param params by name, [M, shape...], F64
   * @param rows coefficients of outputs, of inputs, and a constant
   */
  public static Least least(
      Sequential net,
      Map<String, HostTensor> params,
      int model,
      double[] low,
      double[] high,
      double[][] rows) {
    return new ActivationPatterns(net, new Plain(params, model), low, high, rows).walk();
  }

  /** Returns the largest of some rows at a point, in double. */
  public static double at(
      Sequential net, Map<String, HostTensor> params, int model, double[] x, double[][] rows) {
    double[] y = new Plain(params, model).network(net, x);
    return Arrays.stream(rows).mapToDouble(r -> row(r, y, x)).max().orElseThrow();
  }

  private static double row(double[] row, double[] y, double[] x) {
    double sum = row[y.length + x.length];
    for (int j = 0; j < y.length; j++) {
      sum += row[j] * y[j];
    }
    for (int i = 0; i < x.length; i++) {
      sum += row[y.length + i] * x[i];
    }
    return sum;
  }

  private Least walk() {
    open.push(List.of());
    while (!open.isEmpty()) {
      pattern = new ArrayList<>(open.pop());
      cell = new ArrayList<>();
      at = 0;
      cells++;
      int d = low.length;
      double[][] x = new double[d][d + 1];
      for (int i = 0; i < d; i++) {
        x[i][i] = 1;
      }
      double[][] y = layers(net.layers(), "", net.input(), x);
      double[][] all = new double[rows.length][d + 1];
      for (int r = 0; r < rows.length; r++) {
        for (int i = 0; i <= d; i++) {
          all[r][i] = rows[r][y.length + i];
          for (int j = 0; j < y.length; j++) {
            all[r][i] += rows[r][j] * y[j][i];
          }
        }
      }
      solve(all);
    }
    return new Least(least, where, cells);
  }

  private double[][] layers(List<Layer> layers, String prefix, Shape input, double[][] x) {
    Shape in = input;
    double[][] h = x;
    for (int i = 0; i < layers.size(); i++) {
      h = layer(layers.get(i), prefix + i + ".", in, h);
      in = layers.get(i).output(in);
    }
    return h;
  }

  private double[][] layer(Layer layer, String prefix, Shape in, double[][] h) {
    if (layer == Activation.RELU || layer == Activation.LEAKY_RELU) {
      return bent(h, layer == Activation.RELU ? 0 : 0.01);
    } else if (layer instanceof MaxPool2d pool) {
      return largest(pool, in, h);
    } else if (layer instanceof Residual r) {
      double[][] out = layers(r.block(), prefix, in, h);
      double[][] beside = layers(r.shortcut(), prefix + "shortcut.", in, h);
      double[][] sum = new double[out.length][];
      Arrays.setAll(sum, i -> plus(out[i], beside[i], 1));
      return sum;
    } else if (layer instanceof Activation) {
      throw new IllegalArgumentException("not piecewise linear: " + layer);
    }
    return layer instanceof Flatten ? h : affine(layer, prefix, in, h);
  }

  private double[][] affine(Layer layer, String prefix, Shape in, double[][] h) {
    double[] none = plain.layer(layer, prefix, in, new double[h.length]);
    double[][] out = new double[none.length][low.length + 1];
    for (int i = 0; i <= low.length; i++) {
      int column = i;
      double[] part = Arrays.stream(h).mapToDouble(f -> f[column]).toArray();
      double[] of = plain.layer(layer, prefix, in, part);
      for (int u = 0; u < out.length; u++) {
        out[u][i] = i == low.length ? of[u] : of[u] - none[u];
      }
    }
    return out;
  }

  private double[][] bent(double[][] h, double slope) {
    double[][] out = new double[h.length][];
    for (int u = 0; u < out.length; u++) {
      double[] z = h[u];
      double[] off = Arrays.stream(z).map(v -> -v).toArray();
      boolean on = choose(List.of(List.of(z), List.of(off))) == 0;
      out[u] = Arrays.stream(z).map(v -> on ? v : slope * v).toArray();
    }
    return out;
  }

  private double[][] largest(MaxPool2d pool, Shape in, double[][] h) {
    int n = Math.toIntExact(pool.output(in).size());
    List<List<double[]>> windows = new ArrayList<>();
    for (int u = 0; u < n; u++) {
      windows.add(new ArrayList<>());
    }
    AveragePool2d mean = new AveragePool2d(pool.windows(), true);
    for (int i = 0; i < h.length; i++) {
      double[] one = new double[h.length];
      one[i] = 1;
      double[] member = plain.layer(mean, "", in, one);
      for (int u = 0; u < n; u++) {
        if (member[u] > 0) {
          windows.get(u).add(h[i]);
        }
      }
    }
    double[][] out = new double[n][];
    for (int u = 0; u < n; u++) {
      List<double[]> window = windows.get(u);
      List<List<double[]>> options = new ArrayList<>();
      for (double[] top : window) {
        options.add(window.stream().filter(o -> o != top).map(o -> plus(top, o, -1)).toList());
      }
      out[u] = window.get(choose(options));
    }
    return out;
  }

  private static double[] plus(double[] a, double[] b, double by) {
    double[] sum = new double[a.length];
    Arrays.setAll(sum, i -> a[i] + by * b[i]);
    return sum;
  }

  /** Returns the next choice of the pattern; where it ends, all that some input has follow it. */
  private int choose(List<List<double[]>> options) {
    if (at == pattern.size()) {
      int first = -1;
      for (int o = 0; o < options.size(); o++) {
        if (isPossible(options.get(o))) {
          if (first < 0) {
            first = o;
          } else {
            List<Integer> other = new ArrayList<>(pattern);
            other.add(o);
            open.push(other);
          }
        }
      }
      pattern.add(Math.max(0, first)); // of an empty cell, any will do
    }
    int chosen = pattern.get(at++);
    cell.addAll(options.get(chosen));
    return chosen;
  }

  private boolean isPossible(List<double[]> more) {
    boolean somewhere = more.stream().allMatch(f -> extreme(f, 1) >= 0);
    boolean everywhere = more.stream().allMatch(f -> extreme(f, -1) >= 0);
    if (!somewhere || everywhere) {
      return somewhere;
    }
    List<double[]> all = new ArrayList<>(cell);
    all.addAll(more);
    return program(all, new double[low.length], new double[0][]).getState().isFeasible();
  }

  /** Returns the largest value over the box of a function, or the least. */
  private double extreme(double[] f, int sign) {
    double sum = f[low.length];
    for (int i = 0; i < low.length; i++) {
      sum += f[i] * (sign * f[i] > 0 ? high[i] : low[i]);
    }
    return sum;
  }

  private void solve(double[][] tops) {
    int d = low.length;
    boolean one = tops.length == 1;
    double[] objective = new double[one ? d : d + 1];
    if (one) {
      System.arraycopy(tops[0], 0, objective, 0, d);
    } else {
      objective[d] = 1;
    }
    Optimisation.Result found = program(cell, objective, one ? new double[0][] : tops);
    if (found.getState().isFeasible()) {
      double[] x = new double[d];
      Arrays.setAll(x, i -> Math.max(low[i], Math.min(high[i], low[i] + found.doubleValue(i))));
      double value = Arrays.stream(tops).mapToDouble(f -> value(f, x)).max().orElseThrow();
      if (value < least) {
        least = value;
        where = x;
      }
    }
  }

  private static double value(double[] f, double[] x) {
    double sum = f[x.length];
    for (int i = 0; i < x.length; i++) {
      sum += f[i] * x[i];
    }
    return sum;
  }

  /**
   * Solves a linear program in x - low, and in how far a number that is at least each of {@code
   * tops}, where there are any, is above their least on the box. All variables are at least 0;
   * upper sides are rows, for the solver's own are not kept (ojAlgo 56.2).
   */
  private Optimisation.Result program(List<double[]> cell, double[] objective, double[][] tops) {
    int d = low.length;
    int n = objective.length;
    LinearSolver.Builder b = LinearSolver.newBuilder(objective);
    for (int i = 0; i < d; i++) {
      double[] left = new double[n];
      left[i] = 1;
      b.inequality(high[i] - low[i], left);
    }
    for (double[] f : cell) {
      double[] left = new double[n];
      Arrays.setAll(left, i -> i < d ? -f[i] : 0);
      b.inequality(value(f, low), left);
    }
    double base = Arrays.stream(tops).mapToDouble(f -> extreme(f, -1)).min().orElse(0);
    for (double[] f : tops) {
      double[] left = Arrays.copyOf(f, n);
      left[d] = -1;
      b.inequality(base - value(f, low), left);
    }
    return b.build().solve();
  }
}
