// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.train.Adr;

/**
 * Rectified targets are distributions whose label stays on top: with the teacher's lead m = max p -
 * p_y, the target's margin over the teacher's choice is 1 - lambda_i (1 + m). Unless clipped, this
 * equals (1 - lambda)(1 + m) + m^2, so it is at least 1 - lambda.
 */
@Doc("ADR's targets are distributions on which the label stays on top.")
public record LabelRectification(
    @Doc("Random teachers for each number of classes.") @Default("5000") @Range(min = 100)
        int draws)
    implements Law {
  @Override
  public String id() {
    return "adr/B1";
  }

  @Override
  public String source() {
    return "Wu et al. 2024, equations 3-5; the margin is derived";
  }

  @Override
  public String says() {
    return "P_y - P_psi = 1 - lambda_i (1 + m) >= 1 - lambda, sum P = 1 and lambda_i in [0, 1].";
  }

  @Override
  public void measure(Lab lab) {
    for (int k : new int[] {3, 10, 100, 200}) {
      random(lab, k);
      lab.checkpoint();
    }
    // First m = 0.3, lambda = 0.8 without clipping; then lambda below m, clipped to the label.
    double[] p = {0.55, 0.25, 0.2};
    double attained = target(lab, p, 1, 0.8)[1] - target(lab, p, 1, 0.8)[0];
    double wanted = 0.2 * 1.3 + 0.09;
    lab.compare(
        "margin at m = 0.3, lambda = 0.8",
        "(1 - lambda)(1 + m) + m^2",
        wanted,
        attained,
        Tolerance.relative(1e-12, wanted));
    double[] clipped = target(lab, p, 1, 0.2);
    lab.compare(
        "margin at m = 0.3, lambda = 0.2",
        "1, as lambda_i = 0",
        1,
        clipped[1] - clipped[0],
        Tolerance.absolute(0));
    // The bound 1 - lambda is attained: the runner-up ties with the label.
    double[] tie = target(lab, new double[] {0.4, 0.4, 0.2}, 1, 0.8);
    lab.compare(
        "margin at a tie, lambda = 0.8",
        "1 - lambda",
        0.2,
        tie[1] - tie[0],
        Tolerance.relative(1e-12, 0.2));
  }

  private static double[] target(Lab lab, double[] p, int y, double lambda) {
    double[] label = new double[p.length];
    label[y] = 1;
    return run(lab, 1, p.length, p, label, new double[] {lambda}).get("target").doubles();
  }

  private void random(Lab lab, int k) {
    double[] p = new double[draws * k];
    double[] y = new double[draws * k];
    double[] lambda = new double[draws];
    int[] label = new int[draws];
    Draws d = new Draws(lab.seed(), 1, k);
    for (int i = 0; i < draws; i++) {
      double sharp = d.uniform(0.1, 4);
      double sum = 0;
      for (int j = 0; j < k; j++) {
        p[i * k + j] = StrictMath.exp(sharp * d.normal());
        sum += p[i * k + j];
      }
      for (int j = 0; j < k; j++) {
        p[i * k + j] /= sum;
      }
      label[i] = d.below(k);
      y[i * k + label[i]] = 1;
      lambda[i] = d.uniform(0, 1);
    }
    Map<String, HostTensor> out = run(lab, draws, k, p, y, lambda);
    double[] target = out.get("target").doubles();
    double[] own = out.get("own").doubles();
    int wrong = 0;
    double predicted = 0;
    double measured = 0;
    for (int i = 0; i < draws; i++) {
      int top = 0;
      double sum = 0;
      boolean onTop = true;
      for (int j = 0; j < k; j++) {
        top = p[i * k + j] > p[i * k + top] ? j : top;
        sum += target[i * k + j];
        onTop &= j == label[i] || target[i * k + j] < target[i * k + label[i]];
      }
      double m = p[i * k + top] - p[i * k + label[i]];
      double margin = target[i * k + label[i]] - target[i * k + top];
      double bound = 1 - lambda[i];
      wrong += Math.abs(sum - 1) > 1e-12 ? 1 : 0;
      wrong += own[i] < 0 || own[i] > 1 ? 1 : 0;
      wrong += !onTop || (m > 0 && margin < bound - 1e-12) ? 1 : 0;
      double factor = Math.max(0, Math.min(1, lambda[i] - m));
      predicted += (m > 0 ? 1 - factor * (1 + m) : 0) / draws;
      measured += margin / draws;
    }
    lab.compare("violations, K = " + k, "B.1", 0, wrong, Tolerance.absolute(0));
    lab.compare(
        "mean margin over the teacher's choice, K = " + k,
        "1 - lambda_i (1 + m)",
        predicted,
        measured,
        Tolerance.relative(1e-11, predicted));
  }

  private static Map<String, HostTensor> run(
      Lab lab, int n, int k, double[] p, double[] y, double[] lambda) {
    Program.Builder b = Program.builder("rectify");
    Shape rows = Shape.of(1, n, k);
    Shape column = Shape.of(1, n, 1);
    Value teacher = b.input("p", new TensorType(DType.F64, rows));
    Value label = b.input("y", new TensorType(DType.F64, rows));
    Value share = b.input("lambda", new TensorType(DType.F64, column));
    b.output("target", Adr.rectify(teacher, label, share));
    b.output("own", F.mul(Adr.interpolation(teacher, label, share), 1));
    return Calculation.run(
        lab.device(),
        b.build(),
        Map.of(
            "p", HostTensor.of(rows, p),
            "y", HostTensor.of(rows, y),
            "lambda", HostTensor.of(column, lambda)));
  }
}
