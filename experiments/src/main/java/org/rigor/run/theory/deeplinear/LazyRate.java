// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.Matrix;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** B2: the first phase of training, in which a wide network follows its tangent kernel. */
@Doc("Start of training: tangent kernels of three conventions, and the rate of the first phase.")
@TypeName("deep-linear-lazy-rate")
public record LazyRate(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Condition number of the signals.") @Range(min = 1, max = 100) @Default("2") double kappa,
    @Doc("Layers.") @Range(min = 2, max = 20) @Default("3") int layers,
    @Doc("Hidden widths of the first phase, ascending.")
        @Range(min = 2, max = 16384)
        @Length(min = 2)
        @Default("[60, 240, 960]")
        List<Integer> widths,
    @Doc("Networks of the first phase at each width.") @Range(min = 1, max = 1000) @Default("4")
        int networks,
    @Doc("Gradient steps of the first phase.") @Range(min = 1, max = 10000) @Default("40")
        int iterations,
    @Doc("Hidden width of the networks at their start.") @Range(min = 2, max = 8192) @Default("120")
        int startWidth,
    @Doc("Networks at their start, over which is averaged.")
        @Range(min = 10, max = 100000)
        @Default("150")
        int starts)
    implements Law {
  @Override
  public String id() {
    return "deep-linear/B2";
  }

  @Override
  public String source() {
    return "derived, for the set-up of Laus et al. 2025: Phi_(t+1) = Phi_t (I - eta q Y'Y) with"
        + " Phi = E Y - X, as the width grows";
  }

  @Override
  public String says() {
    return "At first a wide network contracts the error as its tangent kernel does, whose share of"
        + " each layer and whose off-range part follow from the initial weights' convention.";
  }

  @Override
  public void measure(Lab lab) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, kappa, false);
    for (Convention c : Convention.values()) {
      lab.phase("start, " + c);
      lab.checkpoint();
      starts(lab, p, c);
    }
    lab.phase("first phase");
    firstPhase(lab, p);
  }

  /**
   * Returns the squared gradient of {@code <Phi, E Y>} in each layer over |Phi Y'|^2, for a fixed
   * random Phi.
   */
  private void starts(Lab lab, InverseProblem p, Convention c) {
    DeepLinear net = c.network(p.m(), startWidth, p.d(), layers);
    List<TrialKey> keys = new ArrayList<>();
    for (int i = 0; i < starts; i++) {
      keys.add(TrialKey.of(lab.seed() + i, "deep-linear start"));
    }
    Matrix phi = InverseProblem.normal(keys.get(0), "phi", p.d(), p.s(), 1);
    Matrix y = p.restricted();
    Program.Builder b = Program.builder("kernel-shares");
    Map<String, HostTensor> inputs = new HashMap<>();
    List<HostTensor> start = c.start(net, keys);
    List<Value> weights = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      weights.add(b.input(DeepLinear.weight(l), net.weightType(l, starts)));
      inputs.put(DeepLinear.weight(l), start.get(l - 1));
    }
    Value map = net.map(weights);
    Value out = F.matmul(map, input(b, inputs, "y", y));
    Value objective = F.sum(F.mul(out, input(b, inputs, "phi", phi)), 1, 2);
    List<Value> gradients = Diff.grad(objective, weights);
    for (int l = 1; l <= layers; l++) {
      b.output("share/" + l, F.sum(F.square(gradients.get(l - 1)), 1, 2));
    }
    Value off = F.matmul(map, input(b, inputs, "off", p.offRange()));
    b.output("off", F.sum(F.square(off), 1, 2));
    Map<String, HostTensor> found = Calculation.run(lab.device(), b.build(), inputs);
    double unit = phi.times(y.transpose()).squares();
    for (int l = 1; l <= layers; l++) {
      Mean share = Mean.of(found.get("share/" + l).doubles());
      double predicted = c.kernel(l, p.m(), startWidth);
      lab.compare(
          "%s start: kernel share of layer %d".formatted(c, l),
          c == Convention.ORTHOGONAL ? "exactly 1" : "expected over the initial weights",
          predicted,
          share.mean() / unit,
          tolerance(share.error() / unit, predicted));
    }
    Mean outside = Mean.of(found.get("off").doubles());
    double predicted = c.offRange(p.d(), p.m(), p.s(), startWidth);
    lab.compare(
        "%s start: |E P_perp|_F^2".formatted(c),
        c == Convention.ORTHOGONAL ? "d (m - s) / width" : "d (m - s) / m",
        predicted,
        outside.mean(),
        tolerance(outside.error(), predicted));
  }

  private static Tolerance tolerance(double error, double predicted) {
    return error < 1e-9 * predicted
        ? Tolerance.relative(1e-9, predicted)
        : Tolerance.errors(4, error);
  }

  private static Value input(
      Program.Builder b, Map<String, HostTensor> inputs, String name, Matrix value) {
    Shape shape = Shape.of(1, value.rows(), value.cols());
    inputs.put(name, HostTensor.of(shape, value.data()));
    return b.input(name, new TensorType(DType.F64, shape));
  }

  private void firstPhase(Lab lab, InverseProblem p) {
    List<Chart.Series> series = new ArrayList<>();
    List<Double> deviations = new ArrayList<>();
    int quarter = Math.max(1, iterations / 4); // later, the kernel of a finite width has moved
    double[] x = new double[iterations + 1];
    for (int t = 0; t < x.length; t++) {
      x[t] = t;
    }
    for (int width : widths) {
      lab.checkpoint();
      Scale scale = Scale.of(p, Convention.NTK, width, layers);
      double rate = 0.2 * scale.rate();
      List<Descent.Arm> arms = new ArrayList<>();
      for (int i = 0; i < networks; i++) {
        arms.add(Descent.Arm.of(p, lab.seed() + i, rate, 0));
      }
      try (Descent gd = new Descent(lab.device(), Convention.NTK, scale.net(), arms)) {
        List<Matrix> maps = gd.maps();
        double[][] loss =
            gd.trainer().record(Descent.stack(List.of(p.offRange())), iterations + 1, 1).loss();
        double[] ratio = new double[x.length];
        double worst = 0;
        double[] first = null;
        double fall = 0;
        for (int i = 0; i < networks; i++) {
          double[] predicted = kernelLosses(p, maps.get(i), rate * scale.kernelSum());
          for (int t = 0; t < x.length; t++) {
            double log = 0.5 * Math.log(loss[i][t] / predicted[t]);
            worst = Math.max(worst, Math.abs(log));
            ratio[t] += log / networks;
          }
          fall += 0.5 * Math.log(predicted[0] / predicted[quarter]);
          first = first == null ? predicted : first;
        }
        deviations.add(worst);
        lab.report("width %d: largest |log(measured / predicted)|".formatted(width), worst);
        lab.report("width %d: mean log ratio at the end".formatted(width), ratio[iterations]);
        double[] measured = new double[x.length];
        double[] line = new double[x.length];
        for (int t = 0; t < x.length; t++) {
          measured[t] = Math.sqrt(loss[0][t]);
          line[t] = Math.sqrt(first[t]);
        }
        series.add(Chart.Series.measured("width " + width, x, measured));
        series.add(Chart.Series.theory("kernel, width " + width, x, line));
        if (width == widths.get(widths.size() - 1)) {
          double predicted = fall / networks;
          lab.compare(
              "width %d: log(|Phi_0| / |Phi_t|), t=%d".formatted(width, quarter),
              "Phi_t = Phi_0 (I - eta q Y'Y)^t",
              predicted,
              predicted - ratio[quarter],
              // the kernel of a width fluctuates by this share, and has moved by less
              new Tolerance(predicted / Math.sqrt(width), "1/sqrt(width) relative"));
        }
      }
    }
    int rises = 0;
    for (int i = 1; i < deviations.size(); i++) {
      rises += deviations.get(i) < deviations.get(i - 1) ? 0 : 1;
    }
    lab.compare(
        "widths at which the deviation does not fall",
        "the kernel stands still as the width grows",
        0,
        rises,
        Tolerance.absolute(0));
    lab.chart(
        new Chart(
            "lazy",
            "First phase of training, and the tangent kernel's curve",
            "gradient steps",
            "|E Y - X|_F",
            false,
            true,
            series));
  }

  /** Returns the squared norms of {@code Phi_0 (I - step Y'Y)^t}. */
  private double[] kernelLosses(InverseProblem p, Matrix map, double step) {
    Matrix y = p.y();
    Matrix gram = y.transpose().times(y);
    Matrix phi = map.times(y).minus(p.x());
    double[] out = new double[iterations + 1];
    for (int t = 0; t <= iterations; t++) {
      out[t] = phi.squares();
      phi = phi.plus(-step, phi.times(gram));
    }
    return out;
  }
}
