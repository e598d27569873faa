// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.attack.FixedAttack;
import org.rigor.calibration.CalibrationError;
import org.rigor.calibration.Confidences;
import org.rigor.calibration.ProperScores;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.RobustnessSpecs.AttackedCalibration;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialSpec;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Threat;
import org.rigor.train.AttackedOutputs;

/** Calibration on clean samples and on samples under an attack that takes all its steps. */
final class CalibrationMeasurement implements Measurement {
  private static final int BATCH = 256;
  private static final int ROUNDS = 100;
  private static final int FIXED_POINT_ROUNDS = 20_000;
  private static final double ALPHA = 0.05;

  private final AttackedCalibration spec;

  CalibrationMeasurement(AttackedCalibration spec) {
    this.spec = spec;
  }

  @Override
  public void run(Context c) {
    score(c, "", Optional.empty());
    Attack attack =
        AttackNames.of(spec.attack(), spec.steps(), spec.relativeStep(), c.network().input());
    Threat threat = new Threat(spec.norm(), c.data().box());
    score(c, "attacked-", Optional.of(new FixedAttack(attack, threat, spec.epsilon())));
    for (int m = 0; m < c.trials().size(); m++) {
      TrialSpec trial = c.trials().get(m).spec();
      double theory = target(trial, c.network().outputs());
      Scalar target =
          trial.method() instanceof MethodSpec.Adr
              ? new Scalar(theory, Kind.BOUND, "fixed point of the training targets, iterated")
              : new Scalar(theory, Kind.EXACT, "closed form of the training targets");
      c.gathered().get(m).scalars.put("target-confidence", target);
    }
  }

  private void score(Context c, String where, Optional<FixedAttack> attack) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    int[] labels = c.data().labels(part);
    AttackedOutputs found =
        AttackedOutputs.of(
            c.models(), c.keys(), x, StudyData.labels(c.data(), part), BATCH, attack);
    double[][] logits = found.logits();
    // Means over samples estimate those over the population.
    Kind kind = found.kind().weaker(Kind.ESTIMATE);
    for (int m = 0; m < logits.length; m++) {
      org.rigor.calibration.Predictions p =
          org.rigor.calibration.Predictions.softmax(logits[m], c.network().outputs(), labels, 1);
      double[] confidence = new double[p.size()];
      boolean[] correct = new boolean[p.size()];
      for (int n = 0; n < p.size(); n++) {
        confidence[n] = p.confidence(n);
        correct[n] = p.predicted(n) == labels[n];
      }
      Confidences own = new Confidences(confidence, correct);
      long seed = c.trials().get(m).spec().seed();
      CalibrationError e = CalibrationError.equalWidth(own, spec.bins(), ROUNDS, ALPHA, seed);
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      put(out, kind, where + "confidence", Arrays.stream(confidence).average().orElseThrow());
      put(out, kind, where + "accuracy-once", own.accuracy());
      put(out, kind, where + "ece", e.value());
      put(out, kind, where + "ece-bias", e.bias());
      put(out, kind, where + "nll", ProperScores.negativeLogLikelihood(p));
      put(out, kind, where + "brier", ProperScores.brier(p));
    }
  }

  /**
   * Returns the probability of the label in the targets that a network fits on separable data: 1,
   * or 1 - s (k - 1) / k with label smoothing s. For ADR at the end of its annealing it is that of
   * the fixed point q = lambda softmax(log q / tau) + (1 - lambda) e_y, whose other classes are
   * equal.
   */
  static double target(TrialSpec spec, int k) {
    if (!(spec.method() instanceof MethodSpec.Adr a)) {
      return 1 - spec.training().labelSmoothing() * (k - 1) / k;
    }
    double q = 1.0 / k;
    for (int i = 0; i < FIXED_POINT_ROUNDS; i++) {
      double right = StrictMath.pow(q, 1 / a.temperatureLow());
      double other = StrictMath.pow((1 - q) / (k - 1), 1 / a.temperatureLow());
      q = a.lambdaHigh() * right / (right + (k - 1) * other) + 1 - a.lambdaHigh();
    }
    return q;
  }

  private static void put(Map<String, Scalar> out, Kind kind, String name, double v) {
    out.put(name, new Scalar(v, kind, "softmax of the network's logits"));
  }
}
