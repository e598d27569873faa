// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.MaskingSigns;
import org.rigor.run.statistics.Domain;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.Range;
import org.rigor.threat.Norm;

/** Measurements of adversarial training other than curves over epsilon. */
public final class RobustnessSpecs {
  private RobustnessSpecs() {}

  @Doc(
      "Attacks of growing strength at one radius: FGSM, PGD of so many steps from one random start,"
          + " and the longest of them from several; or another attack in place of PGD. Each success"
          + " is verified in double.")
  public record AttackLadder(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Radius of the ball.") @Range(min = 0, max = 1e6) double epsilon,
      @Doc("Steps of the attack, ascending.")
          @Default("[10, 20, 50]")
          @Length(min = 1, max = 20)
          @Range(min = 2, max = 100_000)
          List<Integer> steps,
      @Doc("Starts of the strongest attack.") @Default("5") @Range(min = 1, max = 10_000)
          int restarts,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    public AttackLadder {
      MeasurementSpec.ascending(steps.stream().map(Integer::doubleValue).toList());
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      out.add(Quantity.share("ladder-fgsm", Better.HIGHER, "share that survives FGSM"));
      for (int s : steps) {
        String name = AttackNames.name(attack).toUpperCase(Locale.ROOT);
        String says = "share that survives %s of %d steps".formatted(name, s);
        out.add(Quantity.share(rung(s), Better.HIGHER, says));
      }
      out.add(
          Quantity.share(
              "ladder-restarts", Better.HIGHER, "share that survives the longest from all starts"));
      out.add(
          Quantity.share(
              "ladder-rise", Better.NEITHER, "largest gain of accuracy by a stronger attack"));
      out.add(Quantity.share("ladder-fall", Better.NEITHER, "FGSM minus the strongest attack"));
      return out;
    }

    /** Returns the name of the share that survives the attack of so many steps. */
    public String rung(int stepsOfIt) {
      return "ladder-%s-%d".formatted(AttackNames.name(attack), stepsOfIt);
    }
  }

  @Doc(
      "A suite of attacks at one radius, each on every sample: the share that survives all of them,"
          + " and of each the share that survives it and the share that falls to it alone."
          + " Successes are verified in double. arrays/ID-suite.npy says for each attack and sample"
          + " whether the sample survives.")
  public record SuiteOfAttacks(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Suite, by the name that 'rigor attack --attack' takes.")
          @OneOf(SuiteNames.class)
          @Default("autoattack")
          String suite,
      @Doc("Radius of the ball.") @Range(min = 0, max = 1e6) double epsilon,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    @Override
    public List<Double> epsilons() {
      return List.of(epsilon);
    }

    @Override
    public Optional<Norm> ball() {
      return Optional.of(norm);
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      out.add(Quantity.curve(Quantities.ATTACKED_ACCURACY, "share that survives all attacks"));
      for (String member : SuiteNames.members(suite, norm)) {
        out.add(Quantity.share(one(member), Better.HIGHER, "share that survives " + member));
        out.add(
            Quantity.share(
                alone(member), Better.NEITHER, "share that falls to %s alone".formatted(member)));
      }
      return out;
    }

    /** Returns the name of the share that survives an attack of the suite. */
    public static String one(String member) {
      return "suite-" + member;
    }

    /** Returns the name of the share that falls to an attack of the suite and no other. */
    public static String alone(String member) {
      return "suite-alone-" + member;
    }
  }

