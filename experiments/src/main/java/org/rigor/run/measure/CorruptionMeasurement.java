// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.List;
import java.util.Map;
import org.rigor.corruptions.Corruption;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.NoiseSpecs.CorruptionCurve;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;

/** Accuracy of each network on corrupted test images. */
final class CorruptionMeasurement implements Measurement {
  private final CorruptionCurve spec;

  CorruptionMeasurement(CorruptionCurve spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    ImagePrograms.require(u.network().input(), u.box());
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
    List<Corruption> all = spec.all();
    int models = c.trials().size();
    double[][] mean = new double[models][spec.severities().size()];
    int finished = 0;
    for (Corruption corruption : all) {
      c.done().accept((double) finished++ / all.size());
      for (int s = 0; s < spec.severities().size(); s++) {
        int severity = spec.severities().get(s);
        HostTensor bad = ImagePrograms.corrupted(c.device(), corruption, severity, x, part);
        Predictions found = Predictions.of(c.models(), bad);
        for (int m = 0; m < models; m++) {
          double share = found.accuracy(m, labels);
          put(c, m, CorruptionCurve.name(corruption, severity), share);
          mean[m][s] += share / all.size();
        }
      }
    }
    for (int m = 0; m < models; m++) {
      double sum = 0;
      for (int s = 0; s < mean[m].length; s++) {
        put(c, m, Quantities.at("corrupted-accuracy", spec.severities().get(s)), mean[m][s]);
        sum += mean[m][s] / mean[m].length;
      }
      put(c, m, "corrupted-accuracy", sum);
    }
  }

  private static void put(Context c, int m, String name, double share) {
    Map<String, Scalar> out = c.gathered().get(m).scalars;
    out.put(name, new Scalar(share, Kind.ESTIMATE, "argmax-f64, one corruption of each image"));
  }
}
