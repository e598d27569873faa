// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.linalg.Matrix;
import org.rigor.linalg.Svd;
import org.rigor.nn.TrialKey;
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
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Workspace;

/**
 * B9: the robustness law with ReLU between the layers, for signals on a union of subspaces; only
 * qualitative.
 */
@Doc("Robustness of a ReLU network to measurement noise, with and without weight decay; in kind.")
@TypeName("deep-linear-relu")
public record ReluRobustness(
    @Doc("Extent of a signal.") @Range(min = 2, max = 4096) @Default("30") int signal,
    @Doc("Measurements of a signal.") @Range(min = 2, max = 4096) @Default("15") int measurements,
    @Doc("Subspaces that the signals lie on.") @Range(min = 1, max = 100) @Default("3")
        int subspaces,
    @Doc("Dimension of each.") @Range(min = 1, max = 100) @Default("2") int dimension,
    @Doc("Training samples.") @Range(min = 2, max = 100000) @Default("120") int samples,
    @Doc("Layers.") @Range(min = 2, max = 20) @Default("3") int layers,
    @Doc("Hidden width.") @Range(min = 2, max = 8192) @Default("60") int width,
    @Doc("Weight decay beside a mean loss.") @Range(min = 1e-8, max = 1) @Default("3e-3")
        double decay,
    @Doc("Step size beside a mean loss.") @Range(min = 1e-6, max = 10) @Default("0.05") double rate,
    @Doc("Gradient steps.") @Range(min = 10, max = 10000000) @Default("3000") int iterations,
    @Doc("Networks with and without weight decay, each with its own data and initial weights.")
        @Range(min = 5, max = 1000)
        @Default("8")
        int seeds,
    @Doc("Deviations of the measurement noise, ascending.")
        @Range(min = 0, max = 100)
        @Length(min = 1)
        @Default("[0.03, 0.1, 0.3, 1]")
        List<Double> noises,
    @Doc("Test signals.") @Range(min = 100, max = 1000000) @Default("2000") int tests)
    implements Law {
  @Override
  public String id() {
    return "deep-linear/B9";
  }

  @Override
  public String source() {
    return "Laus et al. 2025, Figure 1b, in kind: its data model could not be read, ours is a union"
        + " of random subspaces; the identity of the first layer is derived";
  }

  @Override
  public String says() {
    return "With ReLU too, weight decay shrinks what the data do not see of the first layer by"
        + " exactly 1 - eta lambda a step, and lowers the error on noisy measurements.";
  }

  @Override
  public void measure(Lab lab) {
    ReluProgram net = new ReluProgram(measurements, width, signal, layers);
    int models = 2 * seeds;
    List<UnionOfSubspaces> problems = new ArrayList<>();
    List<TrialKey> keys = new ArrayList<>();
    double[] decays = new double[models];
    for (int i = 0; i < models; i++) {
      long seed = lab.seed() + i % seeds;
      problems.add(UnionOfSubspaces.of(seed, signal, measurements, subspaces, dimension));
      keys.add(TrialKey.of(seed, "deep-linear relu"));
      decays[i] = i < seeds ? decay : 0;
    }
    Map<String, HostTensor> inputs = new HashMap<>(net.start(keys));
    List<Matrix> x = new ArrayList<>();
    List<Matrix> y = new ArrayList<>();
    for (int i = 0; i < models; i++) {
      Matrix signals = problems.get(i).draw(keys.get(i), "train", samples);
      x.add(signals);
      y.add(problems.get(i).forward().times(signals));
    }
    inputs.put("x", Descent.stack(x));
    inputs.put("y", Descent.stack(y));
    inputs.put("decay", HostTensor.of(ReluProgram.real(models, 1, 1).shape(), decays));
    Map<String, HostTensor> trained = train(lab, net, models, inputs);
    identity(lab, net, inputs, trained, y, decays);
    noise(lab, net, problems, keys, trained);
  }

  private Map<String, HostTensor> train(
      Lab lab, ReluProgram net, int models, Map<String, HostTensor> inputs) {
    lab.phase("training");
    Program p = net.step(models, samples, rate);
    try (Executable step = Workspace.alone(lab.device(), p)) {
      p.inputs().keySet().forEach(name -> step.input(name).write(inputs.get(name)));
      int stretch = 500;
      for (int left = iterations; left > 0; left -= stretch) {
        lab.checkpoint();
        int n = Math.min(stretch, left);
        try (Sequence s = lab.device().sequence(List.of(Sequence.repeat(n, Sequence.run(step))))) {
          s.run();
        }
      }
      Map<String, HostTensor> weights = new HashMap<>();
      for (int l = 1; l <= layers; l++) {
        weights.put(ReluProgram.weight(l), step.input(ReluProgram.weight(l)).read());
      }
      return weights;
    }
  }

  /**
   * Checks the part off the data: they span at most subspaces x dimension directions, and the rest
   * of W_1 only decays.
   */
  private void identity(
      Lab lab,
      ReluProgram net,
      Map<String, HostTensor> before,
      Map<String, HostTensor> after,
      List<Matrix> y,
      double[] decays) {
    List<Matrix> start = Descent.rows(before.get(ReluProgram.weight(1)));
    List<Matrix> end = Descent.rows(after.get(ReluProgram.weight(1)));
    for (int i : new int[] {0, seeds}) {
      Svd svd = Svd.of(y.get(i));
      Matrix u = svd.u().columns(svd.rank(1e-10));
      Matrix off = Matrix.identity(measurements).minus(u.times(u.transpose()));
      double factor = Math.pow(1 - rate * decays[i], iterations);
      double predicted = factor * start.get(i).times(off).norm();
      lab.compare(
          (i == 0 ? "with" : "without") + " decay: |W1 P_perp|_F",
          "(1 - eta lambda)^t |W1(0) P_perp|_F",
          predicted,
          end.get(i).times(off).norm(),
          Tolerance.relative(1e-9, predicted));
    }
  }

  private void noise(
      Lab lab,
      ReluProgram net,
      List<UnionOfSubspaces> problems,
      List<TrialKey> keys,
      Map<String, HostTensor> trained) {
    double[] x = noises.stream().mapToDouble(Double::doubleValue).toArray();
    double[][] mean = new double[2][x.length];
    double[][] bars = new double[2][x.length];
    for (int k = 0; k < x.length; k++) {
      lab.phase("noise " + x[k]);
      lab.checkpoint();
      List<Matrix> signals = new ArrayList<>();
      List<Matrix> noisy = new ArrayList<>();
      for (int i = 0; i < problems.size(); i++) {
        Matrix clean = problems.get(i).draw(keys.get(i), "test", tests);
        Matrix noise = InverseProblem.normal(keys.get(i), "noise", measurements, tests, x[k]);
        signals.add(clean);
        noisy.add(problems.get(i).forward().times(clean).plus(1, noise));
      }
      Map<String, HostTensor> inputs = new HashMap<>(trained);
      inputs.put("x", Descent.stack(signals));
      inputs.put("y", Descent.stack(noisy));
      double[] errors =
          Calculation.run(lab.device(), net.error(problems.size(), tests), inputs)
              .get("error")
              .doubles();
      double[] ratio = new double[seeds];
      for (int i = 0; i < seeds; i++) {
        ratio[i] = errors[i] / errors[seeds + i];
      }
      for (int arm = 0; arm < 2; arm++) {
        double[] mine = Arrays.copyOfRange(errors, arm * seeds, (arm + 1) * seeds);
        mean[arm][k] = Mean.of(mine).mean();
        bars[arm][k] = 2 * Mean.of(mine).error();
      }
      if (x[k] >= 0.1) {
        lab.claim(
            "sigma-" + x[k],
            "At sigma=%s weight decay lowers the error of the ReLU network to less than half."
                .formatted(x[k]),
            ratio,
            Lab.Relation.AT_MOST,
            0.5);
      }
    }
    lab.chart(
        new Chart(
            "relu",
            "ReLU network, signals on a union of subspaces (as Figure 1b, in kind)",
            "deviation sigma of the measurement noise",
            "mean square error on test signals, with 2 s.e. over seeds",
            true,
            true,
            List.of(
                Chart.Series.measured("with decay", x, mean[0], bars[0]),
                Chart.Series.measured("without decay", x, mean[1], bars[1]))));
  }
}
