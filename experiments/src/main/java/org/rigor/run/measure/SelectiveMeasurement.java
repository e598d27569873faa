// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.attack.Attack;
import org.rigor.attack.Pgd;
import org.rigor.calibration.SelectiveRisk;
import org.rigor.corruptions.Corruption;
import org.rigor.corruptions.Corruptions;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.CalibrationSpecs;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Threat;
import org.rigor.uncertainty.Objective;
import org.rigor.uncertainty.Predictor;
import org.rigor.uncertainty.PredictorAttack;
import org.rigor.uncertainty.Score;
import org.rigor.uncertainty.Standing;
import org.rigor.workspace.Models;

/**
 * What a network's confidence is worth to who hands unsure samples over: risk and coverage, and an
 * alert threshold fitted on every second clean sample and tried on the others.
 */
final class SelectiveMeasurement implements Measurement {
  private final CalibrationSpecs.SelectiveRisk spec;

  SelectiveMeasurement(CalibrationSpecs.SelectiveRisk spec) {
    this.spec = spec;
  }

  /** Uncertainty of each sample, 1 minus the largest probability, and whether it is wrong. */
  private record Answers(double[] unsure, boolean[] wrong) {
    static Answers of(double[] logits, int classes, int[] labels) {
      double[] unsure = new double[labels.length];
      boolean[] wrong = new boolean[labels.length];
      for (int n = 0; n < labels.length; n++) {
        int best = 0;
        boolean defined = true;
        for (int k = 0; k < classes; k++) {
          double z = logits[n * classes + k];
          defined &= !Double.isNaN(z);
          best = z > logits[n * classes + best] ? k : best;
        }
        double others = 0; // over the largest: keeps its digits where that is near 1
        for (int k = 0; k < classes; k++) {
          double d = logits[n * classes + k] - logits[n * classes + best];
          others += k == best ? 0 : Math.exp(d);
        }
        unsure[n] = defined ? others / (1 + others) : 1;
        wrong[n] = !defined || best != labels[n];
      }
      return new Answers(unsure, wrong);
    }

    SelectiveRisk curve(int from, int by) {
      int count = (unsure.length - from + by - 1) / by;
      double[] sure = new double[count];
      double[] loss = new double[count];
      for (int i = 0; i < count; i++) {
        sure[i] = -unsure[from + i * by];
        loss[i] = wrong[from + i * by] ? 1 : 0;
      }
      return SelectiveRisk.of(sure, loss);
    }

    /** Returns the largest uncertainty answered with at most this error; negative if none is. */
    double threshold(double error) {
      SelectiveRisk half = curve(0, 2);
      double coverage = 0;
      for (int i = 0; i < half.coverage().length; i++) {
        coverage = half.risk()[i] <= error ? half.coverage()[i] : coverage;
      }
      int count = (unsure.length + 1) / 2;
      double[] sorted = new double[count];
      Arrays.setAll(sorted, i -> unsure[2 * i]);
      Arrays.sort(sorted);
      int answered = (int) Math.round(coverage * count);
      return answered == 0 ? -1 : sorted[answered - 1];
    }
  }

  @Override
  public void require(Untrained u) {
    if (spec.severity() > 0) {
      ImagePrograms.require(u.network().input(), u.box());
    }
  }

  @Override
  public int effort() {
    return 6;
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    int[] labels = c.data().labels(part);
    Map<String, double[][]> logits = new LinkedHashMap<>();
    Predictions clean = Predictions.of(c.models(), x);
    logits.put("clean", logits(c, clean));
    if (spec.severity() > 0) {
      logits.put("corrupted", logits(c, Predictions.of(c.models(), corrupted(c, x, part))));
    }
    if (spec.epsilon() > 0) {
      for (CalibrationSpecs.Goal goal : CalibrationSpecs.Goal.values()) {
        logits.put(goal.label(), attacked(c, goal, clean, x, labels));
      }
    }
    for (int m = 0; m < c.trials().size(); m++) {
      Map<String, Answers> answers = new LinkedHashMap<>();
      int model = m;
      logits.forEach(
          (where, all) ->
              answers.put(where, Answers.of(all[model], c.network().outputs(), labels)));
      report(c.gathered().get(m).scalars, answers);
    }
  }

  private static double[][] logits(Context c, Predictions p) {
    double[][] all = new double[c.trials().size()][];
    Arrays.setAll(all, p::logits);
    return all;
  }

