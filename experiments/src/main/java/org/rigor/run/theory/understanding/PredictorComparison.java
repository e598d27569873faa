// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.List;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.run.study.CertificateNames;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.Range;
import org.rigor.uncertainty.DrawsApart;
import org.rigor.uncertainty.Laplace;
import org.rigor.uncertainty.Score;

/**
 * The certainty of predictors made of weight draws on clean, noisy, unexpected and attacked images,
 * where they should be unsure. Each (predictor, score) pair faces attacks on its own objectives;
 * the attack sees half of the draws, and both these and fresh draws judge its points.
 */
@Doc("Eight predictors with uncertainty on clean, noisy, unexpected and attacked images.")
public record PredictorComparison(
    @Doc("Data set of images in [0, 1]: digits, mnist.") @Default("digits") String data,
    @Doc("Training samples.") @Default("200") @Range(min = 10) int train,
    @Doc("Test samples.") @Default("200") @Range(min = 10) int test,
    @Doc("Held-out samples for thresholds and diagnosis.") @Default("100") @Range(min = 10)
        int valid,
    @Doc("Hidden units.") @Default("10") @Range(min = 1, max = 4096) int width,
    @Doc("Seeds; claims need 5.") @Default("5") @Range(min = 5, max = 100) int seeds,
    @Doc("Members of an ensemble.") @Default("5") @Range(min = 2) int members,
    @Doc("Draws of every other predictor, a multiple of the chains.") @Default("20") @Range(min = 2)
        int draws,
    @Doc("Epochs of training.") @Default("60") @Range(min = 4) int epochs,
    @Doc("Batch of training.") @Default("20") @Range(min = 1) int batch,
    @Doc("Learning rate of training.") @Default("0.1") @Range(min = 0, minOpen = true) double rate,
    @Doc("Weight decay of training.") @Default("0.001") @Range(min = 0) double decay,
    @Doc("Rank of SWAG.") @Default("10") @Range(min = 2) int rank,
    @Doc("Dropout rate of hidden units.")
        @Default("0.2")
        @Range(min = 0, max = 1, minOpen = true, maxOpen = true)
        double dropout,
    @Doc("Prior deviation of biases, and of weights times the root of their inputs.")
        @Default("3")
        @Range(min = 0, minOpen = true)
        double prior,
    @Doc("Temperature of the posterior; below 1 it is cold.")
        @Default("1")
        @Range(min = 0, minOpen = true)
        double temperature,
    @Doc("Matrix of Laplace's approximation.") @Default("gauss-newton") Laplace.Matrix laplace,
    @Doc("Rate of Adam for dropout, Laplace's mode and mean field.")
        @Default("0.02")
        @Range(min = 0, minOpen = true)
        double adamRate,
    @Doc("Its steps; mean field takes twice as many.") @Default("600") @Range(min = 1)
        int adamSteps,
    @Doc("Chains of a seed.") @Default("4") @Range(min = 2) int chains,
    @Doc("States kept of a chain.") @Default("500") @Range(min = 8) int keep,
    @Doc("Warm-up trajectories of HMC.") @Default("200") @Range(min = 0) int warmUp,
    @Doc("Leapfrog steps of HMC.") @Default("60") @Range(min = 1) int leapfrogs,
    @Doc("Step h of SGLD, in units of the prior's deviation.")
        @Default("0.0005")
        @Range(min = 0, minOpen = true)
        double langevinStep,
    @Doc("Batch of SGLD; 0 for all samples.") @Default("50") @Range(min = 0) int langevinBatch,
    @Doc("Steps of SGLD.") @Default("20000") @Range(min = 8) int langevinSteps,
    @Doc("Scores that are attacked and compared.")
        @Default("[max-probability, entropy, mutual-information]")
        @Length(min = 1, max = 4)
        List<Score> scores,
    @Doc("Deviations of normal noise on the images, ascending.")
        @Default("[0.1, 0.2, 0.3, 0.5]")
        @Length(min = 1, max = 20)
        @Range(min = 0, minOpen = true)
        List<Double> noise,
    @Doc("Corruptions of the images by their names in CIFAR-10-C.")
        @Default("[impulse-noise, contrast, brightness, pixelate]")
        @Length(max = 14)
        List<String> corruptions,
    @Doc("Severity of the corruptions.") @Default("4") @Range(min = 1, max = 5) int severity,
    @Doc("Radii of attacks on the class in the maximum norm, ascending.")
        @Default("[0.02, 0.05, 0.1, 0.15]")
        @Length(min = 1, max = 20)
        @Range(min = 0, minOpen = true)
        List<Double> epsilons,
    @Doc("Radius of attacks on scores.") @Default("0.1") @Range(min = 0, minOpen = true)
        double radius,
    @Doc("Steps of the attack.") @Default("40") @Range(min = 1) int steps,
    @Doc("Starts of the attack.") @Default("2") @Range(min = 1) int starts,
    @Doc("Share of held-out samples that a threshold accepts.")
        @Default("0.8")
        @Range(min = 0, max = 1, minOpen = true)
        double coverage,
    @Doc(
            "Draws of each predictor whose mean is decided as one network, by attack, bounds and"
                + " branch and bound; 0 for none.")
        @Default("0")
        @Range(min = 0, max = 1000)
        int decided,
    @Doc("What that mean is taken of.") @Default("probabilities") DrawsApart.Of decidedMean,
    @Doc("Test samples whose balls are decided, from the first.") @Default("50") @Range(min = 1)
        int decidedSamples,
    @Doc("What proves, as of verify-curve.") @OneOf(CertificateNames.class) @Default("beta-crown")
        String method,
    @Doc("Most work of the search on one ball, as of verify-curve.")
        @Default("2000")
        @Range(min = 1, max = 1e12)
        long budget)
    implements Law {

  @Override
  public String id() {
    return "rigorous-understanding/predictors";
  }

  @Override
  public String source() {
    return "in kind: Hartmann & Richter 2023 on Bayesian networks; Feng et al. 2024 (2404.19640)";
  }

  @Override
  public String says() {
    return "Gradient attacks on the mean prediction fool Bayesian networks too, on draws the attack"
        + " has not seen as well, and scores of uncertainty can be attacked by themselves.";
  }

  @Override
  public void measure(Lab lab) {
    PredictorInputs in = PredictorInputs.load(data, train, valid, test);
    Sequential net =
        Sequential.mlp(in.test().shape().remove(0), List.of(width), Activation.TANH, in.classes());
    List<PredictorFits.Fitted> fitted =
        new PredictorFits(lab, this, net, in.x(), in.labels(), in.valid(), in.validLabels()).all();
    PredictorReport report = new PredictorReport(lab, this);
    for (PredictorFits.Fitted f : fitted) {
      lab.phase("measuring " + f.name());
      lab.checkpoint();
      try (PredictorTrial trial = new PredictorTrial(lab, this, in, f, report)) {
        trial.measure();
      }
    }
    report.charts();
    report.claims();
  }
}