  @Doc(
      "Distance of the samples that are classified rightly to the nearest misclassified point that"
          + " fmn finds, in one run: the smallest, and that of shares of them. Each is an upper"
          + " side, confirmed in double.")
  public record AttackDistance(
      @Doc("Norm of the distance.") @Default("linf") Norm norm,
      @Doc("Steps toward each of the 9 likeliest wrong classes.")
          @Default("100")
          @Range(min = 1, max = 100_000)
          int steps,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    /** The attack, by its name. */
    public static final String ATTACK = "fmn";

    /** Family of the distances, by share. */
    public static final String NAME = "attack-distance";

    /** Shares of the samples that are within a distance; 0 is the nearest of all. */
    public static final List<Double> SHARES = List.of(0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95);

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      for (double share : SHARES) {
        out.add(
            Quantity.size(
                Quantities.at(NAME, share), "", Better.HIGHER, "that share lies within it"));
      }
      return out;
    }
  }

  @Doc(
      "Signs that gradients mislead an attack (Athalye et al. 2018): shares of the rightly"
          + " classified samples at which gradients vanish or a step along them does not help, or"
          + " which fall to twice the steps, to the square attack, or to a point that is known,"
          + " where the attack fails.")
  public record Masking(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("What the attack raises, as of pgd-curve.") Optional<AttackLoss> loss,
      @Doc("Radius of the ball.") @Range(min = 0, max = 1e6, minOpen = true) double epsilon,
      @Doc("Steps of one start.") @Default("40") @Range(min = 1, max = 50_000) int steps,
      @Doc("Length of a step as a share of epsilon.")
          @Default("0.1")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep,
      @Doc("Independent starts.") @Default("1") @Range(min = 1, max = 10_000) int restarts,
      @Doc("Test samples used, from the first; 0 means all.") @Default("100") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    /** Name of the number of signs that show. */
    public static final String SIGNS = "masking-signs";

    /** Name of the number of samples that signs are shares of. */
    public static final String SAMPLES = "masking-samples";

    /** Returns the name of the share of samples that bear a sign. */
    public static String share(MaskingSigns.Sign sign) {
      return "masking/" + Names.kebab(sign.name());
    }

    /** Returns the attack, of a multiple of its steps. */
    public MeasurementSpec.PgdCurve attack(int times) {
      return new MeasurementSpec.PgdCurve(
          norm,
          attack,
          loss,
          Optional.empty(),
          List.of(epsilon),
          times * steps,
          relativeStep,
          restarts,
          samples,
          false);
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      out.add(Quantity.size(SIGNS, "", Better.LOWER, "signs that show, of six"));
      out.add(Quantity.size(SAMPLES, "samples", Better.NEITHER, "classified rightly"));
      for (MaskingSigns.Sign sign : MaskingSigns.Sign.values()) {
        out.add(Quantity.share(share(sign), Better.LOWER, sign.says()));
      }
      return out;
    }
  }

  @Doc(
      "Confidence and calibration on test samples, clean and under an attack that takes all steps:"
          + " mean confidence, expected calibration error with the bias of its binning, negative"
          + " log-likelihood, Brier score. Confidence is the largest probability, of equal ones"
          + " that of the class with the lower number.")
  public record AttackedCalibration(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Radius of the ball.") @Range(min = 0, max = 1e6) double epsilon,
      @Doc("Steps of the attack.") @Default("20") @Range(min = 1, max = 100_000) int steps,
      @Doc("Length of a step as a share of epsilon.")
          @Default("0.25")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep,
      @Doc(CalibrationSpecs.BINS) @Default("15") @Range(min = 1, max = 1000) int bins,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      for (String where : List.of("", "attacked-")) {
        String on = where.isEmpty() ? " on clean samples" : " under attack";
        out.add(Quantity.share(where + "confidence", Better.NEITHER, "mean confidence" + on));
        out.add(Quantity.share(where + "accuracy-once", Better.HIGHER, "accuracy" + on));
        out.add(
            Quantity.number(where + "ece", "", Better.LOWER, "calibration error" + on)
                .in(Domain.SHARE));
        out.add(
            Quantity.size(
                where + "ece-bias", "", Better.NEITHER, "error of a calibrated predictor" + on));
        out.add(Quantity.size(where + "nll", "nats", Better.LOWER, "negative log-likelihood" + on));
        out.add(Quantity.size(where + "brier", "", Better.LOWER, "Brier score" + on));
      }
      out.add(
          Quantity.share(
              "target-confidence",
              Better.NEITHER,
              "confidence at which a network that fits its training targets rests"));
      return out;
    }
  }

  @Doc("How much the class probabilities move under Gaussian noise on the input.")
  public record NoiseStability(
      @Doc("Deviations of the noise, ascending.")
          @Length(min = 1, max = 20)
          @Range(min = 0, max = 1e6, minOpen = true)
          List<Double> sigmas,
      @Doc("Draws for each sample.") @Default("8") @Range(min = 1, max = 10_000) int draws,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    public NoiseStability {
      MeasurementSpec.ascending(sigmas);
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      for (double s : sigmas) {
        out.add(
            Quantity.share(
                Quantities.at("noise-shift", s),
                Better.LOWER,
                "mean total variation between the probabilities with and without noise"));
        out.add(
            Quantity.share(
                Quantities.at("noise-flips", s), Better.LOWER, "share whose class changes"));
      }
      return out;
    }
  }

  @Doc(
      "Wall-clock times, which differ from run to run: a step of this method's training, by itself,"
          + " and an evaluation of its network. Medians behind a warm-up; a busy machine shows.")
  public record Timing(
      @Doc("Timed repetitions.") @Default("5") @Range(min = 3, max = 1000) int rounds,
      @Doc("Training steps of a repetition.") @Default("8") @Range(min = 1, max = 10_000) int steps)
      implements MeasurementSpec {
    @Override
    public boolean wantsTheMachine() {
      return true;
    }

    @Override
    public List<Quantity> gives() {
      return List.of(
          Quantity.size("training-step", "ms", Better.LOWER, "time of a step of training"),
          Quantity.size("inference", "ms", Better.LOWER, "time of evaluating a batch"));
    }
  }
}
