// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.lipschitz;

import java.util.Map;
import org.apache.commons.statistics.distribution.BetaDistribution;
import org.rigor.data.NormalDistribution;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Doc;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Radii of randomised smoothing from counts of votes (Cohen et al. 2019), and their cost in
 * samples.
 */
@Doc("Radii of randomised smoothing: Clopper-Pearson limits and normal quantiles.")
public record SmoothedRadii() implements Law {
  private static final double ALPHA = 0.001;

  @Override
  public String id() {
    return "lipschitz-continuity/smoothed-radii";
  }

  @Override
  public String source() {
    return "Cohen et al. 2019: sigma Phi^-1(p), p the Clopper-Pearson lower limit at 0.001";
  }

  @Override
  public String says() {
    return "If all of n draws agree, the limit is alpha^(1/n), which caps the radius.";
  }

  @Override
  public void measure(Lab lab) {
    double p = limit(99_000, 100_000);
    lab.compare(
        "99,000 of 100,000 votes: limit", "Beta quantile", 0.98898934, p, close(0.98898934));
    lab.compare(
        "99,000 of 100,000 votes, sigma 0.5: radius",
        "0.5 Phi^-1(p)",
        1.145,
        0.5 * quantile(lab, p),
        close(1.145));
    for (int n : new int[] {1000, 100_000}) {
      double all = StrictMath.pow(ALPHA, 1.0 / n);
      lab.compare(
          "%d of %d votes: limit".formatted(n, n), "alpha^(1/n)", all, limit(n, n), close(all));
      double cap = quantile(lab, limit(n, n));
      String row = "%d of %d votes: radius over sigma".formatted(n, n);
      double published = n == 1000 ? 2.4632626 : 3.8114566;
      lab.compare(row, "Phi^-1(alpha^(1/n))", published, cap, close(published));
      lab.compare(
          row + ", back", "Phi(radius) = limit", all, NormalDistribution.cdf(cap), close(all));
    }
  }

  private static Tolerance close(double exact) {
    return Tolerance.relative(2e-7, exact);
  }

  /** Returns the lower limit of the share from k of n votes. */
  private static double limit(int k, int n) {
    return BetaDistribution.of(k, n - k + 1.0).inverseCumulativeProbability(ALPHA);
  }

  /** Returns Phi^-1 from the engine's inverse error function. */
  private static double quantile(Lab lab, double p) {
    Program.Builder b = Program.builder("quantile");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, 1)));
    Program program = b.output("z", F.mul(F.erfinv(x), StrictMath.sqrt(2))).build();
    Map<String, HostTensor> in = Map.of("x", HostTensor.of(Shape.of(1, 1), 2 * p - 1));
    return Calculation.run(lab.device(), program, in).get("z").get(0);
  }
}
