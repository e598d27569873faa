// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.Map;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.SmoothingSpecs.SmoothingCurve;
import org.rigor.run.trial.Scalar;
import org.rigor.run.yaml.Numbers;
import org.rigor.smoothing.SmoothedSample;
import org.rigor.smoothing.Smoothing;
import org.rigor.smoothing.Stages;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Certified accuracy of smoothed classifiers, all networks and deviations together. */
final class SmoothingMeasurement implements Measurement {
  private static final int COLUMNS = 7;

  private final SmoothingCurve spec;

  SmoothingMeasurement(SmoothingCurve spec) {
    this.spec = spec;
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    HostTensor y = StudyData.labels(c.data(), part);
    Stages stages = Stages.sequential(spec.draws(), spec.alpha());
    SmoothedSample[][][] found =
        new Smoothing(c.models(), c.keys(), stages, spec.sigmas()).run(x, y, part, spec.epsilons());
    String how =
        "randomised smoothing, each sample with probability %s, of the smoothed classifier"
            .formatted(Numbers.show(1 - spec.alpha()));
    for (int m = 0; m < found.length; m++) {
      for (int s = 0; s < spec.sigmas().size(); s++) {
        put(c.gathered().get(m).scalars, spec.sigmas().get(s), found[m][s], how);
      }
      TrialArrays.write(c, m, "smoothing", array(found[m]));
    }
  }

  private void put(Map<String, Scalar> out, double sigma, SmoothedSample[] all, String how) {
    double n = all.length;
    for (int e = 0; e < spec.epsilons().size(); e++) {
      int at = e;
      long certified = Arrays.stream(all).filter(r -> r.certified() > at).count();
      out.put(
          SmoothingCurve.accuracy(sigma, spec.epsilons().get(e)),
          new Scalar(certified / n, Kind.ESTIMATE, how));
    }
    long none = Arrays.stream(all).filter(r -> !r.predicts()).count();
    out.put(SmoothingCurve.abstains(sigma), new Scalar(none / n, Kind.ESTIMATE, how));
    long draws = Arrays.stream(all).mapToLong(SmoothedSample::draws).sum();
    out.put(SmoothingCurve.draws(sigma), new Scalar(draws / n, Kind.EXACT, "until decided"));
  }

  /** Returns what is known of each sample at each sigma, [S, N, 7]. */
  private static HostTensor array(SmoothedSample[][] all) {
    int samples = all[0].length;
    double[] out = new double[all.length * samples * COLUMNS];
    int at = 0;
    for (SmoothedSample[] own : all) {
      for (SmoothedSample r : own) {
        for (double v :
            new double[] {
              r.predicts() ? r.top() : -1,
              r.misses(),
              r.draws(),
              r.pLower(),
              r.pUpper(),
              r.radiusLower(),
              r.radiusUpper()
            }) {
          out[at++] = v;
        }
      }
    }
    return HostTensor.of(Shape.of(all.length, samples, COLUMNS), out);
  }
}
