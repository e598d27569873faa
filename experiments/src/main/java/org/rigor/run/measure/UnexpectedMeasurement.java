// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import org.rigor.calibration.Auroc;
import org.rigor.corruptions.UnexpectedInput;
import org.rigor.data.DataSet;
import org.rigor.diff.Kind;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.CalibrationSpecs;
import org.rigor.run.study.DataSpec;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;

/** How well confidence separates test samples from inputs outside the classifier's task. */
public final class UnexpectedMeasurement implements Measurement {
  private final CalibrationSpecs.UnexpectedInputs spec;

  UnexpectedMeasurement(CalibrationSpecs.UnexpectedInputs spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    ImagePrograms.require(u.network().input(), u.box());
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    Scores[] expected = scores(c, x, part.length);
    for (CalibrationSpecs.Unexpected kind : spec.kinds()) {
      UnexpectedInput input = UnexpectedInput.valueOf(kind.name());
      HostTensor other = ImagePrograms.unexpected(c.device(), input, x, part);
      report(c, kind.label(), "made of test samples", expected, other);
    }
    for (DataSpec named : spec.others()) {
      DataSet set = c.others().apply(named);
      int[] theirs = set.split().test();
      int[] first = Arrays.copyOf(theirs, Math.min(theirs.length, part.length));
      String label = CalibrationSpecs.UnexpectedInputs.label(named);
      String from = "data " + set.sha256().substring(0, 12);
      report(c, label, from, expected, StudyData.inputs(set, first, c.precision()));
    }
  }

  /**
   * Checks before training that other data sets exist and fit the networks.
   *
   * @throws RunException with exit code 2 if samples have another shape or box
   */
  public static void requireOthers(
      CalibrationSpecs.UnexpectedInputs spec, DataSet own, Function<DataSpec, DataSet> load) {
    for (DataSpec other : spec.others()) {
      DataSet set = load.apply(other);
      if (!set.sampleShape().equals(own.sampleShape()) || !set.box().equals(own.box())) {
        throw new RunException(
            ExitCode.USAGE,
            "measurements: unexpected-inputs needs samples %s in %s as those of %s, %s has %s in %s"
                .formatted(
                    own.sampleShape(),
                    own.box(),
                    own.name(),
                    set.name(),
                    set.sampleShape(),
                    set.box()));
      }
    }
  }

  private static void report(
      Context c, String label, String from, Scores[] expected, HostTensor other) {
    Scores[] found = scores(c, other, other.shape().dim(0));
    for (int m = 0; m < found.length; m++) {
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      put(out, "max-prob-auroc/" + label, from, expected[m].sure, found[m].sure);
      put(out, "entropy-auroc/" + label, from, expected[m].certain, found[m].certain);
      double sum = 0;
      for (double p : found[m].sure) {
        sum += p;
      }
      out.put(
          "mean-confidence/" + label,
          new Scalar(sum / found[m].sure.length, Kind.ESTIMATE, "softmax in double, " + from));
    }
  }

  private static void put(
      Map<String, Scalar> out, String name, String from, double[] expected, double[] unexpected) {
    Auroc a = Auroc.of(expected, unexpected);
    String interval =
        "95 %% over inputs [%.4f, %.4f] (DeLong), %s".formatted(a.low(), a.high(), from);
    out.put(name, new Scalar(a.value(), Kind.ESTIMATE, interval));
  }

  /** Two confidence scores, larger where a network is more confident. */
  private record Scores(double[] sure, double[] certain) {}

  private static Scores[] scores(Context c, HostTensor x, int n) {
    Predictions found = Predictions.of(c.models(), x);
    int[] anyLabel = new int[n];
    Scores[] out = new Scores[c.trials().size()];
    for (int m = 0; m < out.length; m++) {
      var p =
          org.rigor.calibration.Predictions.softmax(
              found.logits(m), c.network().outputs(), anyLabel, 1);
      double[] entropy = p.entropies();
      for (int i = 0; i < n; i++) {
        entropy[i] = -entropy[i];
      }
      out[m] = new Scores(p.confidences().confidence(), entropy);
    }
    return out;
  }
}
