// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rigor.run.statistics.Domain;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.Range;
import org.rigor.threat.Norm;

/** Measurements of how reliable predicted probabilities are. */
public final class CalibrationSpecs {
  static final String BINS =
      "Bins of confidence: of equal width, (k / bins, (k + 1) / bins], the first with 0, for the"
          + " expected error; an empty bin counts nothing.";

  private CalibrationSpecs() {}

  @Doc(
      "Whether probabilities mean what they say, on clean, noisy and attacked test samples:"
          + " expected and adaptive calibration error with their bias, proper scores, fitted"
          + " temperature. All errors are of the largest probability, the top class, not of every"
          + " class; of equal ones the class with the lower number counts. Adaptive bins have equal"
          + " counts, but samples of one confidence stay in one bin. The bias is the mean error of"
          + " a predictor that is right as often as it says.")
  public record Calibration(
      @Doc(BINS) @Default("15") @Range(min = 1, max = 1000) int bins,
      @Doc("Resamples for intervals, and simulated calibrated predictors for the bias.")
          @Default("200")
          @Range(min = 20, max = 100_000)
          int rounds,
      @Doc("Standard deviations of Gaussian noise on the inputs, each a second set of results.")
          @Default("[]")
          @Length(max = 10)
          @Range(min = 0, max = 1e6, minOpen = true)
          List<Double> noises,
      @Doc("Radii of attacks on the cross-entropy, each a further set of results.")
          @Default("[]")
          @Length(max = 10)
          @Range(min = 0, max = 1e6, minOpen = true)
          List<Double> attacks,
      @Doc("Norm of the attacks.") @Default("linf") Norm norm,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Steps of the attacks.") @Default("20") @Range(min = 1, max = 10_000) int steps,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {

    /** Bins of the reliability diagram. */
    public static final int DIAGRAM = 10;

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      for (String where : conditions()) {
        String on = where.isEmpty() ? "" : ", " + where;
        out.add(error(in("ece", where), "expected calibration error" + on));
        out.add(error(in("ece-low", where), "lower end of its 95 % bootstrap interval" + on));
        out.add(error(in("ece-high", where), "upper end of that interval" + on));
        out.add(neither(in("ece-bias", where), "mean error of calibrated predictors" + on));
        out.add(
            neither(in("ece-null", where), "95 % of calibrated predictors have less error" + on));
        out.add(error(in("adaptive-ece", where), "error over bins of equal counts" + on));
        out.add(neither(in("adaptive-ece-bias", where), "its mean for calibrated ones" + on));
        out.add(lower(in("nll", where), "nats", "mean negative log-likelihood" + on));
        out.add(lower(in("brier", where), "", "Brier score" + on));
        out.add(neither(in("mean-confidence", where), "mean largest probability" + on));
        out.add(neither(in("temperature", where), "fitted on every second sample" + on));
        out.add(neither(in("no-temperature", where), "1 if none is best, so none is given" + on));
        out.add(lower(in("nll-scaled", where), "nats", "on the others at that temperature" + on));
        out.add(error(in("ece-scaled", where), "on the others at that temperature" + on));
        out.add(neither(in("undefined-calibration", where), "1 if a logit is no number" + on));
        for (int b = 0; b < DIAGRAM; b++) {
          double middle = (b + 0.5) / DIAGRAM;
          out.add(
              Quantity.share(
                  Quantities.at(diagram(where), middle),
                  Better.NEITHER,
                  "accuracy where the confidence is about that" + on));
        }
      }
      return out;
    }

    /**
     * Returns the conditions: the empty string for clean samples, else for example {@code
     * noise-0.1}.
     */
    public List<String> conditions() {
      List<String> out = new ArrayList<>(List.of(""));
      noises.forEach(n -> out.add("noise-" + Numbers.show(n)));
      attacks.forEach(e -> out.add("attack-" + Numbers.show(e)));
      return out;
    }

    /** Returns the name of the reliability diagram's family, {@code reliability/clean}. */
    public static String diagram(String condition) {
      return in("reliability", condition.isEmpty() ? "clean" : condition);
    }

