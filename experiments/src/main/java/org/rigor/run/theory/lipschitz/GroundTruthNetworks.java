// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import org.rigor.ir.Value;
import org.rigor.linalg.SpectralNorm;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.op.F;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Doc;
import org.rigor.tensor.Draws;
import org.rigor.tensor.Shape;

/** Small networks whose Lipschitz constant and product of norms are known exactly. */
@Doc("Both sides of the Lipschitz bracket beside networks whose constant is known.")
public record GroundTruthNetworks() implements Law {
  private static final double[][] FOUR_IN = {{1, 2, 0}, {0, 1, -1}, {2, 0, 1}, {-1, 1, 1}};
  private static final double[][] FOUR_OUT = {{1, -1, 2, 0}, {0, 1, 1, -2}};

  @Override
  public String id() {
    return "lipschitz-continuity/ground-truth-networks";
  }

  @Override
  public String source() {
    return "closed forms; all activation patterns multiplied out";
  }

  @Override
  public String says() {
    return "Jacobian norms reach the Lipschitz constant from below, the product of norms bounds it"
        + " from above, and at a kink no derivative counts.";
  }

  @Override
  public void measure(Lab lab) {
    double[][] corners = grid(2, -1.5, -0.5, 0.5, 1.5);
    TracedNetwork diagonal =
        TracedNetwork.relu(new double[][] {{3, 0}, {0, 0.1}}, new double[][] {{0.1, 0}, {0, 3}});
    bracket(lab, "diag(3, .1), diag(.1, 3) with ReLU", diagonal, corners, 0.3, 9);
    double[][] line = {{-1}, {0.5}, {2}};
    TracedNetwork abs = TracedNetwork.relu(new double[][] {{1}, {-1}}, new double[][] {{1, 1}});
    bracket(lab, "absolute value", abs, line, 1, 2);
    double[][] both = {{1}, {1}};
    double[][] minus = {{1, -1}};
    TracedNetwork step =
        TracedNetwork.relu(new double[][][] {both, minus}, new double[][] {{0, -1}, {0}});
    bracket(lab, "relu(x) - relu(x - 1)", step, line, 1, 2);
    bracket(lab, "relu(x) - relu(x)", TracedNetwork.relu(both, minus), line, 0, 2);
    TracedNetwork gap =
        TracedNetwork.relu(new double[][] {{1, 0}, {0, 1}, {-1, 0}}, new double[][] {{1, 1, -1}});
    double root6 = StrictMath.sqrt(6);
    bracket(lab, "an unreachable pattern", gap, corners, StrictMath.sqrt(2), root6);
    double[][] cube = grid(3, -1.3, -0.4, 0.6, 1.7);
    TracedNetwork four = TracedNetwork.relu(FOUR_IN, FOUR_OUT);
    bracket(lab, "four hidden units", four, cube, 6.539481864814168, 7.063917712354246);
    TracedNetwork residual =
        new TracedNetwork(Shape.of(2), 2, (p, x) -> F.add(x, F.matmul(x, p.get("w"), false, false)))
            .with("w", Shape.of(2, 2), -0.5, 0, 0, -0.5);
    bracket(lab, "x - x/2 as a residual block", residual, corners, 0.5, 1.5);
    branches(lab, corners);
    chain(lab);
    kink(lab);
  }

  /** Brackets diag(1, 2) and diag(3, 1) side by side: with outputs added, and concatenated. */
  private static void branches(Lab lab, double[][] x) {
    for (boolean sum : new boolean[] {true, false}) {
      TracedNetwork net =
          new TracedNetwork(
                  Shape.of(2),
                  sum ? 2 : 4,
                  (p, in) -> {
                    Value a = F.matmul(in, p.get("a"));
                    Value b = F.matmul(in, p.get("b"));
                    return sum ? F.add(a, b) : F.concat(2, a, b);
                  })
              .with("a", Shape.of(2, 2), 1, 0, 0, 2)
              .with("b", Shape.of(2, 2), 3, 0, 0, 1);
      double exact = sum ? 4 : StrictMath.sqrt(10);
      double rule = sum ? 5 : StrictMath.sqrt(13);
      bracket(lab, sum ? "sum of two branches" : "concatenation", net, x, exact, rule);
    }
  }

