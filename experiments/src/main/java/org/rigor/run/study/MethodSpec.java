// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Inline;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;
import org.rigor.threat.Norm;

/** A training method. Each method of a study is one arm. */
@Doc("Training method.")
public sealed interface MethodSpec {
  /** Returns the name by which claims and figures refer to this method. */
  String name();

  /** Returns the quantities that training by this method gives, by the names of the scalars. */
  default List<Quantity> gives() {
    return List.of();
  }

  /** Returns the options common to methods that attack each batch. */
  default Options options() {
    return Options.NONE;
  }

  /** Returns which weights form the trained network; empty for the last. */
  default Optional<WeightsSpec> weights() {
    return options().weights();
  }

  /** Returns the weight perturbation, if any. */
  default Optional<AwpSpec> awp() {
    return options().awp();
  }

  /** Returns which batch-norm statistics an attack on a batch uses, if the study sets them. */
  default Optional<AttackStatistics> batchNorm() {
    return options().batchNorm();
  }

  /**
   * Returns whether this method with its number at 0 is standard training, so that both can share a
   * pack.
   */
  default boolean standardAtZero() {
    return false;
  }

  /** The batch-norm statistics used while a batch is attacked. */
  enum AttackStatistics {
    RUNNING,
    BATCH
  }

  /** The {@code @Doc} of every method's name. */
  String NAME = "Name in tables, figures and claims.";

  /** The {@code @Doc} of the weight of the clean loss. */
  String KAPPA = "Weight of the clean loss at epsilon; it falls from 1 while the radius rises.";

