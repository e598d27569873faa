// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Map;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.NoiseSpecs;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;

/** Accuracy of each network under random noise of a given norm. */
final class RandomNoiseMeasurement implements Measurement {
  private static final int SITE = 0x4E4F4953;

  private final NoiseSpecs.RandomNoise spec;

  RandomNoiseMeasurement(NoiseSpecs.RandomNoise spec) {
    this.spec = spec;
  }

  @Override
  public int effort() {
    return 4;
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision()).toDouble();
    int[] labels = c.data().labels(part);
    int models = c.trials().size();
    int finished = 0;
    for (double radius : spec.radii()) {
      c.done().accept((double) finished++ / spec.radii().size());
      int[] right = new int[models];
      boolean[][] always = new boolean[models][part.length];
      for (boolean[] a : always) {
        java.util.Arrays.fill(a, true);
      }
      for (int draw = 0; draw < spec.draws(); draw++) {
        HostTensor moved = moved(x, part, draw, radius, c.data().box());
        Predictions found = Predictions.of(c.models(), moved);
        for (int m = 0; m < models; m++) {
          for (int n = 0; n < part.length; n++) {
            boolean hit = found.predicted(m, n) == labels[n];
            right[m] += hit ? 1 : 0;
            always[m][n] &= hit;
          }
        }
      }
      for (int m = 0; m < models; m++) {
        Map<String, Scalar> out = c.gathered().get(m).scalars;
        int kept = 0;
        for (boolean a : always[m]) {
          kept += a ? 1 : 0;
        }
        double all = (double) right[m] / part.length / spec.draws();
        String how = spec.draws() + " draws, argmax-f64";
        out.put(Quantities.at("noise-accuracy", radius), new Scalar(all, Kind.ESTIMATE, how));
        out.put(
            Quantities.at("worst-noise-accuracy", radius),
            new Scalar((double) kept / part.length, Kind.ESTIMATE, how));
      }
    }
  }

  /**
   * Moves samples along draws that depend only on sample and draw number, so all networks and radii
   * use the same directions.
   */
  private HostTensor moved(HostTensor x, int[] part, int draw, double radius, Box box) {
    double[] out = x.doubles().clone();
    int width = out.length / part.length;
    for (int n = 0; n < part.length; n++) {
      double[] u = direction(spec.norm(), new Draws(draw, SITE, part[n]), width);
      for (int k = 0; k < width; k++) {
        double v = out[n * width + k] + radius * u[k];
        out[n * width + k] = Math.max(box.lower(), Math.min(box.upper(), v));
      }
    }
    return HostTensor.of(x.shape(), out);
  }

  /** Returns a direction of norm 1: random signs, or uniform on the sphere. */
  static double[] direction(Norm norm, Draws d, int width) {
    double[] u = new double[width];
    double square = 0;
    for (int k = 0; k < width; k++) {
      u[k] = norm == Norm.LINF ? (d.uniform() < 0.5 ? -1 : 1) : d.normal();
      square += u[k] * u[k];
    }
    if (norm == Norm.L2) {
      double length = Math.sqrt(square);
      for (int k = 0; k < width; k++) {
        u[k] /= length;
      }
    }
    return u;
  }
}
