// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.attack.FixedAttack;
import org.rigor.attack.Pgd;
import org.rigor.calibration.CalibrationError;
import org.rigor.calibration.Confidences;
import org.rigor.calibration.ProperScores;
import org.rigor.calibration.Reliability;
import org.rigor.calibration.Temperature;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.CalibrationSpecs.Calibration;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Threat;
import org.rigor.train.AttackedOutputs;

/** Calibration of each network on clean, noisy and attacked test samples. */
final class ReliabilityMeasurement implements Measurement {
  private static final int SITE = 0x43414C49;
  private static final int BATCH = 256;
  private static final double ALPHA = 0.05;

  private final Calibration spec;

  ReliabilityMeasurement(Calibration spec) {
    this.spec = spec;
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision()).toDouble();
    int[] labels = c.data().labels(part);
    List<String> conditions = spec.conditions();
    int at = 0;
    measure(c, conditions.get(at++), logits(c, x, labels, Optional.empty()), labels);
    for (double noise : spec.noises()) {
      HostTensor noisy = noisy(x, part, noise, c.data().box());
      measure(c, conditions.get(at++), logits(c, noisy, labels, Optional.empty()), labels);
    }
    Attack attacked =
        AttackNames.of(spec.attack(), spec.steps(), Pgd.REACH / spec.steps(), c.network().input());
    Threat threat = new Threat(spec.norm(), c.data().box());
    for (double epsilon : spec.attacks()) {
      FixedAttack attack = new FixedAttack(attacked, threat, epsilon);
      measure(c, conditions.get(at++), logits(c, x, labels, Optional.of(attack)), labels);
    }
  }

  /** Returns the logits of each model in double, [N * K]. */
  private static double[][] logits(
      Context c, HostTensor x, int[] labels, Optional<FixedAttack> attack) {
    return AttackedOutputs.of(
            c.models(),
            c.keys(),
            x,
            HostTensor.of(Shape.of(labels.length), labels),
            Math.min(BATCH, labels.length),
            attack)
        .logits();
  }

  /** Adds noise that depends only on the sample, so all networks see the same noisy samples. */
  private static HostTensor noisy(HostTensor x, int[] part, double deviation, Box box) {
    double[] out = x.doubles().clone();
    int width = out.length / part.length;
    for (int n = 0; n < part.length; n++) {
      Draws d = new Draws(0, SITE, part[n]);
      for (int k = 0; k < width; k++) {
        double moved = out[n * width + k] + deviation * d.normal();
        out[n * width + k] = Math.max(box.lower(), Math.min(box.upper(), moved));
      }
    }
    return HostTensor.of(x.shape(), out);
  }

  private void measure(Context c, String where, double[][] found, int[] labels) {
    int classes = c.network().outputs();
    for (int m = 0; m < c.trials().size(); m++) {
      double[] logits = found[m];
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      if (!finite(logits)) {
        out.put(
            Calibration.in("undefined-calibration", where),
            new Scalar(1, Kind.EXACT, "logits are no numbers"));
        continue;
      }
      long seed = c.trials().get(m).spec().seed();
      one(out, where, logits, classes, labels, seed);
    }
  }

  private void one(
      Map<String, Scalar> out,
      String where,
      double[] logits,
      int classes,
      int[] labels,
      long seed) {
    var p = org.rigor.calibration.Predictions.softmax(logits, classes, labels, 1);
    Confidences c = p.confidences();
    CalibrationError ece = CalibrationError.equalWidth(c, spec.bins(), spec.rounds(), ALPHA, seed);
    CalibrationError mass = CalibrationError.equalMass(c, spec.bins(), spec.rounds(), ALPHA, seed);
    put(out, "ece", where, ece.value());
    put(out, "ece-low", where, ece.low());
    put(out, "ece-high", where, ece.high());
    put(out, "ece-bias", where, ece.bias());
    put(out, "ece-null", where, ece.nullHigh());
    put(out, "adaptive-ece", where, mass.value());
    put(out, "adaptive-ece-bias", where, mass.bias());
    put(out, "nll", where, ProperScores.negativeLogLikelihood(logits, classes, labels, 1));
    put(out, "brier", where, ProperScores.brier(p));
    double sum = 0;
    for (double confidence : c.confidence()) {
      sum += confidence;
    }
    put(out, "mean-confidence", where, sum / labels.length);
    for (Reliability.Bin bin : Reliability.equalWidth(c, Calibration.DIAGRAM).bins()) {
      double middle = (Math.rint(bin.low() * Calibration.DIAGRAM) + 0.5) / Calibration.DIAGRAM;
      put(out, Quantities.at(Calibration.diagram(where), middle), "", bin.accuracy());
    }
    if (labels.length > 1) {
      scaled(out, where, logits, classes, labels);
    }
  }

  /** Fits the temperature on samples 0, 2, 4, ... and evaluates it on the others. */
  private void scaled(
      Map<String, Scalar> out, String where, double[] logits, int classes, int[] labels) {
    Temperature t = Temperature.fit(half(logits, classes, 0), classes, half(labels, 0));
    put(out, "no-temperature", where, t.attained() ? 0 : 1);
    if (!t.attained()) {
      return; // no finite optimum, for example when all samples are classified correctly
    }
    double[] rest = half(logits, classes, 1);
    int[] restLabels = half(labels, 1);
    var p = org.rigor.calibration.Predictions.softmax(rest, classes, restLabels, t.value());
    put(out, "temperature", where, t.value());
    put(
        out,
        "nll-scaled",
        where,
        ProperScores.negativeLogLikelihood(rest, classes, restLabels, t.value()));
    put(out, "ece-scaled", where, Reliability.equalWidth(p.confidences(), spec.bins()).error());
  }

  private static void put(Map<String, Scalar> out, String name, String where, double value) {
    out.put(
        Calibration.in(name, where), new Scalar(value, Kind.ESTIMATE, "test samples, logits-f64"));
  }

  private static boolean finite(double[] logits) {
    for (double z : logits) {
      if (!Double.isFinite(z)) {
        return false;
      }
    }
    return true;
  }

  private static double[] half(double[] rows, int classes, int from) {
    List<Double> out = new ArrayList<>();
    for (int n = from; n < rows.length / classes; n += 2) {
      for (int k = 0; k < classes; k++) {
        out.add(rows[n * classes + k]);
      }
    }
    return out.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static int[] half(int[] labels, int from) {
    int[] out = new int[(labels.length - from + 1) / 2];
    for (int i = 0; i < out.length; i++) {
      out[i] = labels[from + 2 * i];
    }
    return out;
  }
}
