#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ojAlgo 56.2.0: LinearSolver.Builder.upper is ignored, and the result is said to be OPTIMAL.
#
# Minimise -3 x - 2 y with x + y <= 2, -3 x + 3 y <= 4 and both variables at least 0 and at most 1.
# The minimum is -5, at (1, 1). LinearSolver.newBuilder(..).inequality(..).lower(0).upper(1) builds a
# solver that answers OPTIMAL, -6 at (2, 0): a vertex of the program without its upper sides. With
# the upper sides written as two more inequality rows it answers -5 at (1, 1), and so does
# ExpressionsBasedModel with the same sides as properties of its variables. Of 1,000 random programs
# of two variables and two rows, 187 results break their upper side. Whoever minimises a network
# over a box by this builder gets a bound that is too low, and a point outside the box.
#
# Installs a pinned package in a temporary folder; needs Maven and a JDK. Exit code 1 if any of this
# changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mvn -q -B -ntp org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
  -Dartifact=org.ojalgo:ojalgo:56.2.0 -DoutputDirectory="$work"
cat >"$work/Sides.java" <<'JAVA'
import java.util.Random;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation.Result;
import org.ojalgo.optimisation.linear.LinearSolver;

class Sides {
  static LinearSolver.Builder program() {
    return LinearSolver.newBuilder(-3.0, -2.0).inequality(2.0, 1.0, 1.0).inequality(4.0, -3.0, 3.0);
  }

  static boolean is(String what, Result r, double value, double x, double y) {
    System.out.println(what + ": " + r);
    return r.getState().isOptimal()
        && Math.abs(r.getValue() - value) < 1e-9
        && Math.abs(r.doubleValue(0) - x) < 1e-9
        && Math.abs(r.doubleValue(1) - y) < 1e-9;
  }

  public static void main(String[] none) {
    boolean same = is("upper(1)", program().lower(0).upper(1).build().solve(), -6, 2, 0);
    LinearSolver.Builder rows = program().inequality(1.0, 1.0, 0.0).inequality(1.0, 0.0, 1.0);
    same &= is("as rows", rows.lower(0).build().solve(), -5, 1, 1);
    ExpressionsBasedModel m = new ExpressionsBasedModel();
    var x = m.newVariable("x").lower(0).upper(1).weight(-3);
    var y = m.newVariable("y").lower(0).upper(1).weight(-2);
    m.newExpression("sum").upper(2).set(x, 1).set(y, 1);
    m.newExpression("row").upper(4).set(x, -3).set(y, 3);
    same &= is("as a model", m.minimise(), -5, 1, 1);
    Random r = new Random(1);
    int beyond = 0;
    for (int t = 0; t < 1000; t++) {
      double[] cells = new double[6];
      double[] sides = new double[2];
      for (int i = 0; i < 2; i++) {
        cells[2 * i] = r.nextInt(7) - 3;
        cells[2 * i + 1] = r.nextInt(7) - 3;
        sides[i] = r.nextInt(5);
      }
      cells[4] = r.nextInt(7) - 3;
      cells[5] = r.nextInt(7) - 3;
      Result found =
          LinearSolver.newBuilder(cells[4], cells[5])
              .inequality(sides[0], cells[0], cells[1])
              .inequality(sides[1], cells[2], cells[3])
              .lower(0)
              .upper(1)
              .build()
              .solve();
      double most = Math.max(found.doubleValue(0), found.doubleValue(1));
      beyond += found.getState().isFeasible() && most > 1 + 1e-6 ? 1 : 0;
    }
    System.out.println(beyond + " of 1000 results lie beyond an upper side");
    System.exit(same && beyond == 187 ? 0 : 1);
  }
}
JAVA
javac -d "$work" -cp "$work/ojalgo-56.2.0.jar" "$work/Sides.java"
java -cp "$work/ojalgo-56.2.0.jar:$work" Sides
