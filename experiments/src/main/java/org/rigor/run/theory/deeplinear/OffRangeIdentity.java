// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.List;
import org.rigor.linalg.Matrix;
import org.rigor.linalg.Svd;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeName;

/** B1: what the data do not see of the first layer only decays; exact at every step and depth. */
@Doc("Off-range part of the first layer in gradient descent beside its closed form.")
@TypeName("deep-linear-off-range-identity")
public record OffRangeIdentity(
    @Doc("Extents of the problem.") @Default("{}") InverseProblem.Size size,
    @Doc("Hidden width.") @Range(min = 1, max = 8192) @Default("90") int width,
    @Doc("Numbers of layers.") @Range(min = 1, max = 20) @Length(min = 1) @Default("[1, 2, 3, 5]")
        List<Integer> layers,
    @Doc("Weight decay over smin(X)^2 / m.") @Range(min = 1e-6, max = 1) @Default("0.1")
        double gamma,
    @Doc("Gradient steps.") @Range(min = 1, max = 1000000) @Default("600") int iterations)
    implements Law {
  @Override
  public String id() {
    return "deep-linear/B1";
  }

  @Override
  public String source() {
    return "derived, for the set-up of Laus et al. 2025: grad_{W_1} = (c W_L..W_2)'(E Y - X) Y' + lambda"
        + " W_1 and Y' P_perp = 0";
  }

  @Override
  public String says() {
    return "Weight decay alone shrinks what the data do not see of the first layer, by exactly"
        + " 1 - eta lambda a step; without it nothing does.";
  }

  @Override
  public void measure(Lab lab) {
    InverseProblem p = InverseProblem.of(lab.seed(), size, 2, false);
    for (int l : layers) {
      lab.phase(l + " layers");
      identity(lab, p, l);
    }
    compression(lab, p);
    ridge(lab, p);
  }

  private void identity(Lab lab, InverseProblem p, int l) {
    Scale scale = Scale.of(p, Convention.NTK, width, l);
    double lambda = scale.decay(gamma);
    List<Descent.Arm> arms = new ArrayList<>();
    for (double decay : new double[] {lambda, 0}) {
      arms.add(Descent.Arm.of(p, lab.seed(), scale.rate(), decay));
    }
    Matrix off = p.offRange();
    try (Descent gd = new Descent(lab.device(), Convention.NTK, scale.net(), arms)) {
      List<Matrix> before = gd.weights(1);
      gd.run(lab, iterations);
      List<Matrix> after = gd.weights(1);
      for (int i = 0; i < arms.size(); i++) {
        String row = "L=%d, %s".formatted(l, i == 0 ? "lambda>0" : "lambda=0");
        double factor = Math.pow(1 - scale.rate() * arms.get(i).decay(), iterations);
        Matrix start = before.get(i).times(off);
        Matrix rest = after.get(i).times(off);
        lab.compare(
            row + ": |W1 P_perp| over its start",
            "(1 - eta lambda)^t",
            factor,
            rest.norm() / start.norm(),
            Tolerance.relative(1e-9, factor));
        lab.compare(
            row + ": residual over |W1(0)|",
            "W1(t) P_perp = (1 - eta lambda)^t W1(0) P_perp",
            0,
            rest.plus(-factor, start).norm() / before.get(i).norm(),
            Tolerance.absolute(1e-13 * Math.sqrt(iterations)));
      }
    }
  }

  /** The same steps from the samples as they are and from as many columns as they have rank. */
  private void compression(Lab lab, InverseProblem p) {
    Scale scale = Scale.of(p, Convention.NTK, width, 3);
    Descent.Arm arm = Descent.Arm.of(p, lab.seed(), scale.rate(), scale.decay(gamma));
    int steps = Math.min(iterations, 200);
    try (Descent few = new Descent(lab.device(), Convention.NTK, scale.net(), List.of(arm));
        Descent all = Descent.uncompressed(lab.device(), Convention.NTK, scale.net(), arm)) {
      few.run(lab, steps);
      all.run(lab, steps);
      Matrix full = all.maps().get(0);
      lab.compare(
          "compressed data, %d steps: |E - E_full| / |E_full|".formatted(steps),
          "gradients depend on X Y' and Y Y' only",
          0,
          few.maps().get(0).minus(full).norm() / full.norm(),
          Tolerance.absolute(1e-11));
    }
  }

  /** One layer is ridge regression. */
  private void ridge(Lab lab, InverseProblem p) {
    Scale scale = Scale.of(p, Convention.NTK, width, 1);
    double c = scale.net().scale();
    double lambda = scale.decay(gamma);
    try (Descent gd =
        new Descent(
            lab.device(),
            Convention.NTK,
            scale.net(),
            List.of(Descent.Arm.of(p, lab.seed(), scale.rate(), lambda)))) {
      gd.run(lab, (long) Math.ceil(40 / (scale.rate() * lambda)));
      Svd y = Svd.of(p.y());
      double[] f = new double[p.s()];
      for (int i = 0; i < f.length; i++) {
        // c^2 |.|^2 / 2 in W = E / c: the ridge of E is lambda / c^2
        double square = y.values()[i] * y.values()[i];
        f[i] = y.values()[i] / (square + lambda / (c * c));
      }
      Matrix closed =
          p.x()
              .times(y.v().columns(f.length))
              .scaleColumns(f)
              .times(y.u().columns(f.length).transpose());
      Matrix e = gd.maps().get(0);
      lab.compare(
          "L=1: |E|_F",
          "E = X Y' (Y Y' + lambda_eff I)^-1",
          closed.norm(),
          e.norm(),
          Tolerance.relative(1e-9, closed.norm()));
      lab.compare(
          "L=1: |E - E_ridge| / |E_ridge|",
          "E = X Y' (Y Y' + lambda_eff I)^-1",
          0,
          e.minus(closed).norm() / closed.norm(),
          Tolerance.absolute(1e-9));
    }
  }
}
