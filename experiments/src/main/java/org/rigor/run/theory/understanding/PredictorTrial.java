// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.attack.Pgd;
import org.rigor.calibration.SelectiveRisk;
import org.rigor.data.Box;
import org.rigor.nn.TrialKey;
import org.rigor.run.theory.Lab;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.uncertainty.Objective;
import org.rigor.uncertainty.Prediction;
import org.rigor.uncertainty.Predictor;
import org.rigor.uncertainty.PredictorAttack;
import org.rigor.uncertainty.PreparedPrediction;
import org.rigor.uncertainty.Score;
import org.rigor.verify.VerdictCurve;

/** The measurements of one predictor of a {@link PredictorComparison}, all seeds at once. */
final class PredictorTrial implements AutoCloseable {
  private static final Threat BALL = new Threat(Norm.LINF, Box.UNIT);

  private final Lab lab;
  private final PredictorComparison study;
  private final PredictorInputs in;
  private final PredictorFits.Fitted fitted;
  private final PredictorReport report;
  private final PreparedPrediction seen;
  private final Optional<PreparedPrediction> fresh;

  PredictorTrial(
      Lab lab,
      PredictorComparison study,
      PredictorInputs in,
      PredictorFits.Fitted fitted,
      PredictorReport report) {
    this.lab = lab;
    this.study = study;
    this.in = in;
    this.fitted = fitted;
    this.report = report;
    this.seen = new PreparedPrediction(lab.device(), fitted.attacked());
    this.fresh = fitted.fresh().map(p -> new PreparedPrediction(lab.device(), p));
  }

  @Override
  public void close() {
    seen.close();
    fresh.ifPresent(PreparedPrediction::close);
  }

