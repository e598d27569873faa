// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.AttackLoss;
import org.rigor.certify.Certificates;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.TypeNames;
import org.rigor.threat.Norm;

/** A measurement on each trained network. */
@Doc("Measurement on each trained network.")
public sealed interface MeasurementSpec
    permits MeasurementSpec.PgdCurve,
        MeasurementSpec.CertifiedCurve,
        MeasurementSpec.Lipschitz,
        LipschitzSpecs.LipschitzNeighbourhood,
        LipschitzSpecs.JacobianGrid,
        LipschitzSpecs.SensorError,
        SparsitySpecs.Sparsity,
        SparsitySpecs.ReluSparsity,
        SparsitySpecs.Spectrum,
        SparsitySpecs.Curvature,
        RobustnessSpecs.AttackLadder,
        RobustnessSpecs.SuiteOfAttacks,
        RobustnessSpecs.Masking,
        RobustnessSpecs.AttackDistance,
        RobustnessSpecs.AttackedCalibration,
        RobustnessSpecs.NoiseStability,
        RobustnessSpecs.Timing,
        CalibrationSpecs.Calibration,
        CalibrationSpecs.UnexpectedInputs,
        CalibrationSpecs.SelectiveRisk,
        NoiseSpecs.CorruptionCurve,
        NoiseSpecs.RandomNoise,
        NoiseSpecs.BoundaryDistance,
        SmoothingSpecs.SmoothingCurve,
        VerdictSpecs.VerifyCurve,
        VerdictSpecs.Distance,
        OptimalitySpecs.Optimality,
        PluginMeasurement {
  /** Returns the quantities it measures, by their names in results. */
  List<Quantity> gives();

  /** Returns whether other work on the machine would change its result. */
  default boolean wantsTheMachine() {
    return false;
  }

  /** Returns the radii of its curve; empty if it gives none. */
  default List<Double> epsilons() {
    return List.of();
  }

  /** Returns the norm of the balls in which it measures robust accuracy; empty if it does not. */
  default Optional<Norm> ball() {
    return Optional.empty();
  }

  @Doc(
      "Attacked accuracy over epsilon: PGD with restarts, or another attack, each success verified"
          + " in double. One that seeks the nearest misclassified point runs once for all radii.")
  record PgdCurve(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc(AttackNames.DOC) @OneOf(CurveAttackNames.class) Optional<String> attack,
      @Doc(
              "What the attack raises: cross-entropy, also if left out; a targeted loss has starts"
                  + " for each of the likeliest wrong classes.")
          Optional<AttackLoss> loss,
      @Doc("Wrong classes that a targeted loss goes to, the likeliest first; 9 if left out.")
          @Range(min = 1, max = 10_000)
          Optional<Integer> targets,
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
          int samples,
      @Doc("Whether the attacked samples found are stored, as arrays/ID-witness.npy.")
          @Label
          @Default("true")
          boolean witnesses)
      implements MeasurementSpec {
    public PgdCurve {
      ascending(epsilons);
      CurveAttackNames.require(attack, norm, loss);
    }

    @Override
    public Optional<Norm> ball() {
      return Optional.of(norm);
    }

    @Override
    public List<Quantity> gives() {
      return List.of(
          Quantity.curve(Quantities.ATTACKED_ACCURACY, "share that survives the attack"),
          Quantity.size(
              "ambiguous-attacks", "samples", Better.NEITHER, "successes not confirmed in double"),
          Quantity.size(
              "undefined-logits", "samples", Better.NEITHER, "samples fallen to logits of NaN"));
    }
  }

  @Doc("Certified accuracy over epsilon.")
  @TypeNames(CertifiedCurve.Types.class)
  record CertifiedCurve(
      String type,
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Radii, ascending.") @Length(min = 1, max = 1000) @Range(min = 0, max = 1e6)
          List<Double> epsilons,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    private static final String SUFFIX = "-curve";

    public CertifiedCurve {
      ascending(epsilons);
    }

    @Override
    public Optional<Norm> ball() {
      return Optional.of(norm);
    }

    /** Returns the name of the certificate, in results and on the command line. */
    public String method() {
      return type.substring(0, type.length() - SUFFIX.length());
    }

    @Override
    public List<Quantity> gives() {
      return List.of(Quantity.curve(Quantities.CERTIFIED_ACCURACY, "share proved robust"));
    }

    /** A curve of every certificate. */
    public static final class Types implements TypeNames.Source {
      @Override
      public Map<String, String> sentences() {
        Map<String, String> out = new LinkedHashMap<>();
        for (String name : Certificates.names()) {
          String by = Certificates.method(name);
          out.put(name + SUFFIX, "Certified accuracy over epsilon by " + by + ".");
        }
        return out;
      }
    }
  }

  @Doc(
      "Lipschitz bracket: largest Jacobian norm below, product of layer norms above. At a kink,"
          + " where a unit's input is exactly 0 or a pooling has two largest elements, the steepest"
          + " of four points drawn nearby stands for the sample; ties of units that are off are no"
          + " kinks. A number is undecided where no sample and no such point is left.")
  record Lipschitz(
      @Doc("Norm on inputs and logits.") @Default("l2") Norm norm,
      @Doc("Test samples whose Jacobian is measured, from the first; 0 means all.")
          @Default("0")
          @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    @Override
    public List<Quantity> gives() {
      return List.of(
          Quantity.size("lipschitz-lower", "", Better.LOWER, "largest Jacobian norm found"),
          Quantity.size("lipschitz-upper", "", Better.LOWER, "product of certified layer norms"),
          Quantity.size(
              "ambiguous-jacobians", "samples", Better.NEITHER, "within rounding of a kink"),
          Quantity.size(
              "jacobians-left-out", "samples", Better.NEITHER, "at a kink, points near them too"));
    }
  }

  /** Refuses radii that are not ascending. */
  static void ascending(List<Double> epsilons) {
    for (int i = 1; i < epsilons.size(); i++) {
      if (!(epsilons.get(i) > epsilons.get(i - 1))) {
        throw new IllegalArgumentException(
            "epsilons must ascend, but %s follows %s"
                .formatted(epsilons.get(i), epsilons.get(i - 1)));
      }
    }
  }
}
