// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.List;
import org.rigor.diff.Kind;
import org.rigor.run.study.VerdictSpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.verify.VerdictCurve;

/**
 * Distance of samples to a wrong answer from both sides, by verdicts over a grid of radii. A sample
 * that is misclassified has the distance 0.
 */
final class RadiusMeasurement implements Measurement {
  private final VerdictSpecs.Distance spec;
  private final VerdictMeasurement verdicts;

  RadiusMeasurement(VerdictSpecs.Distance spec) {
    this.spec = spec;
    this.verdicts = new VerdictMeasurement(spec.curve());
  }

  @Override
  public void require(Untrained u) {
    verdicts.require(u);
  }

  @Override
  public String phase(String type) {
    return "verify";
  }

  @Override
  public int effort() {
    return 40;
  }

  @Override
  public void run(Context c) {
    VerdictMeasurement.Verdicts decided = verdicts.decide(c);
    VerdictCurve r = decided.curve();
    List<Double> radii = spec.curve().epsilons();
    int samples = decided.part().length;
    for (int m = 0; m < c.trials().size(); m++) {
      double[][] sides = new double[VerdictSpecs.Distance.SIDES.size()][samples];
      for (int n = 0; n < samples; n++) {
        int verified = r.verified()[m][n];
        sides[0][n] = verified == 0 ? 0 : radii.get(verified - 1);
        sides[1][n] = found(r.distance()[m][n]);
        sides[2][n] = found(decided.attacked().distance()[m][n]);
      }
      write(c, m, sides);
      List<Kind> kinds =
          List.of(r.verifiedKind(), r.violatedKind().get(m), r.violatedKind().get(m));
      for (int s = 0; s < sides.length; s++) {
        put(c.gathered().get(m), VerdictSpecs.Distance.SIDES.get(s), sides[s], kinds.get(s));
      }
      double width = spec.farthest() / spec.steps();
      c.gathered()
          .get(m)
          .scalars
          .put(VerdictSpecs.Distance.RESOLUTION, new Scalar(width, Kind.EXACT, "grid of radii"));
    }
  }

  /**
   * Returns an upper side of the distance of a point, which may be rounded to nearest; infinite if
   * none was found.
   */
  private static double found(double distance) {
    if (Double.isNaN(distance)) {
      return Double.POSITIVE_INFINITY;
    }
    return distance > 0 ? Math.nextUp(distance) : distance;
  }

  private static void write(Context c, int model, double[]... sides) {
    int samples = sides[0].length;
    double[] all = new double[samples * sides.length];
    for (int n = 0; n < samples; n++) {
      for (int s = 0; s < sides.length; s++) {
        all[n * sides.length + s] = sides[s][n];
      }
    }
    TrialArrays.write(c, model, "distance", HostTensor.of(Shape.of(samples, sides.length), all));
  }

  /** Puts the median and the histogram of a side. */
  private void put(Gathered g, String side, double[] values, Kind kind) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    double median = n % 2 == 1 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
    g.scalars.put(side, new Scalar(median, kind, spec.method()));
    List<Double> ends = spec.bins();
    int[] count = new int[ends.size()];
    for (double v : values) {
      int bin = 0;
      while (bin < count.length - 1 && v > ends.get(bin)) {
        bin++;
      }
      count[bin]++;
    }
    for (int b = 0; b < count.length; b++) {
      String name = VerdictSpecs.Distance.bin(side, ends.get(b));
      g.scalars.put(name, new Scalar((double) count[b] / n, kind, spec.method()));
    }
  }
}