  /** Returns {@code MAX_PROBABILITY} as {@code max probability}. */
  static String words(Score score) {
    return score.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  void measure() {
    report.begin(fitted.attacked());
    Prediction clean = seen.of(in.test());
    put("accuracy", PredictorScores.accuracy(clean, in.testLabels()));
    put("negative log-likelihood", PredictorScores.negativeLogLikelihood(clean, in.testLabels()));
    strange(clean);
    attacked(clean);
    if (study.decided() > 0) {
      decided();
    }
  }

  /** Decides the mean of the first draws over the radii. */
  private void decided() {
    lab.checkpoint();
    Predictor some = fitted.attacked();
    some = some.part(0, Math.min(study.decided(), some.count()));
    int samples = Math.min(study.decidedSamples(), in.testLabels().length);
    VerdictCurve found =
        new MeanVerdicts(
                BALL,
                study.epsilons(),
                study.decidedMean(),
                study.steps(),
                study.method(),
                study.budget())
            .of(
                lab.device(),
                some,
                keys(),
                in.first(samples),
                Arrays.copyOf(in.testLabels(), samples));
    String of = " of the mean of " + some.count() + " draws, decided, at ";
    for (int e = 0; e < study.epsilons().size(); e++) {
      double epsilon = study.epsilons().get(e);
      put("verified accuracy" + of + epsilon, share(found.verified(), e));
      put("attacked accuracy" + of + epsilon, share(found.survived(), e));
    }
  }

  /** Returns, by seed, the share of samples with more than some leading epsilons. */
  private static double[] share(int[][] counts, int epsilons) {
    return Arrays.stream(counts)
        .mapToDouble(
            own -> Arrays.stream(own).filter(c -> c > epsilons).count() / (double) own.length)
        .toArray();
  }

  private void strange(Prediction clean) {
    Score first = study.scores().get(0);
    for (double sigma : study.noise()) {
      Prediction p = seen.of(in.noisy(lab.device(), sigma, lab.seed()));
      report.keep(fitted.name(), "noise AUROC at " + sigma, PredictorScores.auroc(clean, p, first));
      put("accuracy with noise " + sigma, PredictorScores.accuracy(p, in.testLabels()));
    }
    for (String name : study.corruptions()) {
      Prediction p = seen.of(in.corrupted(lab.device(), name, study.severity(), lab.seed()));
      put("accuracy under " + name, PredictorScores.accuracy(p, in.testLabels()));
      put(
          "negative log-likelihood under " + name,
          PredictorScores.negativeLogLikelihood(p, in.testLabels()));
      put("AUROC of " + name + " by " + words(first), PredictorScores.auroc(clean, p, first));
    }
    for (Map.Entry<String, HostTensor> e : in.unexpected(lab.device(), lab.seed()).entrySet()) {
      Prediction p = seen.of(e.getValue());
      for (Score score : scores()) {
        put(
            "AUROC of " + e.getKey() + " by " + words(score),
            PredictorScores.auroc(clean, p, score));
      }
    }
  }

  private void attacked(Prediction clean) {
    int[] y = in.testLabels();
    report.keep(fitted.name(), "attacked accuracy at 0.0", PredictorScores.accuracy(clean, y));
    fresh.ifPresent(
        f ->
            report.keep(
                fitted.name(),
                "fresh accuracy at 0.0",
                PredictorScores.accuracy(f.of(in.test()), y)));
    for (double epsilon : study.epsilons()) {
      lab.checkpoint();
      HostTensor points = attack(epsilon, Objective.MISCLASSIFY, study.scores().get(0));
      Prediction p = seen.of(points);
      put("attacked accuracy at " + epsilon, PredictorScores.accuracy(p, y));
      fresh.ifPresent(
          f -> put("fresh accuracy at " + epsilon, PredictorScores.accuracy(f.of(points), y)));
    }
    HostTensor wrong = attack(study.radius(), Objective.MISCLASSIFY, study.scores().get(0));
    for (Score score : scores()) {
      lab.checkpoint();
      objectives(clean, wrong, score);
    }
  }

  /** Measures each objective of a score, on the attacked and on fresh draws. */
  private void objectives(Prediction clean, HostTensor strongest, Score score) {
    double epsilon = study.radius();
    HostTensor accepted = attack(epsilon, Objective.WRONG_AND_ACCEPTED, score);
    HostTensor destroyed = attack(epsilon, Objective.SCORE_DESTROYED, score);
    HostTensor confident = attack(epsilon, Objective.ERROR_MADE_CONFIDENT, score);
    List<HostTensor> points = List.of(strongest, accepted, destroyed, confident);
    judge("", seen, score, clean, points);
    fresh.ifPresent(f -> judge(", fresh draws", f, score, f.of(in.test()), points));
  }

  private void judge(
      String where, PreparedPrediction p, Score score, Prediction clean, List<HostTensor> points) {
    int[] y = in.testLabels();
    String by = " by " + words(score) + where;
    double[] limits = PredictorScores.thresholds(p.of(in.valid()), score, study.coverage());
    List<Prediction> all = new ArrayList<>(List.of(clean));
    points.forEach(x -> all.add(p.of(x)));
    put("wrong and accepted" + by, PredictorScores.wrongAccepted(clean, y, score, limits));
    put(
        "wrong and accepted under attack" + by,
        PredictorScores.wrongAccepted(all.get(2), y, score, limits));
    put(
        "right and accepted, sent away" + by,
        PredictorScores.sentAway(clean, all.get(3), y, score, limits));
    put("errors accepted" + by, PredictorScores.errorsAccepted(clean, clean, y, score, limits));
    put(
        "errors accepted under attack" + by,
        PredictorScores.errorsAccepted(clean, all.get(4), y, score, limits));
    int seeds = study.seeds();
    SelectiveRisk[] before = new SelectiveRisk[seeds];
    SelectiveRisk[] worst = new SelectiveRisk[seeds];
    for (int s = 0; s < seeds; s++) {
      before[s] = PredictorScores.selective(clean, y, score, s);
      worst[s] = PredictorScores.worst(all, y, score, s);
    }
    put("area of selective risk" + by, areas(before));
    put("area of selective risk at the worst points" + by, areas(worst));
    if (where.isEmpty() && score == study.scores().get(0)) {
      report.keep(fitted.name(), "clean risk area", areas(before));
      report.keep(fitted.name(), "worst risk area", areas(worst));
      for (double c : PredictorReport.coverages()) {
        report.keep(fitted.name(), "clean risk at " + c, at(before, c));
        report.keep(fitted.name(), "worst risk at " + c, at(worst, c));
      }
    }
  }

  private static double[] areas(SelectiveRisk[] curves) {
    return Arrays.stream(curves).mapToDouble(SelectiveRisk::area).toArray();
  }

  private static double[] at(SelectiveRisk[] curves, double coverage) {
    return Arrays.stream(curves).mapToDouble(c -> c.at(coverage)).toArray();
  }

  /** Returns the scores that vary with the input: a single draw has nothing to disagree with. */
  private List<Score> scores() {
    boolean one = fitted.attacked().count() == 1;
    return study.scores().stream()
        .filter(s -> !one || (s != Score.MUTUAL_INFORMATION && s != Score.EPISTEMIC_VARIANCE))
        .toList();
  }

  private HostTensor attack(double epsilon, Objective objective, Score score) {
    Pgd pgd = new Pgd(study.steps(), 2.5 / study.steps(), study.starts() > 1);
    return new PredictorAttack(pgd, BALL, epsilon, study.starts(), objective, score)
        .run(lab.device(), fitted.attacked(), keys(), in.test(), in.testLabels())
        .points();
  }

  private List<TrialKey> keys() {
    return IntStream.range(0, study.seeds())
        .mapToObj(i -> TrialKey.of(lab.seed() * 1000 + i, "attack"))
        .toList();
  }

  private void put(String what, double[] seeds) {
    report.put(fitted.name(), what, seeds);
  }
}
