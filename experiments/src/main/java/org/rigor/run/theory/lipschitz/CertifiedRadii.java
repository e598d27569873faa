// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import org.rigor.lipschitz.CertifiedRadius;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Doc;

/** Radii certified from margins and constants, beside the exact distance to the boundary. */
@Doc("Certified radii of a linear classifier beside its exact distance to the boundary.")
public record CertifiedRadii() implements Law {
  @Override
  public String id() {
    return "lipschitz-continuity/certified-radii";
  }

  @Override
  public String source() {
    return "Tsuzuku et al. 2018; Leino et al. 2021; distance of a point to a hyperplane";
  }

  @Override
  public String says() {
    return "With constants of logit differences the radius of a linear classifier is exact; with one"
        + " constant of all logits it is m / (sqrt 2 L).";
  }

  @Override
  public void measure(Lab lab) {
    double[][] w = {{2, 0}, {0, 1}};
    double[] margins = {0, 1.5};
    double[] constants = CertifiedRadius.differences(w, 0, 1);
    double exact = 1.5 / StrictMath.sqrt(5);
    compare(lab, "pairwise", "1.5/sqrt 5", exact, CertifiedRadius.pairwise(margins, constants, 0));
    TracedNetwork net = TracedNetwork.relu(new double[][][] {w}, new double[][] {{0, 0}});
    double constant = net.product(lab.device());
    double one = 1.5 / (StrictMath.sqrt(2) * 2);
    compare(lab, "one constant", "1.5/(2 sqrt 2)", one, CertifiedRadius.l2(1.5, constant));
    compare(lab, "each logit alone", "1.5/4", 0.375, CertifiedRadius.separate(1.5, constant));
  }

  private static void compare(Lab lab, String row, String form, double exact, double measured) {
    lab.compare(row, form, exact, measured, Tolerance.relative(1e-9, exact));
  }
}
