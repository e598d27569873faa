// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.curvature.HiddenMeter;
import org.rigor.diff.Kind;
import org.rigor.linalg.SymmetricEigen;
import org.rigor.nn.Loss;
import org.rigor.nn.TrialKey;
import org.rigor.run.study.SparsitySpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/**
 * Squared singular values of the weights K in front of hidden units and of K - K0, compared with
 * the Marchenko-Pastur interval for random weights of the same mean square. Eigenvalues in double
 * are the host's work: the weights come from the host copy that measurements share.
 */
final class SpectrumMeasurement implements Measurement {
  private final SparsitySpecs.Spectrum spec;

  SpectrumMeasurement(SparsitySpecs.Spectrum spec) {
    this.spec = spec;
  }

  /**
   * The nonzero squared singular values of a matrix, ascending; all statistics are 1 if there is
   * none.
   */
  private record Values(double[] squares, double low, double high) {
    /**
     * @param k [rows, cols]
     */
    static Values of(double[] k, int rows, int cols) {
      int small = Math.min(rows, cols);
      int large = Math.max(rows, cols);
      double[] gram = new double[small * small];
      double sum = 0;
      for (int i = 0; i < small; i++) {
        for (int j = 0; j <= i; j++) {
          double dot = 0;
          for (int l = 0; l < large; l++) {
            dot +=
                rows <= cols
                    ? k[i * cols + l] * k[j * cols + l]
                    : k[l * cols + i] * k[l * cols + j];
          }
          gram[i * small + j] = dot;
          gram[j * small + i] = dot;
          sum += i == j ? dot : 0;
        }
      }
      double[] all = SymmetricEigen.of(gram, small).values();
      double zero = 1e-12 * all[small - 1];
      double[] squares = java.util.Arrays.stream(all).filter(v -> v > zero).toArray();
      double variance = sum / ((double) rows * cols);
      double c = Math.sqrt((double) small / large);
      return new Values(
          squares, large * variance * (1 - c) * (1 - c), large * variance * (1 + c) * (1 + c));
    }

    double ratio() {
      return squares.length == 0 ? 1 : squares[squares.length - 1] / squares[0];
    }

    double quartiles() {
      int n = squares.length;
      return n == 0 ? 1 : squares[Math.min(n - 1, 3 * n / 4)] / squares[n / 4];
    }

    /** Returns the share in the interval, widened by 5 % on both sides for fluctuations. */
    double inside() {
      int count = 0;
      for (double v : squares) {
        count += v >= 0.95 * low && v <= 1.05 * high ? 1 : 0;
      }
      return squares.length == 0 ? 1 : (double) count / squares.length;
    }

    double length() {
      return Math.sqrt(java.util.Arrays.stream(squares).sum());
    }
  }

  @Override
  public void require(Untrained u) {
    SparsityMeasurement.requireHidden(u, spec.layers());
  }

  @Override
  public void run(Context c) {
    List<String> keys;
    try (HiddenMeter meter = new HiddenMeter(c.device(), c.network(), Loss::crossEntropy, 1, 1)) {
      keys = meter.keys();
    }
    List<TrialKey> seeds =
        c.trials().stream().map(t -> TrialKey.of(t.spec().seed(), "train")).toList();
    Map<String, HostTensor> start = c.network().initial(seeds);
    Map<String, HostTensor> end = c.models().host();
    for (int m = 0; m < c.trials().size(); m++) {
      Map<String, Double> mean = new LinkedHashMap<>();
      for (int l = 0; l < keys.size(); l++) {
        int layer = l + 1;
        double scale = c.trials().get(m).spec().model().initScale().orElse(1.0);
        of(end.get(keys.get(l)), start.get(keys.get(l)), m, scale)
            .forEach(
                (name, v) -> {
                  mean.merge(name, v / keys.size(), Double::sum);
                  if (layer <= spec.layers()) {
                    mean.put(SparsitySpecs.layer(name, layer), v);
                  }
                });
      }
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      mean.forEach((name, v) -> out.put(name, new Scalar(v, Kind.BOUND, "eigenvalues in double")));
    }
  }

  /**
   * @param scale factor on the initial weights, see {@link
   *     org.rigor.train.TrainingSetup#INITIAL_SCALE}
   */
  private static Map<String, Double> of(HostTensor now, HostTensor start, int model, double scale) {
    int rows = now.shape().dim(1);
    int cols = now.shape().dim(2);
    double[] k = row(now, model);
    double[] k0 = row(start, model);
    for (int i = 0; i < k0.length; i++) { // rounded as at the start of training
      k0[i] = now.dtype() == DType.F32 ? (float) (scale * k0[i]) : scale * k0[i];
    }
    double[] added = new double[k.length];
    boolean moved = false;
    for (int i = 0; i < k.length; i++) {
      added[i] = k[i] - k0[i];
      moved |= added[i] != 0;
    }
    Values of = Values.of(k, rows, cols);
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("spectral-ratio", of.ratio());
    out.put("spectral-quartiles", of.quartiles());
    out.put("spectral-inside", of.inside());
    Values update = moved ? Values.of(added, rows, cols) : null;
    out.put("update-quartiles", moved ? update.quartiles() : 1);
    out.put("update-inside", moved ? update.inside() : 1);
    out.put("update-size", moved ? update.length() / Values.of(k0, rows, cols).length() : 0);
    return out;
  }

  private static double[] row(HostTensor t, int model) {
    int n = Math.toIntExact(t.shape().size() / t.shape().models());
    double[] out = new double[n];
    t.copy(model * n, n, out, 0);
    return out;
  }
}