  /** Brackets a chain of random matrices: the norm of their product, and the product of norms. */
  private static void chain(Lab lab) {
    double[][][] w = new double[3][4][4];
    double[] product = null;
    double norms = 1;
    for (int i = 0; i < w.length; i++) {
      Draws d = new Draws(lab.seed(), 6, i);
      for (double[] row : w[i]) {
        for (int j = 0; j < row.length; j++) {
          row[j] = d.normal();
        }
      }
      double[] flat = TracedNetwork.flat(w[i]);
      norms *= SpectralNorm.svd(flat, 4, 4);
      product = product == null ? flat : times(flat, product);
    }
    TracedNetwork net =
        new TracedNetwork(
            Shape.of(4),
            4,
            (p, x) -> {
              Value h = x;
              for (int i = 0; i < 3; i++) {
                h = F.matmul(h, p.get("w" + i), false, true);
              }
              return h;
            });
    for (int i = 0; i < 3; i++) {
      net.with("w" + i, Shape.of(4, 4), TracedNetwork.flat(w[i]));
    }
    double exact = SpectralNorm.svd(product, 4, 4);
    bracket(lab, "linear chain", net, new double[][] {{1, 2, 3, 4}}, exact, norms);
    double[][] point = {{0.3, -0.2, 0.9, 0.4}};
    double enclosed = net.jacobians(lab.device(), point).lower()[0][0];
    lab.compare("enclosed Jacobian at one point", "|J(x)|", exact, enclosed, close(exact));
  }

  private static double[] times(double[] a, double[] b) {
    double[] out = new double[16];
    for (int i = 0; i < 4; i++) {
      for (int k = 0; k < 4; k++) {
        for (int j = 0; j < 4; j++) {
          out[4 * i + j] += a[4 * i + k] * b[4 * k + j];
        }
      }
    }
    return out;
  }

  /**
   * Brackets 2x - 2 relu(x) + 2 relu(-x), which is zero everywhere, yet whose computed derivative
   * at 0 is 2.
   */
  private static void kink(Lab lab) {
    TracedNetwork zero =
        new TracedNetwork(
                Shape.of(1),
                1,
                (p, x) ->
                    F.add(
                        F.matmul(x, p.get("two")),
                        F.add(
                            F.matmul(F.relu(x), p.get("minus")),
                            F.matmul(F.relu(F.neg(x)), p.get("two")))))
            .with("two", Shape.of(1, 1), 2)
            .with("minus", Shape.of(1, 1), -2);
    JacobianNorms j = zero.jacobians(lab.device(), new double[][] {{0}, {1}, {-1}});
    Tolerance none = Tolerance.absolute(1e-12);
    lab.compare("zero function, computed at its kink", "2 - 0 + 0", 2, j.norms()[0][0], none);
    lab.compare("zero function, samples refused", "the kink", 1, j.kinks(0).size(), none);
    lab.compare("zero function, certified side", "0", 0, j.certified(0).orElseThrow(), none);
  }

  private static void bracket(
      Lab lab, String name, TracedNetwork net, double[][] x, double exact, double product) {
    double lower = net.jacobians(lab.device(), x).certified(0).orElseThrow();
    double upper = net.product(lab.device());
    lab.compare(name + ", lower side", "exact constant", exact, lower, close(exact));
    lab.compare(name + ", upper side", "product of norms", product, upper, close(product));
  }

  private static Tolerance close(double exact) {
    return exact == 0 ? Tolerance.absolute(1e-12) : Tolerance.relative(1e-10, exact);
  }

  /** Returns all points with these coordinates. */
  static double[][] grid(int d, double... values) {
    int n = (int) Math.round(Math.pow(values.length, d));
    double[][] out = new double[n][d];
    for (int i = 0; i < n; i++) {
      for (int a = 0, rest = i; a < d; a++, rest /= values.length) {
        out[i][a] = values[rest % values.length];
      }
    }
    return out;
  }
}
