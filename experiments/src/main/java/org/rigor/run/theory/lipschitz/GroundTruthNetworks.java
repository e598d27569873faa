// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import org.rigor.lipschitz.JacobianNorms;
import org.rigor.op.F;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Doc;
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
    kink(lab);
  }

  /** 2x - 2 relu(x) + 2 relu(-x) is zero everywhere, yet its computed derivative at 0 is 2. */
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
    lab.compare("zero function, samples refused", "the kink", 1, j.ambiguous(0).size(), none);
    lab.compare("zero function, certified side", "0", 0, j.certified(0), none);
  }

  private static void bracket(
      Lab lab, String name, TracedNetwork net, double[][] x, double exact, double product) {
    double lower = net.jacobians(lab.device(), x).certified(0);
    double upper = net.product(lab.device());
    lab.compare(name + ", lower side", "exact constant", exact, lower, close(exact));
    lab.compare(name + ", upper side", "product of norms", product, upper, close(product));
  }

  private static Tolerance close(double exact) {
    return exact == 0 ? Tolerance.absolute(1e-12) : Tolerance.relative(1e-10, exact);
  }

  /** All points with these coordinates. */
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
