// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.Map;
import org.rigor.curvature.FisherTrace;
import org.rigor.curvature.HessianTrace;
import org.rigor.curvature.LanczosHessian;
import org.rigor.curvature.LossSurface;
import org.rigor.curvature.ParameterVector;
import org.rigor.curvature.SampleGradients;
import org.rigor.curvature.Sharpness;
import org.rigor.diff.Kind;
import org.rigor.nn.Loss;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.SparsitySpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Curvature of the mean cross-entropy of the trained networks over some samples. */
final class CurvatureMeasurement implements Measurement {
  private static final int ASCENTS = 10;
  private static final double RELATIVE_STEP = 0.3;

  private final SparsitySpecs.Curvature spec;

  CurvatureMeasurement(SparsitySpecs.Curvature spec) {
    this.spec = spec;
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision()).toDouble();
    HostTensor targets = SparsityMeasurement.oneHot(c, part);
    // One seed for all trials: common directions reduce the error of differences.
    long seed = 0;
    try (LossSurface s = surface(c, x, targets)) {
      HessianTrace trace = HessianTrace.hutchinson(s, spec.probes(), seed);
      put(c, "hessian-trace", trace.value());
      put(c, "hessian-trace-error", trace.standardError());
      LanczosHessian top = LanczosHessian.of(s, spec.steps(), seed, 0);
      double[] largest = new double[s.models()];
      Arrays.setAll(largest, top::top);
      put(c, "hessian-top", largest);
      if (spec.radius() > 0) {
        put(c, "sharpness", Sharpness.of(s, spec.radius(), ASCENTS, RELATIVE_STEP).rise());
      }
    }
    fisher(c, x, targets, seed);
  }

  private void fisher(Context c, HostTensor x, HostTensor targets, long seed) {
    int models = c.trials().size();
    int n = x.shape().dim(0);
    try (SampleGradients g =
        new SampleGradients(c.device(), c.network(), Loss::crossEntropy, models, n)) {
      SampleGradients.Result found = g.measure(c.models(), x, targets);
      double[] labels = new double[models];
      Arrays.setAll(labels, m -> Arrays.stream(found.total()[m]).average().orElseThrow());
      put(c, "label-gradient", labels);
      double[] fisher = FisherTrace.of(g, c.models(), x, c.network().outputs()).total().value();
      put(c, "fisher-trace", fisher);
      try (LossSurface s = surface(c, x, probabilities(found.outputs()))) {
        HessianTrace own = HessianTrace.hutchinson(s, spec.probes(), seed);
        put(c, "own-label-trace", own.value());
        put(c, "own-label-error", own.standardError());
        double[] ratio = new double[models];
        // Both may underflow to equal values when a network is sure of every sample.
        Arrays.setAll(ratio, m -> own.value()[m] == fisher[m] ? 1 : own.value()[m] / fisher[m]);
        put(c, "trace-over-fisher", ratio);
      }
    }
  }

  private static LossSurface surface(Context c, HostTensor x, HostTensor targets) {
    return new LossSurface(
        c.models(), Loss::crossEntropy, ParameterVector.of(c.network()), x, targets);
  }

  /** Returns the softmax of outputs [M][N][K] as targets [M, N, K]. */
  private static HostTensor probabilities(double[][][] outputs) {
    int n = outputs[0].length;
    int k = outputs[0][0].length;
    double[] p = new double[outputs.length * n * k];
    for (int m = 0; m < outputs.length; m++) {
      for (int i = 0; i < n; i++) {
        double[] z = outputs[m][i];
        double most = Arrays.stream(z).max().orElseThrow();
        double sum = Arrays.stream(z).map(v -> Math.exp(v - most)).sum();
        for (int j = 0; j < k; j++) {
          p[(m * n + i) * k + j] = Math.exp(z[j] - most) / sum;
        }
      }
    }
    return HostTensor.of(Shape.of(outputs.length, n, k), p);
  }

  private static void put(Context c, String name, double[] values) {
    for (int m = 0; m < values.length; m++) {
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      out.put(name, new Scalar(values[m], Kind.ESTIMATE, "curvature in double"));
    }
  }
}
