// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.op.Solve;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/** The Lipschitz constant of a linear function that fits noise exactly; more features lower it. */
@Doc("Lipschitz constant of least-norm linear fits to pure noise over the dimension.")
public record NoiseFitting(
    @Doc("Samples n.") @Default("50") @Range(min = 4, max = 2000) int samples,
    @Doc("Dimensions d, ascending, above n + 3.")
        @Default("[80, 100, 150, 250]")
        @Length(min = 2, max = 40)
        List<Integer> dimensions,
    @Doc("Draws of the inputs, a multiple of 100; each is fitted to 8 draws of the noise.")
        @Default("400")
        @Range(min = 100)
        int repetitions)
    implements Law {
  private static final int ROWS = 100;
  private static final int LABELS = 8;

  public NoiseFitting {
    for (int d : dimensions) {
      if (d <= samples + 3) {
        throw new IllegalArgumentException(
            "dimensions: must be above n + 3 = %d, got %d".formatted(samples + 3, d));
      }
    }
  }

  @Override
  public String id() {
    return "rigorous-understanding/7";
  }

  @Override
  public String source() {
    return "inverse Wishart mean; a linear instance of the law of robustness (Bubeck & Sellke"
        + " 2021)";
  }

  @Override
  public String says() {
    return "The least-norm fit of noise, x and y standard normal, has E Lip^2 = n / (d - n - 1).";
  }

  @Override
  public void measure(Lab lab) {
    double[] x = new double[dimensions.size()];
    double[] theory = new double[x.length];
    double[] mean = new double[x.length];
    double[] error = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int d = dimensions.get(i);
      lab.phase("d = " + d);
      Map<String, double[]> found =
          new Repetitions(lab, id() + " " + d, repetitions, ROWS).run(r -> fit(r, d));
      x[i] = d;
      theory[i] = samples / (d - samples - 1.0);
      mean[i] = Statistics.mean(found.get("lip2"));
      error[i] = Statistics.standardError(found.get("lip2"));
      lab.compare("d = " + d, "n / (d - n - 1)", theory[i], mean[i], Tolerance.errors(4, error[i]));
    }
    lab.chart(
        new Chart(
            "noise-fitting",
            "Squared Lipschitz constant of fits to noise, n = " + samples,
            "dimension d",
            "mean squared Lipschitz constant",
            true,
            true,
            List.of(
                Chart.Series.theory("n / (d - n - 1)", x, theory),
                Chart.Series.measured("measured, 2 s.e.", x, mean, DoubleDescent.twice(error)))));
  }

  /** Returns the mean over the labels of |b|^2 with b = X'(XX')^-1 y. */
  private Map<String, Value> fit(Randoms r, int d) {
    Value x = r.normal("x", DType.F64, Shape.of(samples, d)); // [M, 1, n, d]
    Value y = r.normal("y", DType.F64, Shape.of(samples, LABELS));
    Value dual = Solve.positiveDefinite(F.matmul(x, x, false, true), y);
    Value fits = F.matmul(dual, x, true, false); // [M, 1, labels, d]
    return Map.of("lip2", F.mean(F.sum(F.square(fits), 3), 2));
  }
}
