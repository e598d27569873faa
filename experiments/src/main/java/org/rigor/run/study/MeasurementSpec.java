// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;

/** What is measured on each trained network. */
@Doc("Measurement on each trained network.")
public sealed interface MeasurementSpec {

  @Doc("Attacked accuracy over epsilon: PGD with restarts, each success verified in double.")
  record PgdCurve(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Radii, ascending.") @Length(min = 1, max = 1000) @Range(min = 0, max = 1e6)
          List<Double> epsilons,
      @Doc("Steps of one start.") @Default("40") @Range(min = 1, max = 100_000) int steps,
      @Doc("Length of a step as a share of epsilon.")
          @Default("0.1")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep,
      @Doc("Independent starts; a sample is robust if all fail.")
          @Default("5")
          @Range(min = 1, max = 10_000)
          int restarts,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    public PgdCurve {
      ascending(epsilons);
    }
  }

  @Doc("Certified accuracy over epsilon by backward linear bounds (CROWN, Zhang et al. 2018).")
  record CrownCurve(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Radii, ascending.") @Length(min = 1, max = 1000) @Range(min = 0, max = 1e6)
          List<Double> epsilons,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec, Certified {
    public CrownCurve {
      ascending(epsilons);
    }

    @Override
    public String method() {
      return "crown";
    }
  }

  @Doc(
      "Certified accuracy over epsilon by backward linear bounds of the logits, with hidden layers"
          + " by intervals (CROWN-IBP, Zhang et al. 2020): looser than crown-curve, for large"
          + " networks.")
  record CrownIbpCurve(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Radii, ascending.") @Length(min = 1, max = 1000) @Range(min = 0, max = 1e6)
          List<Double> epsilons,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec, Certified {
    public CrownIbpCurve {
      ascending(epsilons);
    }

    @Override
    public String method() {
      return "crown-ibp";
    }
  }

  @Doc("Certified accuracy over epsilon by interval propagation (Gowal et al. 2018).")
  record IbpCurve(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Radii, ascending.") @Length(min = 1, max = 1000) @Range(min = 0, max = 1e6)
          List<Double> epsilons,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec, Certified {
    public IbpCurve {
      ascending(epsilons);
    }

    @Override
    public String method() {
      return "ibp";
    }
  }

  @Doc("Lipschitz bracket: largest Jacobian norm below, product of layer norms above.")
  record Lipschitz(
      @Doc("Norm on inputs and logits.") @Default("l2") Norm norm,
      @Doc("Test samples whose Jacobian is measured, from the first; 0 means all.")
          @Default("0")
          @Range(min = 0)
          int samples)
      implements MeasurementSpec {}

  /** What certified accuracy curves share. */
  interface Certified {
    /** Name of the certificate, in results and on the command line. */
    String method();

    Norm norm();

    List<Double> epsilons();

    int samples();
  }

  private static void ascending(List<Double> epsilons) {
    for (int i = 1; i < epsilons.size(); i++) {
      if (!(epsilons.get(i) > epsilons.get(i - 1))) {
        throw new IllegalArgumentException(
            "epsilons must ascend, but %s follows %s"
                .formatted(epsilons.get(i), epsilons.get(i - 1)));
      }
    }
  }
}
