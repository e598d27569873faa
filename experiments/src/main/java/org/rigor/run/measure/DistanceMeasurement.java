// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.Map;
import org.rigor.attack.DeepFool;
import org.rigor.attack.LineSearch;
import org.rigor.diff.Kind;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.NoiseSpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;

/**
 * Euclidean distance from correctly classified samples to a misclassified point along random
 * directions and along the one that {@link DeepFool} finds; see {@link LineSearch}.
 */
final class DistanceMeasurement implements Measurement {
  private static final int SITE = 0x44495354;
  private static final int FOOL_STEPS = 40;
  private static final double OVERSHOOT = 0.02;
  private static final double MEDIAN_OF_NORMAL = 0.6744897501960817;

  private final NoiseSpecs.BoundaryDistance spec;

  DistanceMeasurement(NoiseSpecs.BoundaryDistance spec) {
    this.spec = spec;
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision()).toDouble();
    int n = part.length;
    int width = Math.toIntExact(x.shape().size() / n);
    int models = c.trials().size();
    boolean[][] right = new boolean[models][n];
    int[] labels = c.data().labels(part);
    Predictions clean = Predictions.of(c.models(), x);
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < n; i++) {
        right[m][i] = clean.predicted(m, i) == labels[i];
      }
    }
    LineSearch lines = new LineSearch(c.models(), x, labels);
    double[] fooled = lines.points(new DeepFool(FOOL_STEPS, OVERSHOOT));
    double[] direction = new double[fooled.length];
    double[] length = new double[models * n];
    for (int r = 0; r < length.length; r++) {
      double square = 0;
      for (int k = 0; k < width; k++) {
        direction[r * width + k] = fooled[r * width + k] - x.get(r % n * width + k);
        square += direction[r * width + k] * direction[r * width + k];
      }
      length[r] = Math.sqrt(square);
      for (int k = 0; k < width; k++) {
        direction[r * width + k] /= length[r] == 0 ? 1 : length[r];
      }
    }
    LineSearch.Crossings least = lines.crossings(direction, length, spec.farthest(), false);
    double[][] random = new double[spec.directions()][];
    for (int d = 0; d < random.length; d++) {
      double[] u = directions(models, part, width, d);
      random[d] = lines.crossings(u, least.at(), spec.farthest(), true).at();
    }
    for (int m = 0; m < models; m++) {
      report(c.gathered().get(m).scalars, right[m], least, random, m * n, width);
    }
  }

  private void report(
      Map<String, Scalar> out,
      boolean[] right,
      LineSearch.Crossings least,
      double[][] random,
      int from,
      int width) {
    double[] near = new double[right.length];
    double[] far = new double[right.length * random.length];
    double[] ratio = new double[far.length];
    int samples = 0;
    int pairs = 0;
    for (int i = 0; i < right.length; i++) {
      if (right[i]) {
        near[samples++] = least.at()[from + i];
        for (double[] r : random) {
          far[pairs] = r[from + i];
          ratio[pairs++] = r[from + i] / least.at()[from + i];
        }
      }
    }
    if (samples == 0) {
      return; // no sample is classified correctly, so the distances are undefined
    }
    String how = samples + " samples, bisection in double";
    double median = median(ratio, pairs);
    out.put("adversarial-distance", new Scalar(median(near, samples), least.kind(), how));
    out.put("random-distance", new Scalar(median(far, pairs), Kind.ESTIMATE, how));
    out.put("distance-ratio", new Scalar(median, Kind.ESTIMATE, how));
    out.put("log-distance-ratio", new Scalar(Math.log10(median), Kind.ESTIMATE, how));
    out.put(
        "linear-distance-ratio",
        new Scalar(Math.sqrt(width) / MEDIAN_OF_NORMAL, Kind.EXACT, "sqrt(d) / 0.6745"));
  }

  private static double median(double[] values, int count) {
    double[] v = Arrays.copyOf(values, count);
    for (int i = 0; i < count; i++) {
      v[i] = Double.isNaN(v[i]) ? Double.POSITIVE_INFINITY : v[i];
    }
    Arrays.sort(v);
    return count % 2 == 1 ? v[count / 2] : 0.5 * (v[count / 2 - 1] + v[count / 2]);
  }

  /** Returns directions that are the same for all models: [models, N, width]. */
  private static double[] directions(int models, int[] part, int width, int draw) {
    double[] out = new double[models * part.length * width];
    for (int i = 0; i < part.length; i++) {
      double[] u = RandomNoiseMeasurement.direction(Norm.L2, new Draws(draw, SITE, part[i]), width);
      for (int m = 0; m < models; m++) {
        System.arraycopy(u, 0, out, (m * part.length + i) * width, width);
      }
    }
    return out;
  }
}
