// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;

/**
 * Yarotsky's networks {@code f_m(x) = x - sum_{k <= m} g(g(..x)) / 4^k} of rectifiers, g the hat
 * function, interpolate x^2 at multiples of 2^-m. The grid includes the midpoints, where the error
 * is largest; every operation on it is exact in double.
 */
@Doc("Error of deep ReLU networks for x^2 on [0, 1] over their depth.")
public record DepthApproximation(
    @Doc("Largest depth m.") @Default("12") @Range(min = 1, max = 20) int depth,
    @Doc("Intervals of the grid, as a power of 2, above the depth.")
        @Default("14")
        @Range(min = 2, max = 24)
        int grid)
    implements Law {
  public DepthApproximation {
    if (grid <= depth) {
      throw new IllegalArgumentException(
          "grid: must be above depth = %d, got %d".formatted(depth, grid));
    }
  }

  @Override
  public String id() {
    return "rigorous-understanding/A10";
  }

  @Override
  public String source() {
    return "Yarotsky 2017, proposition 2";
  }

  @Override
  public String says() {
    return "Depth m approximates x^2 on [0, 1] to exactly 2^(-2m-2).";
  }

  @Override
  public void measure(Lab lab) {
    lab.phase("networks of depth 1 to " + depth);
    int points = (1 << grid) + 1;
    Program.Builder b = Program.builder(id());
    Value x = F.mul(F.cast(F.iota(3, 1, points), DType.F64), 1.0 / (1 << grid)); // [1, points, 1]
    Value hat = x;
    Value f = x;
    for (int m = 1; m <= depth; m++) {
      hat = hat(hat);
      f = F.sub(f, F.mul(hat, Math.pow(4, -m)));
      b.output("error" + m, F.max(F.abs(F.sub(f, F.square(x))), 1));
    }
    var found = Calculation.run(lab.device(), b.build(), Map.of());
    double[] at = new double[depth];
    double[] theory = new double[depth];
    double[] error = new double[depth];
    for (int m = 1; m <= depth; m++) {
      at[m - 1] = m;
      theory[m - 1] = Math.pow(2, -2 * m - 2);
      error[m - 1] = found.get("error" + m).get(0);
      lab.compare(
          "sup |f_m - x^2|, m = " + m,
          "2^(-2m-2)",
          theory[m - 1],
          error[m - 1],
          Tolerance.absolute(1e-12));
    }
    lab.chart(
        new Chart(
            "depth-approximation",
            "Largest error of ReLU networks for x^2 on [0, 1]",
            "depth m",
            "largest error",
            false,
            true,
            List.of(
                Chart.Series.theory("2^(-2m-2)", at, theory),
                Chart.Series.measured("measured", at, error))));
  }

  /**
   * Returns 2 relu(x) - 4 relu(x - 1/2) + 2 relu(x - 1), which rises to 1 at 1/2 and falls to 0.
   */
  private static Value hat(Value x) {
    Value rise = F.mul(F.relu(x), 2);
    Value turn = F.mul(F.relu(F.add(x, -0.5)), 4);
    Value end = F.mul(F.relu(F.add(x, -1)), 2);
    return F.add(F.sub(rise, turn), end);
  }
}
