// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import org.rigor.linalg.GramNorm;
import org.rigor.linalg.SpectralNorm;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.Draws;

/** Enclosed spectral norms of random matrices, beside singular values and power iterations. */
@Doc("Certified spectral norms of random matrices beside singular values and power iteration.")
public record SpectralNorms(
    @Doc("Random matrices.") @Default("100") @Range(min = 1, max = 10_000) int matrices)
    implements Law {
  private static final int ROWS = 50;
  private static final int COLS = 30;

  @Override
  public String id() {
    return "lipschitz-continuity/spectral-norms";
  }

  @Override
  public String source() {
    return "Gram iteration: Delattre et al. 2023; power iteration approaches a norm from below";
  }

  @Override
  public String says() {
    return "The certified sides enclose the largest singular value; a power iteration, which others"
        + " print as a bound, lies below it.";
  }

  @Override
  public void measure(Lab lab) {
    int crossed = 0;
    int below = 0;
    double wide = 0;
    for (int i = 0; i < matrices; i++) {
      double[] w = new double[ROWS * COLS];
      Draws d = new Draws(lab.seed(), 1, i);
      for (int k = 0; k < w.length; k++) {
        w[k] = d.normal();
      }
      double exact = SpectralNorm.svd(w, ROWS, COLS);
      GramNorm.Enclosure e = GramNorm.enclose(w, ROWS, COLS);
      double slack = 1e-14 * exact; // of the singular value itself
      crossed += e.lower() > exact + slack || e.upper() < exact - slack ? 1 : 0;
      wide = Math.max(wide, e.upper() / exact);
      below += GramNorm.lower(w, ROWS, COLS, 5) < exact * (1 - 1e-6) ? 1 : 0;
    }
    lab.compare("sides on the wrong side", "0", 0, crossed, Tolerance.absolute(0));
    lab.compare("largest upper side over the norm", "1", 1, wide, Tolerance.absolute(1e-10));
    double share = (double) below / matrices;
    lab.compare(
        "power iterations of 5 steps that fall short", "all", 1, share, Tolerance.absolute(0.04));
  }
}
