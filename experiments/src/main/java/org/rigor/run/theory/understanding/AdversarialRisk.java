// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.AttackState;
import org.rigor.attack.Pgd;
import org.rigor.attack.Problem;
import org.rigor.data.Box;
import org.rigor.data.NormalDistribution;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
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
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/**
 * An oracle for attacks: for a linear rule and Gaussian classes, x | y ~ N(y mu, s^2 I), the risk
 * under attack is a closed form, FGSM is the exact maximiser, and PGD reaches the same point. The
 * attacks are the engine's, traced in double; mu_j = 0.1, w_j = mu_j (1 + sin j), s = 1.
 */
@Doc("Risk of a linear rule under the engine's own attacks beside its closed form.")
public record AdversarialRisk(
    @Doc("Dimension d.") @Default("100") @Range(min = 2, max = 10_000) int dimension,
    @Doc("Samples, a multiple of 20000.") @Default("100000") @Range(min = 20_000) int samples,
    @Doc("Radii of linf balls, ascending.")
        @Default("[0, 0.05, 0.1, 0.13]")
        @Length(min = 1, max = 40)
        @Range(min = 0)
        List<Double> linf,
    @Doc("Radii of l2 balls, ascending.")
        @Default("[0.3, 0.6, 1]")
        @Length(min = 1, max = 40)
        @Range(min = 0)
        List<Double> l2,
    @Doc("Steps of PGD.") @Default("6") @Range(min = 4, max = 1000) int steps)
    implements Law {
  private static final int ROWS = 10;
  private static final int BATCH = 2000;
  private static final double STRENGTH = 0.1;

  @Override
  public String id() {
    return "rigorous-understanding/A3";
  }

  @Override
  public String source() {
    return "Gaussian classes and a linear rule; dual norms (Goodfellow et al. 2015 for FGSM)";
  }

  @Override
  public String says() {
    return "Adversarial risk = Phi(-(w.mu - eps |w|_q) / (s |w|_2)), reached by FGSM and by PGD.";
  }

  @Override
  public void measure(Lab lab) {
    lab.phase("FGSM and PGD");
    Map<String, double[]> found =
        new Repetitions(lab, id(), samples / BATCH, ROWS).run(this::attacks);
    curve(lab, Norm.LINF, linf, found);
    curve(lab, Norm.L2, l2, found);
    for (Norm norm : Norm.values()) {
      double apart = 0;
      for (double d : found.get("apart " + norm)) {
        apart = Math.max(apart, d);
      }
      lab.compare(
          "largest distance of PGD's point from FGSM's, " + norm.name().toLowerCase(),
          "0 for a linear rule",
          0,
          apart,
          Tolerance.absolute(1e-12));
    }
  }

  private void curve(Lab lab, Norm norm, List<Double> radii, Map<String, double[]> found) {
    String name = norm.name().toLowerCase();
    double[] x = new double[radii.size()];
    double[] mean = new double[x.length];
    double[] error = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = radii.get(i);
      mean[i] = Statistics.mean(found.get(norm + " " + i));
      double predicted = risk(norm, x[i]);
      error[i] = NormConcentration.binomialError(predicted, samples);
      lab.compare(
          name + ", eps = " + radii.get(i),
          "Phi(-(w.mu - eps |w|_q) / (s |w|_2))",
          predicted,
          mean[i],
          Tolerance.errors(4, error[i]));
    }
    double[] fine = new double[81];
    double[] theory = new double[fine.length];
    for (int i = 0; i < fine.length; i++) {
      fine[i] = 1.1 * x[x.length - 1] * i / (fine.length - 1);
      theory[i] = risk(norm, fine[i]);
    }
    lab.chart(
        new Chart(
            "adversarial-risk-" + name,
            "Risk of a linear rule under attack, d = " + dimension,
            "epsilon (" + name + ")",
            "share of errors",
            false,
            false,
            List.of(
                Chart.Series.theory("closed form", fine, theory),
                Chart.Series.measured("FGSM, 2 s.e.", x, mean, DoubleDescent.twice(error)))));
  }

  private double risk(Norm norm, double epsilon) {
    double dot = 0;
    double one = 0;
    double two = 0;
    for (int j = 0; j < dimension; j++) {
      double w = STRENGTH * (1 + StrictMath.sin(j));
      dot += w * STRENGTH;
      one += Math.abs(w);
      two += w * w;
    }
    double dual = norm == Norm.LINF ? one : Math.sqrt(two);
    return NormalDistribution.cdf(-(dot - epsilon * dual) / Math.sqrt(two));
  }

  /**
   * Returns the error rates of each row, [rows, 1, 1], and the distance between PGD's and FGSM's
   * points.
   */
  private Map<String, Value> attacks(Randoms r) {
    Value noise = r.normal("x", DType.F64, Shape.of(BATCH, dimension));
    int models = noise.shape().models();
    Shape batch = Shape.of(models, BATCH, dimension);
    // the first half of the samples is of class 1, y = 1, the other of class 0, y = -1
    Value index = F.iota(2, 1, BATCH);
    Value cls = F.cast(F.lt(index, F.constant(index, BATCH / 2)), DType.I32); // [1, B]
    Value oneHot = F.oneHot(cls, 2, DType.F64); // [1, B, 2]
    Value y = F.add(F.mul(F.cast(F.reshape(cls, Shape.of(1, BATCH, 1)), DType.F64), 2), -1);
    Value x = F.add(F.reshape(noise, batch), F.mul(y, STRENGTH));
    Value place = F.cast(F.iota(3, 1, dimension), DType.F64);
    Value w = F.mul(F.add(F.sin(place), 1), 0.5 * STRENGTH); // [1, d, 1]
    Value weight = F.concat(2, F.neg(w), w); // logits are -w.x / 2 and w.x / 2

    Value uniform = F.reshape(r.unit("start", DType.F64, Shape.of(BATCH, dimension)), batch);
    Map<String, Value> out = new LinkedHashMap<>();
    for (Norm norm : Norm.values()) {
      List<Double> radii = norm == Norm.LINF ? linf : l2;
      for (int i = 0; i < radii.size(); i++) {
        Value eps = F.constant(x, radii.get(i));
        Value fast = points(Pgd.fgsm(), norm, x, eps, x, weight, oneHot);
        Value margin = AttackLoss.MARGIN.of(F.matmul(fast, weight), oneHot); // [M, B, 1]
        Value wrong = F.cast(F.ge(margin, F.constant(margin, 0)), DType.F64);
        out.put(norm + " " + i, F.mean(wrong, 1));
      }
      // A random start for linf, from which 2.5 eps of steps reach the corner; for l2 the clean
      // point.
      Pgd pgd = new Pgd(steps, 2.5 / steps, norm == Norm.LINF);
      Value eps = F.constant(x, radii.get(radii.size() - 1));
      Value first =
          pgd.randomStart()
              ? new Threat(norm, Box.NONE).start(x, eps, F.add(F.mul(uniform, 2), -1))
              : x;
      Value at = points(pgd, norm, x, eps, first, weight, oneHot);
      Value fast = points(Pgd.fgsm(), norm, x, eps, x, weight, oneHot);
      out.put("apart " + norm, F.max(F.abs(F.sub(at, fast)), 1, 2));
    }
    return out;
  }

  /** Returns the points that all steps from {@code first} reach. */
  private static Value points(
      Pgd pgd, Norm norm, Value x, Value eps, Value first, Value weight, Value oneHot) {
    Problem problem =
        Problem.of(
            new Threat(norm, Box.NONE),
            x,
            eps,
            at -> AttackLoss.CROSS_ENTROPY.of(F.matmul(at, weight), oneHot));
    AttackState state = AttackState.of(first);
    for (int k = 0; k < pgd.steps(); k++) {
      state = pgd.step(problem, state);
    }
    return state.x();
  }
}
