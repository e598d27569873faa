// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One backward bound: coefficients of a value move to the values before it, through linear steps by
 * their transposes and through bends by a line below or above, until they meet the input. A
 * computed coefficient is off by at most gamma |A| |W|; the sizes of the values turn that into an
 * error of the bound.
 */
final class Walk {
  private final Sides sides;
  private final Map<Integer, Integer> numbers = new HashMap<>();
  private final double[][] coefficients;
  private final Sum sum = new Sum();
  private final Leaf leaf;

  /** Signs of the cell's literals by value that a bend reads: 1, -1 or 0. */
  private final Map<Integer, byte[]> signs = new HashMap<>();

  Walk(Sides sides, Leaf leaf) {
    this.sides = sides;
    this.leaf = leaf;
    this.coefficients = new double[sides.graph().steps().size()][];
    List<Integer> bends = sides.graph().bends();
    for (int k = 0; k < bends.size(); k++) {
      numbers.put(bends.get(k), k);
    }
    for (Literal l : leaf.multipliers().keySet()) {
      Step.Bend b = sides.graph().bend(l.bend());
      signs.computeIfAbsent(b.from(), v -> new byte[b.size()])[l.unit()] =
          (byte) (l.positive() ? 1 : -1);
    }
  }

  /** Adds a coefficient of an element, before the walk. */
  void add(int value, int i, double a) {
    of(value)[i] += a;
  }

  /** Adds a constant. */
  void add(double constant) {
    sum.add(constant);
  }

  /** Subtracts an error. */
  void lose(double error) {
    sum.lose(error);
  }

  private double[] of(int value) {
    if (coefficients[value] == null) {
      coefficients[value] = new double[sides.graph().steps().get(value).size()];
    }
    return coefficients[value];
  }

  /** Returns a lower side of the sum over the region and the cell; not above 0 if unknown. */
  double lower() {
    List<Step> steps = sides.graph().steps();
    constraints();
    for (int v = steps.size() - 1; v > 0; v--) {
      double[] a = coefficients[v];
      if (a == null) {
        continue;
      }
      if (steps.get(v) instanceof Step.Affine s) {
        affine(v, s, a);
      } else if (steps.get(v) instanceof Step.Bend b) {
        bent(v, b, a);
      }
    }
    if (coefficients[0] != null) {
      input(coefficients[0]);
    }
    return sum.lower();
  }

  /** Adds what literals contribute: -sign times multiplier times z, at most 0 in the cell. */
  private void constraints() {
    leaf.multipliers()
        .forEach(
            (l, beta) -> {
              if (beta > 0 && beta < 0x1p100) {
                of(sides.graph().bend(l.bend()).from())[l.unit()] += l.positive() ? -beta : beta;
              }
            });
  }

  private void affine(int v, Step.Affine s, double... a) {
    long terms = 8L + s.uncertain();
    double gamma = Rounding.gamma(terms + a.length);
    double error = 0;
    double off = 0;
    double[] reach = sides.reach(v);
    for (int i = 0; i < a.length; i++) {
      if (a[i] != 0) {
        sum.add(a[i], s.constant()[i]);
        error += Math.abs(a[i]) * reach[i];
        off += Math.abs(a[i] * s.constant()[i]) * s.uncertain();
      }
    }
    sum.lose(gamma * error * (1 + gamma) + off * 0x1p-51);
    for (Step.Part p : s.parts()) {
      double[] next = coefficients[p.from()];
      if (next != null) {
        sum.lose(gamma * weighted(next, p.from())); // they are summands of rounded sums too
      }
      p.matrix().back(a, of(p.from()));
      sum.lose(Rounding.TINY * sides.total(p.from()));
    }
  }

  private double weighted(double[] a, int value) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      if (a[i] != 0) {
        sum += Math.abs(a[i]) * sides.size(value, i);
      }
    }
    return sum * (1 + Rounding.gamma(a.length));
  }

  private void bent(int v, Step.Bend b, double... a) {
    double[] z = of(b.from());
    double[] low = sides.lower(b.from());
    double[] high = sides.upper(b.from());
    byte[] cell = signs.getOrDefault(b.from(), new byte[0]);
    int number = numbers.get(v);
    for (int i = 0; i < a.length; i++) {
      if (a[i] == 0) {
        continue;
      }
      byte sign = cell.length == 0 ? 0 : cell[i];
      double l = sign > 0 ? Math.max(low[i], 0) : low[i];
      double u = sign < 0 ? Math.min(high[i], 0) : high[i];
      double s;
      if (l >= 0) {
        s = 1;
      } else if (u <= 0) {
        s = b.slope();
      } else if (a[i] > 0) {
        s = slope(leaf.slope(number, i), b.slope(), l, u);
      } else {
        s = chord(b.slope(), l, u);
        sum.add(a[i], above(b.slope(), s, l, u));
      }
      double next = a[i] * s;
      double size = sides.size(b.from(), i);
      sum.lose((Math.abs(next) * 0x1p-51 + Math.abs(z[i]) * 0x1p-51 + Rounding.TINY) * size);
      z[i] += next;
    }
  }

  /** Returns the slope given, or the least if it is below that; without one, CROWN's. */
  private static double slope(float given, double least, double l, double u) {
    double own = u >= -l ? 1 : least;
    return given >= 0 && given <= 1 ? Math.max(given, least) : own;
  }

  /** Returns a slope of a line above, in [least, 1]; nearly that of the chord. */
  private static double chord(double least, double l, double u) {
    double s = (u - least * l) / (u - l);
    return s >= least && s <= 1 ? s : 1;
  }

  /** Returns an intercept with which a line of slope s lies above at both ends, so in between. */
  private static double above(double slope, double s, double l, double u) {
    double left = Math.nextUp(Math.nextUp(slope - s) * l);
    left = Math.max(left, Math.nextUp(Math.nextDown(slope - s) * l));
    double right = Math.nextUp(Math.nextUp(1 - s) * u);
    return Math.max(0, Math.max(left, right));
  }

  private void input(double... a) {
    Region r = sides.region();
    double ball = r.isBall() ? overBall(r, a) : Double.NEGATIVE_INFINITY;
    Sum box = new Sum();
    for (int i = 0; i < a.length; i++) {
      if (a[i] != 0) {
        box.add(a[i], a[i] > 0 ? r.lower()[i] : r.upper()[i]);
      }
    }
    sum.add(Math.max(box.lower(), ball));
  }

  private static double overBall(Region r, double... a) {
    Sum at = new Sum();
    double square = 0;
    for (int i = 0; i < a.length; i++) {
      at.add(a[i], r.centre()[i]);
      square += a[i] * a[i];
    }
    double length = Math.sqrt(square) * (1 + Rounding.gamma(a.length + 8)) + Rounding.TINY;
    at.lose(length * r.radius() * (1 + 0x1p-50));
    return at.lower();
  }
}
