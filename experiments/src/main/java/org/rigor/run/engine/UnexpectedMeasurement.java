// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.Map;
import org.rigor.calibration.Auroc;
import org.rigor.corruptions.UnexpectedInput;
import org.rigor.run.study.CalibrationSpecs;
import org.rigor.run.trial.Kind;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;

/** How well confidence tells test samples from inputs no classifier was made for. */
final class UnexpectedMeasurement {
  private final CalibrationSpecs.UnexpectedInputs spec;

  UnexpectedMeasurement(CalibrationSpecs.UnexpectedInputs spec) {
    this.spec = spec;
  }

  void run(PackMeasurement.Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    Scores[] expected = scores(c, x, part.length);
    for (CalibrationSpecs.Unexpected kind : spec.kinds()) {
      UnexpectedInput input = UnexpectedInput.valueOf(kind.name());
      HostTensor other = ImagePrograms.unexpected(c.device(), input, x, part);
      Scores[] found = scores(c, other, part.length);
      for (int m = 0; m < found.length; m++) {
        Map<String, Scalar> out = c.gathered().get(m).scalars;
        put(out, "max-prob-auroc/", kind, expected[m].sure, found[m].sure);
        put(out, "entropy-auroc/", kind, expected[m].certain, found[m].certain);
        double sum = 0;
        for (double p : found[m].sure) {
          sum += p;
        }
        out.put(
            "mean-confidence/" + kind.label(),
            new Scalar(sum / part.length, Kind.ESTIMATE, "softmax in double"));
      }
    }
  }

  private static void put(
      Map<String, Scalar> out,
      String name,
      CalibrationSpecs.Unexpected kind,
      double[] expected,
      double[] unexpected) {
    Auroc a = Auroc.of(expected, unexpected);
    String interval = "95 %% over inputs [%.4f, %.4f] (DeLong)".formatted(a.low(), a.high());
    out.put(name + kind.label(), new Scalar(a.value(), Kind.ESTIMATE, interval));
  }

  /** Larger where a network is surer. */
  private record Scores(double[] sure, double[] certain) {}

  private static Scores[] scores(PackMeasurement.Context c, HostTensor x, int n) {
    Predictions found = Predictions.of(c.device(), c.network(), c.params(), x);
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