  /** Corrupts sample n by the kind n modulo their number. */
  private HostTensor corrupted(Context c, HostTensor x, int[] part) {
    HostTensor out = HostTensor.zeros(x.type());
    int width = Math.toIntExact(x.shape().size() / part.length);
    List<Corruption> all = Corruptions.ALL;
    for (int k = 0; k < Math.min(all.size(), part.length); k++) {
      int count = (part.length - k + all.size() - 1) / all.size();
      int[] ids = new int[count];
      HostTensor some = HostTensor.zeros(new TensorType(x.dtype(), x.shape().with(0, count)));
      for (int i = 0; i < count; i++) {
        ids[i] = part[k + i * all.size()];
        x.copy((k + i * all.size()) * width, width, some, i * width);
      }
      HostTensor bad = ImagePrograms.corrupted(c.device(), all.get(k), spec.severity(), some, ids);
      for (int i = 0; i < count; i++) {
        bad.copy(i * width, width, out, (k + i * all.size()) * width);
      }
    }
    return out;
  }

  private double[][] attacked(
      Context c, CalibrationSpecs.Goal goal, Predictions clean, HostTensor x, int[] labels) {
    int models = c.trials().size();
    Predictor each =
        Predictor.ofRows(
            "network", Standing.POINT, "as it is", c.network(), rows(c.models()), models);
    Attack attack =
        AttackNames.of(spec.attack(), spec.steps(), Pgd.REACH / spec.steps(), c.network().input());
    PredictorAttack along =
        new PredictorAttack(
            attack,
            new Threat(spec.norm(), c.data().box()),
            spec.epsilon(),
            1,
            Objective.valueOf(goal.name()),
            Score.MAX_PROBABILITY);
    double[] points =
        along.run(c.device(), each, c.keys(), x.toDouble(), labels).points().doubles();
    Predictions found = Predictions.ofPoints(c.models(), points, labels.length);
    double[][] all = logits(c, found);
    if (goal == CalibrationSpecs.Goal.ERROR_MADE_CONFIDENT) {
      int classes = c.network().outputs();
      for (int m = 0; m < models; m++) {
        for (int n = 0; n < labels.length; n++) {
          if (clean.predicted(m, n) == labels[n]) {
            System.arraycopy(clean.logits(m, n), 0, all[m], n * classes, classes);
          }
        }
      }
    }
    return all;
  }

  /** Returns parameters with a row for each model. */
  private static Map<String, HostTensor> rows(Models models) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    models
        .host()
        .forEach(
            (name, v) -> {
              HostTensor all = v;
              if (v.shape().models() < models.count()) {
                int size = Math.toIntExact(v.shape().size());
                all =
                    HostTensor.zeros(new TensorType(v.dtype(), v.shape().with(0, models.count())));
                for (int m = 0; m < models.count(); m++) {
                  v.copy(0, size, all, m * size);
                }
              }
              out.put(name, all);
            });
    return out;
  }

  private void report(Map<String, Scalar> out, Map<String, Answers> answers) {
    double threshold = answers.get("clean").threshold(spec.wished());
    if (threshold >= 0) {
      put(out, CalibrationSpecs.SelectiveRisk.THRESHOLD, 1 - threshold);
    } else {
      out.put(
          CalibrationSpecs.SelectiveRisk.THRESHOLD,
          Scalar.undecided(Kind.ESTIMATE, "no share of the samples has so small an error"));
    }
    answers.forEach(
        (where, a) -> {
          SelectiveRisk curve = a.curve(0, 1);
          put(out, "selective-area/" + where, curve.area());
          for (double share : CalibrationSpecs.SelectiveRisk.COVERAGES) {
            put(out, Quantities.at("selective-risk/" + where, share), curve.at(share));
          }
          int others = 0;
          int answered = 0;
          int wrong = 0;
          for (int n = 1; n < a.unsure().length; n += 2) {
            others++;
            if (a.unsure()[n] <= threshold) {
              answered++;
              wrong += a.wrong()[n] ? 1 : 0;
            }
          }
          if (others > 0) {
            put(out, "handed-over/" + where, 1 - (double) answered / others);
          }
          if (answered > 0) {
            put(out, "answered-error/" + where, (double) wrong / answered);
          }
        });
  }

  private static void put(Map<String, Scalar> out, String name, double value) {
    out.put(name, new Scalar(value, Kind.ESTIMATE, "largest probability, logits-f64"));
  }
}
