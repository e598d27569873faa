// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.Arrays;
import java.util.List;

/**
 * Sides of all values of a graph over a region. Bounds of a value use those of the values before
 * it.
 */
final class Sides {
  private final Graph graph;
  private final Region region;
  private final double[][] lower;
  private final double[][] upper;

  /** At most |weights| times the sizes of the operands, for linear steps. */
  private final double[][] reach;

  private final double[] total;
  private boolean empty;

  Sides(Graph graph, Region region) {
    int n = graph.steps().size();
    this.graph = graph;
    this.region = region;
    this.lower = new double[n][];
    this.upper = new double[n][];
    this.reach = new double[n][];
    this.total = new double[n];
    lower[0] = region.lower();
    upper[0] = region.upper();
    total[0] = sum(0);
  }

  Graph graph() {
    return graph;
  }

  Region region() {
    return region;
  }

  double[] lower(int value) {
    return lower[value];
  }

  double[] upper(int value) {
    return upper[value];
  }

  double[] reach(int value) {
    return reach[value];
  }

  /** Returns an upper bound of the size of an element. */
  double size(int value, int i) {
    return Math.max(Math.abs(lower[value][i]), Math.abs(upper[value][i]));
  }

  /** Returns an upper bound of the sum of sizes over a value. */
  double total(int value) {
    return total[value];
  }

  /** Raises a lower side and lowers an upper one where the new ones are better. */
  void tighten(int value, int i, double low, double high) {
    if (low > lower[value][i]) {
      lower[value][i] = low;
    }
    if (high < upper[value][i]) {
      upper[value][i] = high;
    }
    empty |= lower[value][i] > upper[value][i];
  }

  /** Returns whether sides contradict each other, so that no point is where they hold. */
  boolean isEmpty() {
    return empty;
  }

  /** Computes the sides of a value from those of its operands, by intervals. */
  void propagate(int value) {
    Step step = graph.steps().get(value);
    lower[value] = new double[step.size()];
    upper[value] = new double[step.size()];
    if (step instanceof Step.Bend b) {
      for (int i = 0; i < step.size(); i++) {
        lower[value][i] = bent(lower[b.from()][i], b.slope(), true);
        upper[value][i] = bent(upper[b.from()][i], b.slope(), false);
      }
    } else if (step instanceof Step.Affine a) {
      affine(value, a);
    }
    total[value] = sum(value);
  }

  private static double bent(double z, double slope, boolean down) {
    if (z >= 0) {
      return z;
    }
    double y = slope * z;
    return slope == 0 ? 0 : down ? Math.nextDown(y) : Math.nextUp(y);
  }

  private void affine(int value, Step.Affine a) {
    double[] low = lower[value];
    double[] high = upper[value];
    double[] sizes = new double[a.size()];
    long terms = 4L + a.uncertain() + a.parts().size();
    for (Step.Part p : a.parts()) {
      p.matrix().least(lower[p.from()], upper[p.from()], low);
      p.matrix().least(upper[p.from()], lower[p.from()], high);
      double[] more = p.matrix().reach(sizes(p.from()));
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] += more[i];
      }
      terms += p.matrix().columns();
    }
    double gamma = Rounding.gamma(terms);
    reach[value] = sizes;
    for (int i = 0; i < sizes.length; i++) {
      double error = gamma * (sizes[i] + Math.abs(a.constant()[i])) + Rounding.TINY;
      low[i] = Math.nextDown(low[i] + a.constant()[i] - Math.nextUp(error));
      high[i] = Math.nextUp(high[i] + a.constant()[i] + Math.nextUp(error));
    }
  }

  private double[] sizes(int value) {
    double[] all = new double[lower[value].length];
    Arrays.setAll(all, i -> size(value, i));
    return all;
  }

  private double sum(int value) {
    double sum = 0;
    for (int i = 0; i < lower[value].length; i++) {
      sum += size(value, i);
    }
    return sum * (1 + 0x1p-20) + Rounding.TINY;
  }

  /** Returns sides that begin as these and may be tightened apart from them. */
  Sides copy(List<Integer> values) {
    Sides c = new Sides(graph, region);
    System.arraycopy(lower, 0, c.lower, 0, lower.length);
    System.arraycopy(upper, 0, c.upper, 0, upper.length);
    System.arraycopy(reach, 0, c.reach, 0, reach.length);
    System.arraycopy(total, 0, c.total, 0, total.length);
    c.empty = empty;
    for (int v : values) {
      c.lower[v] = lower[v].clone();
      c.upper[v] = upper[v].clone();
    }
    return c;
  }
}
