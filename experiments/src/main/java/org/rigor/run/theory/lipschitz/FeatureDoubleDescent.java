// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Solve;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Double descent of a Lipschitz constant: least-norm regression on the first p of D Gaussian
 * features, so that the predictor is linear and its constant |b| exact. A share of the labels
 * carries unit noise. With s^2 = share + |beta beyond p|^2,
 *
 * <p>E |b|^2 = |beta_p|^2 + s^2 p / (n - p - 1) for p below n - 1, and |beta_p|^2 n / p + s^2 n /
 * (p - n - 1) for p above n + 1,
 *
 * <p>from the mean of inverse Wishart matrices (in the model of Belkin, Hsu and Xu 2020).
 */
@Doc("Double descent of the exact Lipschitz constant of least-norm regression with label noise.")
public record FeatureDoubleDescent(
    @Doc("Samples n.") @Default("40") @Range(min = 10, max = 4000) int samples,
    @Doc("Features D of the teacher.") @Default("200") @Range(min = 10, max = 100_000) int features,
    @Doc("Features p that are fitted; none within 5 of n.")
        @Default("[5, 10, 20, 30, 50, 60, 80, 120, 200]")
        @Length(min = 3, max = 100)
        List<Integer> widths,
    @Doc("Share of labels with noise.") @Default("0.2") @Range(min = 0, max = 1) double noisy,
    @Doc("Designs; each is fitted to 32 label vectors.")
        @Default("1000")
        @Range(min = 10, max = 1_000_000)
        int repetitions)
    implements Law {
  private static final int PACK = 100;
  private static final int LABELS = 32;

  public FeatureDoubleDescent {
    for (int p : widths) {
      if (p < 1 || p > features || Math.abs(p - samples) < 5) {
        throw new IllegalArgumentException(
            "widths: must lie in [1, %d] and at least 5 from the %d samples, where the mean has a large variance; got %d"
                .formatted(features, samples, p));
      }
    }
  }

  @Override
  public String id() {
    return "lipschitz-continuity/feature-double-descent";
  }

  @Override
  public String source() {
    return "mean of inverse Wishart matrices; model of Belkin, Hsu & Xu 2020";
  }

  @Override
  public String says() {
    return "The exact Lipschitz constant of a least-norm fit of noisy labels rises to the"
        + " interpolation threshold and falls behind it, as the closed form says.";
  }

  @Override
  public void measure(Lab lab) {
    int k = widths.size();
    double[] x = new double[k];
    double[] y = new double[k];
    double[] error = new double[k];
    double[][] groups = new double[k][];
    for (int i = 0; i < k; i++) {
      int p = widths.get(i);
      lab.phase("p = " + p);
      double[] squares = squares(lab, p);
      double mean = mean(squares);
      double se = Math.sqrt(variance(squares, mean) / squares.length);
      x[i] = p;
      y[i] = mean;
      error[i] = 2 * se;
      groups[i] = grouped(squares);
      lab.compare("p = " + p, form(p), expected(p), mean, Tolerance.errors(4, se));
      lab.checkpoint();
    }
    int peak = 0;
    for (int i = 0; i < k; i++) {
      peak = Math.abs(x[i] - samples) < Math.abs(x[peak] - samples) ? i : peak;
    }
    claim(lab, "rise", "the narrowest fit", groups[peak], groups[0]);
    claim(lab, "fall", "the widest fit", groups[peak], groups[k - 1]);
    chart(lab, x, y, error);
  }

  private static void claim(Lab lab, String id, String other, double[] peak, double[] end) {
    double[] log = new double[peak.length];
    for (int g = 0; g < log.length; g++) {
      log[g] = Math.log(peak[g] / end[g]) / Math.log(2);
    }
    lab.claim(
        id,
        "The squared constant nearest the threshold is at least twice that of "
            + other
            + " (for seeds stand ten groups of designs).",
        log,
        Lab.Relation.AT_LEAST,
        1);
  }

  private String form(int p) {
    return p < samples ? "|beta_p|^2 + s^2 p/(n - p - 1)" : "|beta_p|^2 n/p + s^2 n/(p - n - 1)";
  }

  /** Returns E |b|^2. */
  private double expected(double p) {
    double inside = p / features;
    double noise = 1 - inside + noisy;
    return p < samples
        ? inside + noise * p / (samples - p - 1)
        : inside * samples / p + noise * samples / (p - samples - 1);
  }

  /** Returns the mean |b|^2 of each design; a pack of designs forms the rows of the model axis. */
  private double[] squares(Lab lab, int p) {
    double[] out = new double[repetitions];
    for (int from = 0; from < repetitions; from += PACK) {
      int rows = Math.min(PACK, repetitions - from);
      HostTensor b = fit(lab, p, from, rows);
      for (int r = 0; r < rows; r++) {
        out[from + r] = b.get(r);
      }
    }
    return out;
  }

  private HostTensor fit(Lab lab, int p, int from, int rows) {
    double[] x = new double[rows * samples * p];
    double[] y = new double[rows * samples * LABELS];
    double beta = 1 / Math.sqrt(features);
    double rest = Math.sqrt((features - p) / (double) features);
    for (int r = 0; r < rows; r++) {
      Draws d = new Draws(lab.seed(), 3, from + r);
      for (int i = 0; i < samples; i++) {
        double seen = 0;
        for (int j = 0; j < p; j++) {
          double v = d.normal();
          x[(r * samples + i) * p + j] = v;
          seen += beta * v;
        }
        for (int c = 0; c < LABELS; c++) {
          // The unfitted features add up to one normal number.
          double noise = rest * d.normal() + (d.uniform() < noisy ? d.normal() : 0);
          y[(r * samples + i) * LABELS + c] = seen + noise;
        }
      }
    }
    Program.Builder b = Program.builder("least norm");
    Value in = b.input("x", new TensorType(DType.F64, Shape.of(rows, samples, p)));
    Value labels = b.input("y", new TensorType(DType.F64, Shape.of(rows, samples, LABELS)));
    Value fit;
    if (p < samples) {
      Value gram = F.matmul(in, in, true, false);
      fit = Solve.positiveDefinite(gram, F.matmul(in, labels, true, false));
    } else {
      Value gram = F.matmul(in, in, false, true);
      fit = F.matmul(in, Solve.positiveDefinite(gram, labels), true, false);
    }
    Program program = b.output("square", F.mul(F.sum(F.square(fit), 1, 2), 1.0 / LABELS)).build();
    Map<String, HostTensor> inputs =
        Map.of(
            "x", HostTensor.of(Shape.of(rows, samples, p), x),
            "y", HostTensor.of(Shape.of(rows, samples, LABELS), y));
    return Calculation.run(lab.device(), program, inputs).get("square");
  }

  /** Returns the means of ten groups, which stand for seeds in the claims. */
  private static double[] grouped(double[] values) {
    double[] out = new double[10];
    for (int i = 0; i < values.length / 10 * 10; i++) {
      out[i % 10] += values[i] / (values.length / 10);
    }
    return out;
  }

  private static double mean(double[] v) {
    double s = 0;
    for (double a : v) {
      s += a / v.length;
    }
    return s;
  }

  private static double variance(double[] v, double mean) {
    double s = 0;
    for (double a : v) {
      s += (a - mean) * (a - mean) / (v.length - 1);
    }
    return s;
  }

  private void chart(Lab lab, double[] x, double[] y, double[] error) {
    List<double[]> curve = new ArrayList<>();
    double last = widths.get(widths.size() - 1);
    for (double p = 1; p <= last; p += last / 400) {
      boolean near = Math.abs(p - samples) < 2;
      curve.add(new double[] {p, near ? Double.NaN : Math.sqrt(expected(p))});
    }
    double[] root = new double[y.length];
    double[] bar = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      root[i] = Math.sqrt(y[i]);
      bar[i] = error[i] / (2 * root[i]);
    }
    lab.chart(
        new Chart(
            "feature-double-descent",
            "Exact Lipschitz constant of least-norm fits, n = " + samples,
            "features p",
            "root mean square of the Lipschitz constant",
            true,
            true,
            List.of(
                Chart.Series.theory(
                    "closed form",
                    curve.stream().mapToDouble(c -> c[0]).toArray(),
                    curve.stream().mapToDouble(c -> c[1]).toArray()),
                Chart.Series.measured(
                    "measured, 2 s.e., %d fits".formatted(repetitions * LABELS), x, root, bar))));
  }
}
