// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.List;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/** B3: the training curves: a fast drop to a plateau, then decay off the range at a known rate. */
@Doc("Regression error and off-range part over training, with the late rate of decay.")
@TypeName("deep-linear-curves")
public record TrainingCurves(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Hidden width.") @Range(min = 2, max = 8192) @Default("90") int width,
    @Doc("Layers.") @Range(min = 2, max = 20) @Default("3") int layers,
    @Doc("Condition number of the signals.") @Range(min = 1, max = 100) @Default("1") double kappa,
    @Doc("Weight decays over smin(X)^2 / m, above 0.")
        @Range(min = 1e-6, max = 1)
        @Length(min = 1)
        @Default("[1e-2, 3e-2, 1e-1]")
        List<Double> gammas,
    @Doc("Steps, in units of 2 L kappa^2 log(width) / gamma.")
        @Range(min = 0.1, max = 100)
        @Default("1.6")
        double horizon,
    @Doc("Points of a curve.") @Range(min = 20, max = 2000) @Default("80") int points)
    implements Law {
  /** Lower end of figures; below it lies the rounding of training without decay. */
  private static final double FLOOR = 1e-6;

  @Override
  public String id() {
    return "deep-linear/B3";
  }

  @Override
  public String source() {
    return "derived, for the set-up of Laus et al. 2025: once the other layers stand still,"
        + " E P_perp shrinks as W_1 P_perp, by 1 - eta lambda a step";
  }

  @Override
  public String says() {
    return "Training drops fast to a plateau of the regression error; what the data do not see"
        + " decays late by 1 - eta lambda a step, and stays where there is no weight decay.";
  }

  @Override
  public void measure(Lab lab) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, kappa, false);
    Scale scale = Scale.of(p, Convention.NTK, width, layers);
    List<Chart.Series> error = new ArrayList<>();
    List<Chart.Series> off = new ArrayList<>();
    for (double gamma : gammas) {
      lab.phase("gamma " + gamma);
      lab.checkpoint();
      curve(lab, p, scale, gamma, error, off);
    }
    lab.phase("no weight decay");
    frozen(lab, p, scale, error, off);
    lab.chart(chart("error", "Regression error in training", "|E Y - X|_F / |X|_F", error));
    lab.chart(chart("off-range", "Off-range part in training", "|E P_perp|_F", off));
  }

  private Chart chart(String name, String title, String y, List<Chart.Series> series) {
    return new Chart(name, title, "gradient steps", y, true, true, series);
  }

  /**
   * Returns the steps between records for one gamma; training takes {@code points} times as many.
   */
  private int every(double gamma) {
    double steps = horizon * 2 * layers * kappa * kappa * Math.log(width) / gamma;
    return (int) Math.max(1, Math.round(steps / points));
  }

  private void curve(
      Lab lab,
      InverseProblem p,
      Scale scale,
      double gamma,
      List<Chart.Series> error,
      List<Chart.Series> off) {
    double lambda = scale.decay(gamma);
    int every = every(gamma);
    DeepLinearTrainer.History h = run(lab, p, scale, lambda, every);
    double decay = 1 - scale.rate() * lambda;
    int last = points - 1;
    int before = last - points / 5;
    double factor = Math.pow(decay, (double) every * (last - before));
    String row = "gamma=%s: ".formatted(gamma);
    lab.compare(
        row + "late factor of |E P_perp|_F over %d steps".formatted(every * (last - before)),
        "(1 - eta lambda)^t",
        factor,
        Math.sqrt(h.off()[0][last] / h.off()[0][before]),
        Tolerance.relative(1e-3, factor));
    double norm = p.x().squares();
    lab.compare(
        row + "plateau |E Y - X|_F^2 / |X|_F^2",
        "constant over the last fifth of training",
        h.loss()[0][before] / norm,
        h.loss()[0][last] / norm,
        Tolerance.relative(1e-6, h.loss()[0][before] / norm));
    lab.report(row + "lambda_eff / smin(X)^2", scale.effective(gamma) / scale.smallest());
    lab.report(row + "relative regression error at the end", Math.sqrt(h.loss()[0][last] / norm));
    String label = "gamma=" + gamma;
    error.add(Chart.Series.measured(label, steps(every), roots(h.loss()[0], norm)));
    double[] x = steps(every);
    off.add(Chart.Series.measured(label, x, roots(h.off()[0], 1)));
    double[] line = new double[points - 1];
    for (int i = 0; i < line.length; i++) {
      line[i] = Math.sqrt(h.off()[0][last]) * Math.pow(decay, x[i] - x[line.length - 1]);
    }
    off.add(Chart.Series.theory("(1 - eta lambda)^t, " + label, x, line));
  }

  private void frozen(
      Lab lab, InverseProblem p, Scale scale, List<Chart.Series> error, List<Chart.Series> off) {
    int every = every(gammas.get(gammas.size() - 1));
    DeepLinearTrainer.History h = run(lab, p, scale, 0, every);
    int last = points - 1;
    lab.compare(
        "gamma=0: relative regression error",
        "E Y = X",
        0,
        Math.sqrt(h.loss()[0][last] / p.x().squares()),
        Tolerance.absolute(1e-6));
    lab.compare(
        "gamma=0: |E P_perp|_F over its value a fifth before",
        "E P_perp stands still when E Y = X",
        1,
        Math.sqrt(h.off()[0][last] / h.off()[0][last - points / 5]),
        Tolerance.absolute(1e-6));
    lab.report("gamma=0: |E P_perp|_F over its start", Math.sqrt(h.off()[0][last] / h.off()[0][0]));
    error.add(Chart.Series.measured("gamma=0", steps(every), roots(h.loss()[0], p.x().squares())));
    off.add(Chart.Series.measured("gamma=0", steps(every), roots(h.off()[0], 1)));
  }

  private DeepLinearTrainer.History run(
      Lab lab, InverseProblem p, Scale scale, double lambda, int every) {
    try (Descent gd =
        new Descent(
            lab.device(),
            Convention.NTK,
            scale.net(),
            List.of(Descent.Arm.of(p, lab.seed(), scale.rate(), lambda)))) {
      return gd.trainer().record(Descent.stack(List.of(p.offRange())), points, every);
    }
  }

  /** Returns the positions after the first point, which a logarithmic axis cannot show. */
  private double[] steps(int every) {
    double[] x = new double[points - 1];
    for (int i = 0; i < x.length; i++) {
      x[i] = (double) (i + 1) * every;
    }
    return x;
  }

  private double[] roots(double[] squares, double unit) {
    double[] y = new double[points - 1];
    for (int i = 0; i < y.length; i++) {
      double v = Math.sqrt(squares[i + 1] / unit);
      y[i] = v < FLOOR ? Double.NaN : v;
    }
    return y;
  }
}