    /** Returns a quantity's name under a condition, for example {@code ece/noise-0.1}. */
    public static String in(String name, String condition) {
      return condition.isEmpty() ? name : name + "/" + condition;
    }
  }

  @Doc(
      "How well confidence tells test samples from inputs the network was not made for: area under"
          + " the ROC curve of the largest probability and of the entropy.")
  public record UnexpectedInputs(
      @Doc("Kinds: uniform-noise, blank, inverted, shuffled.")
          @Default("[uniform-noise, blank, inverted, shuffled]")
          @Length(min = 1, max = 4)
          List<Unexpected> kinds,
      @Doc("Other data sets with samples of the same shape; their first test samples count.")
          @Default("[]")
          @Length(max = 8)
          List<DataSpec> others,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    public UnexpectedInputs {
      if (others.stream().map(UnexpectedInputs::label).distinct().count() < others.size()) {
        throw new IllegalArgumentException("others: two data sets are of one type: " + others);
      }
    }

    @Override
    public List<Quantity> gives() {
      List<String> labels = new ArrayList<>(kinds.stream().map(Unexpected::label).toList());
      others.forEach(o -> labels.add(label(o)));
      List<Quantity> out = new ArrayList<>();
      for (String label : labels) {
        out.add(auroc("max-prob-auroc", label, "by the largest probability"));
        out.add(auroc("entropy-auroc", label, "by the entropy"));
        out.add(neither("mean-confidence/" + label, "mean largest probability on " + label));
      }
      return out;
    }

    /** Returns the name of another data set in results, which is its type. */
    public static String label(DataSpec other) {
      return KeySpec.typeOf(other);
    }

    private static Quantity auroc(String name, String label, String by) {
      return Quantity.number(
              name + "/" + label,
              "",
              Better.HIGHER,
              "test samples apart from %s %s; 0.5 is chance".formatted(label, by))
          .in(Domain.SHARE);
    }
  }

  @Doc(
      "What confidence, the largest probability, is worth to who answers only sure samples: the"
          + " error of the surest share (risk and coverage, Geifman & El-Yaniv 2017), and an alert"
          + " threshold that keeps a wished error on every second sample, with the share handed"
          + " over and the error of the answers on the others; clean, corrupted, and where an"
          + " attack aims at a wrong class or at the score itself.")
  public record SelectiveRisk(
      @Doc("Error wished of the answers.") @Default("0.01") @Range(min = 0, max = 1, maxOpen = true)
          double wished,
      @Doc("Norm of the attacks.") @Default("linf") Norm norm,
      @Doc("Radius of the attacks; 0 leaves them out.") @Default("0") @Range(min = 0, max = 1e6)
          double epsilon,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Steps of the attacks.") @Default("20") @Range(min = 1, max = 10_000) int steps,
      @Doc(
              "Severity of corruptions, 1 to 5, one kind a sample in turn; 0 leaves them out. Needs"
                  + " images.")
          @Default("0")
          @Range(min = 0, max = 5)
          int severity,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    /** Name of the confidence below which samples are handed over. */
    public static final String THRESHOLD = "alert-threshold";

    /** Shares of samples at which risks are given. */
    public static final List<Double> COVERAGES =
        List.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0);

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      out.add(neither(THRESHOLD, "confidence below which a sample is handed over"));
      for (String where : conditions()) {
        String on = " on " + where + " samples";
        out.add(error("selective-area/" + where, "mean error over all coverages" + on));
        for (double share : COVERAGES) {
          out.add(
              Quantity.share(
                  Quantities.at("selective-risk/" + where, share),
                  Better.LOWER,
                  "error of the surest share" + on));
        }
        out.add(
            Quantity.share("handed-over/" + where, Better.LOWER, "share below the threshold" + on));
        out.add(
            Quantity.share("answered-error/" + where, Better.LOWER, "error of the answers" + on));
      }
      return out;
    }

    /** Returns the inputs it looks at: {@code clean}, {@code corrupted}, and goals of attacks. */
    public List<String> conditions() {
      List<String> out = new ArrayList<>(List.of("clean"));
      if (severity > 0) {
        out.add("corrupted");
      }
      if (epsilon > 0) {
        for (Goal goal : Goal.values()) {
          out.add(goal.label());
        }
      }
      return out;
    }
  }

  /** Goals of attacks on a score, by the names of {@code org.rigor.uncertainty.Objective}. */
  public enum Goal {
    MISCLASSIFY,
    WRONG_AND_ACCEPTED,
    SCORE_DESTROYED,
    ERROR_MADE_CONFIDENT;

    /** Returns the name in files. */
    public String label() {
      return Names.kebab(name());
    }
  }

  /** Inputs outside the task of the classifier. */
  public enum Unexpected {
    UNIFORM_NOISE,
    BLANK,
    INVERTED,
    SHUFFLED;

    /** Returns the name in files. */
    public String label() {
      return Names.kebab(name());
    }
  }

  private static Quantity lower(String name, String unit, String says) {
    return Quantity.size(name, unit, Better.LOWER, says);
  }

  /** Returns an error that is a mean gap between probabilities. */
  private static Quantity error(String name, String says) {
    return Quantity.number(name, "", Better.LOWER, says).in(Domain.SHARE);
  }

  private static Quantity neither(String name, String says) {
    return Quantity.size(name, "", Better.NEITHER, says);
  }
}