  /** The options, other than the attack, common to methods that attack each batch. */
  record Options(
      @Doc(BATCH_NORM) Optional<AttackStatistics> batchNorm,
      @Doc(WEIGHTS) Optional<WeightsSpec> weights,
      @Doc(AWP) Optional<AwpSpec> awp) {
    static final String BATCH_NORM =
        "What batch norms use during the attack: statistics of the batch, or running ones (also if"
            + " left out). Attacks never change the running ones.";
    static final String WEIGHTS =
        "Weights that are the trained network: an average, or the best epoch's; the last if left"
            + " out.";
    static final String AWP = "Adversarial weight perturbation; none if left out.";
    static final Options NONE = new Options(Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** The attack on each training batch. */
  record InnerAttack(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Radius of the ball, in units of the input.") @PerModel @Range(min = 0, max = 1e6)
          double epsilon,
      @Doc("Steps of the inner attack.") @Default("10") @Range(min = 1, max = 1000) int steps,
      @Doc("Length of a step as a share of epsilon.")
          @PerModel
          @Default("0.25")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep) {}

  /** The linf ball of certified training, and how its radius rises. */
  record Ramp(
      @Doc("Radius of the linf ball, in units of the input.")
          @PerModel
          @Range(min = 0, max = 1e6, minOpen = true)
          double epsilon,
      @Doc("Share of the steps, at the start, with radius 0.")
          @PerModel
          @Default("0")
          @Range(min = 0, max = 1)
          double warmUp,
      @Doc("Share of the steps over which the radius then rises to epsilon.")
          @PerModel
          @Default("0.5")
          @Range(min = 0, max = 1)
          double ramp,
      @Doc(
              "First weights: as the layers say, or ibp: normal, narrow enough for intervals to"
                  + " keep their width from layer to layer (Shi et al. 2021).")
          @Default("usual")
          Initial initialisation) {
    /** How the first weights are drawn. */
    public enum Initial {
      USUAL,
      IBP
    }

    public Ramp {
      if (warmUp + ramp > 1) {
        throw new IllegalArgumentException(
            "'warm-up' and 'ramp' are shares of the training, together at most 1, or it ends below"
                + " its epsilon; got %s and %s".formatted(warmUp, ramp));
      }
    }
  }

  /** The attack in the linf ball of certified training. */
  record BallAttack(
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Steps of the inner attack.") @Default("8") @Range(min = 1, max = 1000) int steps,
      @Doc("Length of a step as a share of the attack's radius.")
          @PerModel
          @Default("0.25")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep) {}

  @Doc("Training on clean samples.")
  record Standard(
      @Doc(NAME) @Label @Default("standard") @Length(min = 1, max = 60) String name,
      @Doc(Options.WEIGHTS) Optional<WeightsSpec> weights,
      @Doc(Options.AWP) Optional<AwpSpec> awp)
      implements MethodSpec {
    /** Creates standard training that keeps the last weights and does not perturb them. */
    public Standard(String name) {
      this(name, Optional.empty(), Optional.empty());
    }
  }

  @Doc("No training: the networks come from files.")
  record None(@Doc(NAME) @Label @Default("none") @Length(min = 1, max = 60) String name)
      implements MethodSpec {}

  @Doc("Training on samples with Gaussian noise, drawn anew each step (Cohen et al. 2019).")
  record Noise(
      @Doc(NAME) @Label @Default("noise") @Length(min = 1, max = 60) String name,
      @Doc("Deviation of the noise, in units of the input; samples are not clipped.")
          @PerModel
          @Default("0.25")
          @Range(min = 0, max = 1e6)
          double sigma,
      @Doc(Options.WEIGHTS) Optional<WeightsSpec> weights)
      implements MethodSpec {
    @Override
    public boolean standardAtZero() {
      return true;
    }
  }

  @Doc(
      "Adversarial training (Madry et al. 2018): each batch is replaced by its adversarial"
          + " examples, those of PGD unless another attack is named.")
  record Pgd(
      @Doc(NAME) @Label @Default("pgd") @Length(min = 1, max = 60) String name,
      @Inline("steps=7") InnerAttack attack,
      @Doc("Whether PGD starts at a random point of the ball; other attacks start where they do.")
          @Default("true")
          boolean randomStart,
      @Doc(
              "Share of the steps over which radius and length of a step rise from 0; at once if"
                  + " left out. Networks that do not learn at a large radius from the start may"
                  + " learn so.")
          @Range(min = 0, max = 1, minOpen = true)
          Optional<Double> ramp,
      @Inline Options options)
      implements MethodSpec {
    @Override
    public boolean standardAtZero() {
      return true;
    }
  }

  @Doc("Single-step adversarial training with a random start (Wong et al. 2020); linf.")
  record FgsmRs(
      @Doc(NAME) @Label @Default("fgsm-rs") @Length(min = 1, max = 60) String name,
      @Doc("Radius of the ball, in units of the input.") @PerModel @Range(min = 0, max = 1e6)
          double epsilon,
      @Doc("Length of a step as a share of epsilon.")
          @PerModel
          @Default("1.25")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep,
      @Inline Options options)
      implements MethodSpec {
    @Override
    public boolean standardAtZero() {
      return true;
    }
  }

  @Doc(
      "Free adversarial training: each batch is used for several updates, whose gradients also move"
          + " its perturbation (Shafahi et al. 2019). An epoch has as many updates as that of other"
          + " methods.")
  record Free(
      @Doc(NAME) @Label @Default("free") @Length(min = 1, max = 60) String name,
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Radius of the ball, in units of the input.") @PerModel @Range(min = 0, max = 1e6)
          double epsilon,
      @Doc("Updates with one batch.") @Default("8") @Range(min = 1, max = 1000) int replays,
      @Doc(Options.WEIGHTS) Optional<WeightsSpec> weights)
      implements MethodSpec {}

  @Doc(
      "TRADES (Zhang et al. 2019): cross-entropy of the clean samples and the divergence that an"
          + " attack reaches.")
  record Trades(
      @Doc(NAME) @Label @Default("trades") @Length(min = 1, max = 60) String name,
      @Inline InnerAttack attack,
      @Doc("Weight of the divergence.") @PerModel @Default("6") @Range(min = 0, max = 1e6)
          double beta,
      @Inline Options options)
      implements MethodSpec {}

  @Doc("MART (Wang et al. 2020): misclassified samples weigh more.")
  record Mart(
      @Doc(NAME) @Label @Default("mart") @Length(min = 1, max = 60) String name,
      @Inline InnerAttack attack,
      @Doc("Weight of the divergence.") @PerModel @Default("5") @Range(min = 0, max = 1e6)
          double beta,
      @Inline Options options)
      implements MethodSpec {}

  @Doc(
      "Annealing self-distillation rectification (Wu et al. 2024): labels are mixed with what the"
          + " moving average of the weights says of the clean sample. Usual values are those of the"
          + " paper for CIFAR-10.")
  record Adr(
      @Doc(NAME) @Label @Default("adr") @Length(min = 1, max = 60) String name,
      @Inline InnerAttack attack,
      @Doc("What is rectified: PGD adversarial training, or TRADES.") @Default("pgd") Base base,
      @Doc("Temperature of the teacher at the start.")
          @PerModel
          @Default("2.5")
          @Range(min = 0, max = 1e6, minOpen = true)
          double temperatureHigh,
      @Doc("Temperature of the teacher at the end.")
          @PerModel
          @Default("2")
          @Range(min = 0, max = 1e6, minOpen = true)
          double temperatureLow,
      @Doc("Share of the teacher at the start.") @PerModel @Default("0.7") @Range(min = 0, max = 1)
          double lambdaLow,
      @Doc("Share of the teacher at the end.") @PerModel @Default("0.95") @Range(min = 0, max = 1)
          double lambdaHigh,
      @Doc("Share of the teacher's weights that a step keeps.")
          @PerModel
          @Default("0.995")
          @Range(min = 0, max = 1, maxOpen = true)
          double teacherDecay,
      @Doc("Weight of the divergence, on TRADES.")
          @PerModel
          @Default("6")
          @Range(min = 0, max = 1e6)
          double beta,
      @Doc(Options.BATCH_NORM) Optional<AttackStatistics> batchNorm,
      @Doc("ema: the teacher is the trained network; the last weights if left out.")
          Optional<WeightsSpec> weights,
      @Doc(Options.AWP) Optional<AwpSpec> awp)
      implements MethodSpec {
    /** What is rectified. */
    public enum Base {
      PGD,
      TRADES
    }

    public Adr {
      boolean average = weights.isPresent() && !(weights.get() instanceof WeightsSpec.HeldOut);
      if (average && !weights.get().equals(new WeightsSpec.Ema(teacherDecay))) {
        throw new IllegalArgumentException(
            "weights: adr keeps the average of its teacher, {type: ema, decay: %s}; got %s"
                .formatted(teacherDecay, weights.get()));
      }
    }
  }

  @Doc(
      "Interval bound propagation (Gowal et al. 2018): the loss of the outputs that intervals allow"
          + " over the ball, and that of the clean samples.")
  record Ibp(
      @Doc(NAME) @Label @Default("ibp") @Length(min = 1, max = 60) String name,
      @Inline Ramp ball,
      @Doc(KAPPA) @PerModel @Default("0.5") @Range(min = 0, max = 1) double kappa,
      @Doc(Options.WEIGHTS) Optional<WeightsSpec> weights)
      implements MethodSpec {}

  @Doc(
      "CROWN-IBP (Zhang et al. 2020): as ibp, with margins that backward linear bounds tighten"
          + " while the radius rises.")
  record CrownIbp(
      @Doc(NAME) @Label @Default("crown-ibp") @Length(min = 1, max = 60) String name,
      @Inline Ramp ball,
      @Doc(KAPPA) @PerModel @Default("0.5") @Range(min = 0, max = 1) double kappa,
      @Doc("Share of the linear bounds at epsilon; it falls from 1 while the radius rises.")
          @PerModel
          @Default("0")
          @Range(min = 0, max = 1)
          double beta,
      @Doc(Options.WEIGHTS) Optional<WeightsSpec> weights)
      implements MethodSpec {}

  @Doc(
      "SABR (Mueller et al. 2023): intervals over a small box around an adversarial example, within"
          + " the ball.")
  record Sabr(
      @Doc(NAME) @Label @Default("sabr") @Length(min = 1, max = 60) String name,
      @Inline Ramp ball,
      @Inline BallAttack attack,
      @Doc("Radius of the small box over epsilon; the attack has the rest.")
          @PerModel
          @Default("0.4")
          @Range(min = 0, max = 1, minOpen = true)
          double lambda,
      @Inline Options options)
      implements MethodSpec {}

  @Doc(
      "MTL-IBP (De Palma et al. 2024): the loss of adversarial examples, and that of the outputs"
          + " that intervals allow over the ball.")
  record MtlIbp(
      @Doc(NAME) @Label @Default("mtl-ibp") @Length(min = 1, max = 60) String name,
      @Inline Ramp ball,
      @Inline BallAttack attack,
      @Doc("Weight of the loss by intervals.") @PerModel @Default("0.1") @Range(min = 0, max = 1)
          double alpha,
      @Inline Options options)
      implements MethodSpec {}
}
