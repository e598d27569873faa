// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.SymmetricEigen;
import org.rigor.nn.Dense;
import org.rigor.nn.Parameter;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The law of Marchenko and Pastur 1967 for the weights of a block, n units on d = n / 4 features:
 * the eigenvalues of K K' / (n s^2) that are not 0 fill [(1 - sqrt c)^2, (1 + sqrt c)^2] with c = d
 * / n. At finite n the mean edges lie 1.2065 times their scale inside, the mean of the law of Tracy
 * and Widom (Johnstone 2001; Ma 2012 for the halves); the paper's ratio of 9 is the limit.
 */
@Doc("Eigenvalues of a block's initial weights fill the interval of Marchenko and Pastur.")
public record SpectralEdges(
    @Doc("Features d of the large matrices; they have 4 d units.")
        @Default("256")
        @Range(min = 128, max = 1024)
        int features,
    @Doc("Small matrices, of d / 2 features, whose edges are averaged.")
        @Default("48")
        @Range(min = 8, max = 1000)
        int matrices)
    implements Law {
  private static final int POINTS = 61;

  /** Minus the mean of the law of Tracy and Widom for real matrices. */
  private static final double TRACY_WIDOM = 1.2065335745820;

  @Override
  public String id() {
    return "activation-sparsity/A5";
  }

  @Override
  public String source() {
    return "Marchenko & Pastur 1967; Peng et al. 2023, spectral concentration (statement T5)";
  }

  @Override
  public String says() {
    return "The largest over the smallest eigenvalue that is not 0 tends to 9 for n = 4 d, for"
        + " normal weights and for the initial weights of a dense layer alike.";
  }

  @Override
  public void measure(Lab lab) {
    edges(lab, "normal");
    edges(lab, "initial");
    int units = 4 * features;
    HostTensor normal = Sample.normal(lab.seed(), 1, 1, features, units);
    entries(lab, "normal", normal, 1);
    entries(lab, "initial", initial(lab, features, "law"), variance(features));
  }

  /**
   * Compares the mean edges of small matrices; a single matrix misses their ratio by several per
   * cent.
   */
  private void edges(Lab lab, String name) {
    int d = features / 2;
    double[] low = new double[matrices];
    double[] high = new double[matrices];
    for (int i = 0; i < matrices; i++) {
      double[] values =
          name.equals("normal")
              ? eigenvalues(lab, Sample.normal(lab.seed(), 100 + i, 1, d, 4 * d), 1)
              : eigenvalues(lab, initial(lab, d, "law " + i), variance(d));
      low[i] = values[0];
      high[i] = values[d - 1];
      lab.checkpoint();
    }
    double n = 4 * d;
    double a = Math.sqrt(n - 0.5);
    double b = Math.sqrt(d - 0.5);
    double above = (a + b) * Math.cbrt(1 / a + 1 / b);
    double below = (a - b) * Math.cbrt(1 / b - 1 / a);
    double top = ((a + b) * (a + b) - TRACY_WIDOM * above) / n;
    double bottom = ((a - b) * (a - b) + TRACY_WIDOM * below) / n;
    mean(lab, name + ", mean lower edge", "(1 - sqrt c)^2 + 1.2065 scale", bottom, low);
    mean(lab, name + ", mean upper edge", "(1 + sqrt c)^2 - 1.2065 scale", top, high);
    double ratio = Statistics.mean(high) / Statistics.mean(low);
    double error =
        ratio
            * Math.hypot(
                Statistics.standardError(low) / Statistics.mean(low),
                Statistics.standardError(high) / Statistics.mean(high));
    lab.compare(
        name + ", ratio of the edges",
        "mean upper over mean lower edge, 9 in the limit",
        top / bottom,
        ratio,
        Tolerance.errors(4, error));
  }

  private static HostTensor initial(Lab lab, int d, String key) {
    Parameter weight = new Dense(4 * d).parameters(Shape.of(d)).get(0);
    return weight.initial(List.of(TrialKey.of(lab.seed(), key))).toDouble();
  }

  /** Returns the variance of entries uniform in [-1 / sqrt d, 1 / sqrt d). */
  private static double variance(int d) {
    return 1.0 / (3 * d);
  }

  private static void mean(Lab lab, String name, String form, double theory, double[] draws) {
    double error = Statistics.standardError(draws);
    lab.compare(name, form, theory, Statistics.mean(draws), Tolerance.errors(4, error));
  }

  private void entries(Lab lab, String name, HostTensor k, double variance) {
    double[] values = eigenvalues(lab, k, variance);
    double c = 0.25;
    double low = Math.pow(1 - Math.sqrt(c), 2);
    double high = Math.pow(1 + Math.sqrt(c), 2);
    lab.report(name + ", ratio of the edges of one matrix", values[values.length - 1] / values[0]);
    double first = 0;
    double second = 0;
    double inverse = 0;
    for (double v : values) {
      first += v / values.length;
      second += v * v / values.length;
      inverse += 1 / v / values.length;
    }
    moment(lab, name + ", mean", "1", 1, first);
    moment(lab, name + ", mean square", "1 + c", 1 + c, second);
    moment(lab, name + ", mean inverse", "1 / (1 - c)", 1 / (1 - c), inverse);
    lab.chart(density(name, values, low, high, c));
    lab.checkpoint();
  }

  private static void moment(Lab lab, String name, String form, double theory, double found) {
    lab.compare(name, form, theory, found, new Tolerance(0.015 * theory, "1.5 %: 1/n"));
  }

  /** Returns the eigenvalues of K'K / (n s^2), formed by one product on the device. */
  private static double[] eigenvalues(Lab lab, HostTensor k, double variance) {
    int d = k.shape().dim(1);
    Program.Builder b = Program.builder("gram");
    Value w = b.input("k", new TensorType(DType.F64, k.shape()));
    double scale = 1 / (4 * d * variance);
    b.output("gram", F.mul(F.matmul(w, w, false, true), scale));
    HostTensor gram = Calculation.run(lab.device(), b.build(), Map.of("k", k)).get("gram");
    return SymmetricEigen.of(gram.doubles(), d).values();
  }

  private static Chart density(String name, double[] values, double low, double high, double c) {
    double[] x = new double[POINTS];
    double[] theory = new double[POINTS];
    double[] found = new double[POINTS];
    double step = (high - low) * 1.1 / (POINTS - 1);
    for (int i = 0; i < POINTS; i++) {
      x[i] = low - 0.05 * (high - low) + i * step;
      double inside = (high - x[i]) * (x[i] - low);
      theory[i] = inside > 0 ? Math.sqrt(inside) / (2 * Math.PI * c * x[i]) : 0;
      for (double v : values) {
        found[i] += Math.abs(v - x[i]) <= step / 2 ? 1 / (values.length * step) : 0;
      }
    }
    return new Chart(
        "spectrum-" + name,
        "Eigenvalues of " + name + " weights, n = 4 d",
        "eigenvalue of K K' / (n s^2)",
        "density",
        false,
        false,
        List.of(
            Chart.Series.theory("Marchenko & Pastur", x, theory),
            Chart.Series.measured("measured", x, found)));
  }
}
