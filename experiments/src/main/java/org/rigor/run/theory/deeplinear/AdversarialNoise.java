// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.attack.AttackState;
import org.rigor.attack.Pgd;
import org.rigor.attack.Problem;
import org.rigor.data.Box;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.Matrix;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
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
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Workspace;

/**
 * B10: the worst measurement noise of a given length, found by attack, beside the operator norm.
 */
@Doc("Worst-case and random measurement noise through the learned maps, beside their norms.")
@TypeName("deep-linear-adversarial-noise")
public record AdversarialNoise(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Hidden width.") @Range(min = 2, max = 8192) @Default("90") int width,
    @Doc("Layers.") @Range(min = 2, max = 20) @Default("3") int layers,
    @Doc("Weight decay over smin(X)^2 / m.") @Range(min = 1e-6, max = 1) @Default("0.03")
        double gamma,
    @Doc("Training steps, in units of 2 L log(width) / gamma.")
        @Range(min = 0.1, max = 100)
        @Default("1.2")
        double horizon,
    @Doc("Lengths of the noise, ascending.")
        @Range(min = 1e-6, max = 1e6)
        @Length(min = 1)
        @Default("[0.1, 0.3, 1, 3]")
        List<Double> radii,
    @Doc("Attack steps.") @Range(min = 1, max = 100000) @Default("400") int steps,
    @Doc("Random starts of the attack.") @Range(min = 1, max = 10000) @Default("8") int restarts,
    @Doc("Random directions.") @Range(min = 100, max = 10000000) @Default("20000") int samples)
    implements Law {
  private static final Threat BALL = new Threat(Norm.L2, Box.NONE);

  private static final String[] NAMES = {"with decay", "without decay", "oracle"};

  @Override
  public String id() {
    return "deep-linear/B10";
  }

  @Override
  public String source() {
    return "derived, for the set-up of Laus et al. 2025: sup over |e| <= rho of |E e| is"
        + " rho |E|_op; over the sphere the mean of |E e|^2 is rho^2 |E|_F^2 / m";
  }

  @Override
  public String says() {
    return "Projected gradient ascent over measurement noise finds rho times the operator norm of"
        + " the learned map; random noise of that length passes its Frobenius norm over sqrt(m).";
  }

  @Override
  public void measure(Lab lab) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, 1, false);
    Scale scale = Scale.of(p, Convention.NTK, width, layers);
    List<Descent.Arm> arms =
        List.of(
            Descent.Arm.of(p, lab.seed(), scale.rate(), scale.decay(gamma)),
            Descent.Arm.of(p, lab.seed(), scale.rate(), 0));
    List<Matrix> maps;
    lab.phase("training");
    try (Descent gd = new Descent(lab.device(), Convention.NTK, scale.net(), arms)) {
      gd.run(lab, (long) Math.ceil(horizon * 2 * layers * Math.log(width) / gamma));
      maps = new ArrayList<>(gd.maps());
    }
    maps.add(p.oracle());
    double[][] worst = new double[NAMES.length][radii.size()];
    double[][] random = new double[NAMES.length][radii.size()];
    for (int k = 0; k < radii.size(); k++) {
      double rho = radii.get(k);
      lab.phase("noise of length " + rho);
      lab.checkpoint();
      double[] found = attack(lab, maps, rho);
      Mean[] means = sphere(lab, maps, rho);
      for (int i = 0; i < NAMES.length; i++) {
        String row = "%s, rho=%s: ".formatted(NAMES[i], rho);
        double sup = rho * maps.get(i).spectralNorm();
        lab.compare(
            row + "largest |E e| found by PGD",
            "rho |E|_op",
            sup,
            found[i],
            Tolerance.relative(1e-6, sup));
        double mean = rho * rho * maps.get(i).squares() / p.m();
        lab.compare(
            row + "mean |E e|^2 over the sphere",
            "rho^2 |E|_F^2 / m",
            mean,
            means[i].mean(),
            Tolerance.errors(4, means[i].error()));
        worst[i][k] = found[i];
        random[i][k] = Math.sqrt(means[i].mean());
      }
    }
    lab.chart(chart(maps, worst, random, p.m()));
  }

  /** Returns the largest |E e| over the restarts, one number per map. */
  private double[] attack(Lab lab, List<Matrix> maps, double rho) {
    Pgd pgd = new Pgd(steps, 1, true);
    int m = maps.get(0).cols();
    int models = maps.size();
    Program.Builder b = Program.builder("noise-attack");
    Value e = b.input("maps", real(models, maps.get(0).rows(), m));
    Value noise = b.input("noise", real(models, restarts, m));
    Problem problem =
        Problem.of(
            BALL,
            F.constant(noise, 0),
            F.constant(noise, rho),
            at -> F.sum(F.square(F.matmul(at, e, false, true)), 2)); // [M, B]
    Value next = pgd.step(problem, AttackState.of(noise)).x();
    b.state("noise", next);
    b.output("length", F.sqrt(F.sum(F.square(F.matmul(next, e, false, true)), 2)));
    try (Executable step = Workspace.alone(lab.device(), b.build());
        Sequence all =
            lab.device().sequence(List.of(Sequence.repeat(pgd.steps(), Sequence.run(step))))) {
      step.input("maps").write(Descent.stack(maps));
      step.input("noise").write(start(lab, models, m, rho));
      all.run();
      double[] lengths = step.output("length").read().doubles();
      double[] best = new double[models];
      for (int i = 0; i < lengths.length; i++) {
        best[i / restarts] = Math.max(best[i / restarts], lengths[i]);
      }
      return best;
    }
  }

  private HostTensor start(Lab lab, int models, int m, double rho) {
    Program.Builder b = Program.builder("noise-start");
    Randoms random = randoms(b, restarts);
    Value normal = random.normal("attack", DType.F64, Shape.of(m));
    Value radius = random.unit("radius", DType.F64, Shape.of(1));
    Value unit = F.mul(Norm.L2.direction(normal), radius);
    Value x0 = F.constant(unit, 0);
    Value start = BALL.start(x0, F.constant(unit, rho), unit);
    b.output("noise", F.broadcast(start, Shape.of(models, restarts, m)));
    return Calculation.run(lab.device(), b.build(), key(lab)).get("noise");
  }

  /** Returns the mean of |E e|^2 over random e of length rho. */
  private Mean[] sphere(Lab lab, List<Matrix> maps, double rho) {
    Program.Builder b = Program.builder("noise-sphere");
    Value e = b.input("maps", real(maps.size(), maps.get(0).rows(), maps.get(0).cols()));
    Randoms random = randoms(b, samples);
    Value normal = random.normal("sphere", DType.F64, Shape.of(maps.get(0).cols()));
    Value noise = F.mul(Norm.L2.direction(normal), rho);
    b.output("squares", F.sum(F.square(F.matmul(noise, e, false, true)), 2));
    Map<String, HostTensor> inputs = new HashMap<>(key(lab));
    inputs.put("maps", Descent.stack(maps));
    HostTensor squares = Calculation.run(lab.device(), b.build(), inputs).get("squares");
    return Mean.rows(squares, maps.size());
  }

  private static Randoms randoms(Program.Builder b, int count) {
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
    return Randoms.fixed(key, F.iota(2, 1, count));
  }

  private static Map<String, HostTensor> key(Lab lab) {
    TrialKey key = TrialKey.of(lab.seed(), "deep-linear adversarial noise");
    return Map.of("key", TrialKey.tensor(List.of(key)));
  }

  private Chart chart(List<Matrix> maps, double[][] worst, double[][] random, int m) {
    double[] x = radii.stream().mapToDouble(Double::doubleValue).toArray();
    List<Chart.Series> series = new ArrayList<>();
    for (int i = 0; i < NAMES.length; i++) {
      double[] sup = new double[x.length];
      double[] mean = new double[x.length];
      for (int k = 0; k < x.length; k++) {
        sup[k] = x[k] * maps.get(i).spectralNorm();
        mean[k] = x[k] * maps.get(i).norm() / Math.sqrt(m);
      }
      series.add(Chart.Series.measured(NAMES[i] + ", attacked", x, worst[i]));
      series.add(Chart.Series.theory(NAMES[i] + ", rho |E|_op", x, sup));
      series.add(Chart.Series.measured(NAMES[i] + ", random", x, random[i]));
      series.add(Chart.Series.theory(NAMES[i] + ", rho |E|_F / sqrt(m)", x, mean));
    }
    return new Chart(
        "adversarial-noise",
        "Attacked and random measurement noise behind the learned maps",
        "length rho of the measurement noise",
        "length of the noise in the reconstruction",
        true,
        true,
        series);
  }

  private static TensorType real(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }
}
