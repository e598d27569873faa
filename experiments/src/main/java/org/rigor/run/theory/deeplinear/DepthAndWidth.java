// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.linalg.Matrix;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/** B8: the effects of depth and width at a fixed product of step size and tangent kernel. */
@Doc("Steps that training takes by depth and width, beside the kernel's and the decay's count.")
@TypeName("deep-linear-depth-width")
public record DepthAndWidth(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Numbers of layers, ascending.")
        @Range(min = 2, max = 20)
        @Length(min = 2)
        @Default("[2, 3, 5, 8]")
        List<Integer> layers,
    @Doc("Hidden widths over the measurements, ascending.")
        @Range(min = 1, max = 100)
        @Length(min = 2)
        @Default("[1, 2, 4, 8]")
        List<Integer> widths,
    @Doc("Step size times q smax(Y)^2.") @Range(min = 0.001, max = 2) @Default("0.1") double step,
    @Doc("Weight decay over smin(X)^2 / m.") @Range(min = 1e-6, max = 1) @Default("0.2")
        double gamma,
    @Doc("Networks of each depth and width.") @Range(min = 2, max = 1000) @Default("3")
        int networks)
    implements Law {
  private static final double GOAL = 1e-3;
  private static final double ERROR = 0.1;

  @Override
  public String id() {
    return "deep-linear/B8";
  }

  @Override
  public String source() {
    return "derived, for the set-up of Laus et al. 2025: the kernel's rate knows q alone, the"
        + " late decay eta lambda alone; early, all L layers shrink off the range";
  }

  @Override
  public String says() {
    return "At equal eta q depth changes the first phase only through finite width; weight decay"
        + " needs log(1/1000) / log(1 - eta lambda) steps for the first layer at any depth, and at"
        + " first shrinks the map L times as fast.";
  }

  @Override
  public void measure(Lab lab) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, 1, false);
    List<Chart.Series> series = new ArrayList<>();
    List<double[]> ratios = new ArrayList<>();
    for (int l : layers) {
      lab.phase(l + " layers");
      lab.checkpoint();
      forgetting(lab, p, l);
      firstStep(lab, p, l);
      ratios.add(fitting(lab, p, l, series));
    }
    order(lab, ratios);
    double[] x = widths.stream().mapToDouble(w -> w).toArray();
    double[] one = new double[x.length];
    Arrays.fill(one, 1);
    series.add(Chart.Series.theory("tangent kernel, any depth", x, one));
    lab.chart(
        new Chart(
            "depth-width",
            "Steps to a tenth of the error, over the tangent kernel's",
            "hidden width over measurements",
            "steps over predicted steps",
            true,
            false,
            series));
  }

  /** Compares the steps of the first layer's exact decay off the range; any width shows it. */
  private void forgetting(Lab lab, InverseProblem p, int l) {
    Scale scale = Scale.of(p, Convention.NTK, widths.get(0) * p.m(), l);
    double rate = step * scale.rate();
    double decay = scale.decay(gamma) * l; // so that eta lambda is the same at every depth
    double shrink = Math.log1p(-rate * decay);
    Matrix off = p.offRange();
    try (Descent gd = descent(lab, p, scale, rate, decay)) {
      double start = gd.weights(1).get(0).times(off).norm();
      int predicted = (int) Math.ceil(Math.log(GOAL) / shrink);
      int steps = 0;
      for (int stride : new int[] {100, 10, 1}) {
        steps = approach(gd, off, start, steps, stride);
      }
      lab.compare(
          "L=%d: steps until |W1 P_perp| is a thousandth".formatted(l),
          "log(1/1000) / log(1 - eta lambda)",
          predicted,
          steps,
          Tolerance.absolute(1));
    }
  }

  /** Takes one step whose decay outweighs the data: all layers shrink at once. */
  private void firstStep(Lab lab, InverseProblem p, int l) {
    Scale scale = Scale.of(p, Convention.NTK, widths.get(widths.size() - 1) * p.m(), l);
    double rate = step * scale.rate();
    double shrink = 0.2;
    try (Descent gd = descent(lab, p, scale, rate, shrink / rate)) {
      double[] off = gd.trainer().record(Descent.stack(List.of(p.offRange())), 2, 1).off()[0];
      lab.compare(
          "L=%d: first step's log factor of |E P_perp| over log(1 - eta lambda)".formatted(l),
          "all L layers shrink by 1 - eta lambda",
          l,
          0.5 * Math.log(off[1] / off[0]) / Math.log1p(-shrink),
          Tolerance.relative(0.02, l));
    }
  }

  private static Descent descent(
      Lab lab, InverseProblem p, Scale scale, double rate, double decay) {
    return new Descent(
        lab.device(),
        Convention.NTK,
        scale.net(),
        List.of(Descent.Arm.of(p, lab.seed(), rate, decay)));
  }

  /**
   * Takes strides and returns the steps reached: with stride 1 at the goal, else before a stride
   * that may pass it.
   */
  private static int approach(Descent gd, Matrix off, double start, int from, int stride) {
    double before = gd.weights(1).get(0).times(off).norm() / start;
    int at = from;
    while (before > GOAL) {
      gd.trainer().run(stride);
      double now = gd.weights(1).get(0).times(off).norm() / start;
      at += stride;
      if (stride > 1 && now * now / before <= GOAL) {
        return at; // the next stride may pass the goal
      }
      before = now;
    }
    return at;
  }

  /** Returns the steps to a tenth of the error without weight decay, over the kernel's steps. */
  private double[] fitting(Lab lab, InverseProblem p, int l, List<Chart.Series> series) {
    double[] ratio = new double[widths.size()];
    double[] bars = new double[widths.size()];
    for (int k = 0; k < ratio.length; k++) {
      int width = widths.get(k) * p.m();
      Scale scale = Scale.of(p, Convention.NTK, width, l);
      double rate = step * scale.rate();
      List<Descent.Arm> arms = new ArrayList<>();
      for (int i = 0; i < networks; i++) {
        arms.add(Descent.Arm.of(p, lab.seed() + i, rate, 0));
      }
      try (Descent gd = new Descent(lab.device(), Convention.NTK, scale.net(), arms)) {
        List<Matrix> maps = gd.maps();
        int records = 4 * (int) Math.ceil(kernelSteps(p, maps.get(0), step / top(p)));
        double[][] loss =
            gd.trainer().record(Descent.stack(List.of(p.offRange())), records, 1).loss();
        double[] ratios = new double[networks];
        for (int i = 0; i < networks; i++) {
          ratios[i] = steps(loss[i]) / kernelSteps(p, maps.get(i), step / top(p));
        }
        ratio[k] = Mean.of(ratios).mean();
        bars[k] = 2 * Mean.of(ratios).error();
      }
      if (Double.isFinite(ratio[k])) {
        lab.report("L=%d, width %d: steps over the kernel's".formatted(l, width), ratio[k]);
      }
    }
    double[] x = widths.stream().mapToDouble(w -> w).toArray();
    series.add(Chart.Series.measured("L=" + l, x, ratio, bars));
    return ratio;
  }

  /**
   * Counts violations of the order by width. A run beyond four times the kernel's steps has no
   * number: it ranks above all others, and counts as wrong for the widest network.
   */
  private void order(Lab lab, List<double[]> ratios) {
    int byWidth = 0;
    int byDepth = 0;
    for (int i = 0; i < ratios.size(); i++) {
      byWidth += Double.isNaN(ratios.get(i)[widths.size() - 1]) ? 1 : 0;
      for (int k = 0; k < widths.size(); k++) {
        double here = known(ratios.get(i)[k]);
        byWidth += k > 0 && here > known(ratios.get(i)[k - 1]) ? 1 : 0;
        byDepth += i > 0 && here < known(ratios.get(i - 1)[k]) ? 1 : 0;
      }
    }
    lab.compare(
        "depths and widths at which a wider network takes more steps",
        "the kernel's number of steps is reached from above as the width grows",
        0,
        byWidth,
        Tolerance.absolute(0));
    lab.report("depths and widths at which a deeper network takes fewer steps", byDepth);
  }

  private static double known(double ratio) {
    return Double.isNaN(ratio) ? Double.POSITIVE_INFINITY : ratio;
  }

  private static double top(InverseProblem p) {
    double s = p.measuredSpectrum()[0];
    return s * s;
  }

  /** Returns the first time, between records, at which the error is a tenth of the first. */
  private static double steps(double[] loss) {
    for (int t = 1; t < loss.length; t++) {
      if (loss[t] <= ERROR * ERROR * loss[0]) {
        double above = Math.log(loss[t - 1] / (ERROR * ERROR * loss[0]));
        return t - 1 + above / Math.log(loss[t - 1] / loss[t]);
      }
    }
    return Double.NaN;
  }

  private static double kernelSteps(InverseProblem p, Matrix map, double step) {
    Matrix y = p.y();
    Matrix gram = y.transpose().times(y);
    Matrix phi = map.times(y).minus(p.x());
    List<Double> loss = new ArrayList<>();
    loss.add(phi.squares());
    while (loss.get(loss.size() - 1) > ERROR * ERROR * loss.get(0)) {
      phi = phi.plus(-step, phi.times(gram));
      loss.add(phi.squares());
    }
    return steps(loss.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
