// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Lab;
import org.rigor.uncertainty.Predictor;

/** A collector of the measurements of every predictor, seed by seed, for figures and claims. */
final class PredictorReport {
  private static final double[] COVERAGES = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};

  /** Predictors by figure; a figure has six distinct colours. */
  private static final Map<String, List<String>> GROUPS = new LinkedHashMap<>();

  static {
    GROUPS.put("sampled", List.of("single", "ensemble", "sgld", "hmc"));
    GROUPS.put("fitted", List.of("single", "mc-dropout", "swag", "laplace", "mean-field", "hmc"));
  }

  private final Lab lab;
  private final PredictorComparison study;
  private final Map<String, Predictor> predictors = new LinkedHashMap<>();
  private final Map<String, double[]> values = new LinkedHashMap<>();

  PredictorReport(Lab lab, PredictorComparison study) {
    this.lab = lab;
    this.study = study;
  }

  void begin(Predictor p) {
    predictors.put(p.name(), p);
  }

  /** Keeps one value per seed and reports their mean. */
  void put(String predictor, String what, double[] seeds) {
    values.put(predictor + ", " + what, seeds);
    lab.report(predictor + ", " + what, Statistics.mean(seeds));
  }

  /** Keeps one value per seed for figures only. */
  void keep(String predictor, String what, double[] seeds) {
    values.put(predictor + ", " + what, seeds);
  }

  static double[] coverages() {
    return COVERAGES.clone();
  }

  void charts() {
    double[] radii = new double[study.epsilons().size() + 1];
    double[] noise = new double[study.noise().size()];
    for (int i = 1; i < radii.length; i++) {
      radii[i] = study.epsilons().get(i - 1);
    }
    for (int i = 0; i < noise.length; i++) {
      noise[i] = study.noise().get(i);
    }
    for (Map.Entry<String, List<String>> g : GROUPS.entrySet()) {
      List<String> names = g.getValue();
      draw(
          "attacked-" + g.getKey(),
          "Accuracy of the mean prediction under attack, on the attacked draws",
          "radius in the maximum norm",
          "accuracy",
          series("attacked accuracy at ", radii, names));
      draw(
          "fresh-" + g.getKey(),
          "Accuracy of the mean prediction under attack, on draws the attack has not seen",
          "radius in the maximum norm",
          "accuracy",
          series("fresh accuracy at ", radii, names));
      draw(
          "noise-" + g.getKey(),
          "Noisy against clean images by " + PredictorTrial.words(study.scores().get(0)),
          "deviation of the noise",
          "AUROC",
          series("noise AUROC at ", noise, names));
    }
    List<Chart.Series> risk = new ArrayList<>();
    for (String name : List.of("single", "ensemble", "hmc")) {
      for (String which : List.of("clean", "worst")) {
        for (Chart.Series r : series(which + " risk at ", COVERAGES, List.of(name))) {
          risk.add(Chart.Series.measured(name + ", " + which, r.x(), r.y(), r.error()));
        }
      }
    }
    draw(
        "selective-risk",
        "Selective risk by "
            + PredictorTrial.words(study.scores().get(0))
            + ", clean and at the worst point found within "
            + study.radius(),
        "coverage",
        "share of errors among accepted samples",
        risk);
  }

  /** Draws a figure of measurements without a theory; bars are 2 standard errors over seeds. */
  private void draw(String name, String title, String x, String y, List<Chart.Series> series) {
    lab.chart(new Chart(name, title + ", 2 s.e. over seeds", x, y, false, false, series));
  }

  /** Returns one series for each predictor that has the values. */
  private List<Chart.Series> series(String what, double[] x, List<String> names) {
    List<Chart.Series> out = new ArrayList<>();
    for (String name : names) {
      if (!values.containsKey(name + ", " + what + x[0])) {
        continue;
      }
      double[] y = new double[x.length];
      double[] twice = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        double[] seeds = values.get(name + ", " + what + x[i]);
        y[i] = Statistics.mean(seeds);
        twice[i] = 2 * Statistics.standardError(seeds);
      }
      String label = name + " (" + predictors.get(name).standing().says() + ")";
      out.add(Chart.Series.measured(label, x, y, twice));
    }
    return out;
  }

  void claims() {
    double last = study.epsilons().get(study.epsilons().size() - 1);
    boolean bayesian = predictors.get("hmc").standing().isBayesian();
    lab.report("claims about Bayesian networks are decided", bayesian ? 1 : 0);
    for (String name : bayesian ? List.of("ensemble", "hmc") : List.of("ensemble")) {
      String p = name + ", ";
      lab.claim(
          name + "-is-fooled",
          "an attack on the mean prediction of "
              + name
              + " within "
              + last
              + " leaves less than half of the clean accuracy",
          overHalf(values.get(p + "attacked accuracy at " + last), values.get(p + "accuracy")),
          Lab.Relation.AT_MOST,
          0);
      lab.claim(
          name + "-fresh-draws-do-not-help",
          "on draws of " + name + " that the attack has not seen it leaves less than half too",
          overHalf(values.get(p + "fresh accuracy at " + last), values.get(p + "accuracy")),
          Lab.Relation.AT_MOST,
          0);
      lab.claim(
          name + "-score-is-fooled",
          "the worst points found within "
              + study.radius()
              + " raise the area under "
              + name
              + "'s curve of selective risk",
          difference(values.get(p + "worst risk area"), values.get(p + "clean risk area")),
          Lab.Relation.AT_LEAST,
          0.2);
    }
  }

  /** Returns the accuracy under attack less half of the clean one. */
  private static double[] overHalf(double[] attacked, double[] clean) {
    double[] out = new double[clean.length];
    for (int i = 0; i < clean.length; i++) {
      out[i] = attacked[i] - clean[i] / 2;
    }
    return out;
  }

  private static double[] difference(double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] - b[i];
    }
    return out;
  }
}
