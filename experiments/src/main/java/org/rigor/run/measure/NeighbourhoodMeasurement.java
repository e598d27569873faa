// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.AttackNames;
import org.rigor.run.study.LipschitzSpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * Lower sides of the Lipschitz constant at samples and around them (Khromov and Singh 2024, section
 * 2 and appendix). The more a lower side moves with further points, the less it says about the
 * constant.
 */
final class NeighbourhoodMeasurement implements Measurement {
  private static final int NOISE = 0x4E4F4953;
  private static final int MIXED = 0x4D495845;
  private static final int SLOTS = 64;

  private final LipschitzSpecs.LipschitzNeighbourhood spec;

  NeighbourhoodMeasurement(LipschitzSpecs.LipschitzNeighbourhood spec) {
    this.spec = spec;
  }

  @Override
  public String phase(String type) {
    return "lipschitz";
  }

  @Override
  public void run(Context c) {
    int[] part = samples(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    Nearby nearby = Nearby.in(c.data().box());
    JacobianNorms own = norms(c.models(), x, nearby);
    // Noisy samples leave the box, so points near them may too.
    JacobianNorms noisy = norms(c.models(), noisy(x), Nearby.in(Box.NONE));
    JacobianNorms mixed = norms(c.models(), mixed(x), nearby);
    List<JacobianNorms> attacked = attacked(c, part, x);
    Predictions f = Predictions.of(c.models(), x);
    for (int m = 0; m < c.trials().size(); m++) {
      Gathered out = c.gathered().get(m);
      double[] norms = Arrays.stream(own.placed()[m]).filter(v -> !Double.isNaN(v)).toArray();
      double[] squares = Arrays.stream(norms).map(v -> v * v).toArray();
      String of = norms.length < part.length ? " of %d samples".formatted(norms.length) : "";
      out.put("lipschitz-samples", own.certified(m), own.kind(), "largest Jacobian norm");
      out.put("lipschitz-average", mean(norms), Kind.ESTIMATE, "mean Jacobian norm" + of);
      out.put("lipschitz-rms", root(mean(squares)), Kind.ESTIMATE, "root mean square" + of);
      out.scalars.put(
          "lipschitz-pairs", new Scalar(steepest(f, m, x), f.kind(), "slope between samples"));
      out.put("lipschitz-noisy", noisy.certified(m), noisy.kind(), "at noisy samples");
      out.put("lipschitz-mixed", mixed.certified(m), mixed.kind(), "at convex combinations");
      JacobianNorms at = attacked.get(m);
      out.put(
          "lipschitz-attacked", at.certified(0), at.kind(), "at adversarial samples, else clean");
    }
  }

  /** Returns the mean, summed in order so that results stay bit-equal; empty for no values. */
  private static OptionalDouble mean(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v;
    }
    return values.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / values.length);
  }

  private static OptionalDouble root(OptionalDouble v) {
    return v.isEmpty() ? v : OptionalDouble.of(Math.sqrt(v.getAsDouble()));
  }

  /**
   * Returns the first training samples, or test samples in a probe, which has no training samples.
   */
  static int[] samples(Context c, int count) {
    int[] all = c.data().split().train();
    if (all.length == 0) {
      all = c.data().split().test();
    }
    return count == 0 || count >= all.length ? all : Arrays.copyOf(all, count);
  }

  private static JacobianNorms norms(Models networks, HostTensor x, Nearby nearby) {
    return JacobianNorms.measure(networks, x, Norm.L2, nearby);
  }

  private HostTensor noisy(HostTensor x) {
    int n = x.shape().dim(0);
    int width = Math.toIntExact(x.shape().size() / n);
    double[] v = x.toDouble().doubles().clone();
    for (int i = 0; i < n; i++) {
      Draws d = new Draws(0, NOISE, i);
      for (int k = 0; k < width; k++) {
        v[i * width + k] += spec.noise() * d.normal();
      }
    }
    return HostTensor.of(x.shape(), v);
  }

  private HostTensor mixed(HostTensor x) {
    int n = x.shape().dim(0);
    int width = Math.toIntExact(x.shape().size() / n);
    double[] from = x.toDouble().doubles();
    double[] v = new double[spec.mixtures() * width];
    for (int i = 0; i < spec.mixtures(); i++) {
      Draws d = new Draws(0, MIXED, i);
      int a = d.below(n);
      int b = d.below(n);
      double share = d.uniform();
      for (int k = 0; k < width; k++) {
        v[i * width + k] = share * from[a * width + k] + (1 - share) * from[b * width + k];
      }
    }
    return HostTensor.of(x.shape().with(0, spec.mixtures()), v);
  }

  /**
   * Returns the norms at adversarial points of each model; a sample that the attack does not break
   * stays clean.
   */
  private List<JacobianNorms> attacked(Context c, int[] part, HostTensor x) {
    CurveAttack attack =
        CurveAttack.of(
                AttackNames.of(spec.attack(), spec.steps(), 0.25),
                new Threat(Norm.L2, c.data().box()),
                List.of(spec.epsilon()))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withSlots(Math.min(SLOTS, part.length));
    CurveResult r =
        new CurveAttacker(c.device(), c.network(), attack)
            .run(c.models(), c.keys(), x, StudyData.labels(c.data(), part));
    int width = Math.toIntExact(x.shape().size() / part.length);
    Nearby nearby = Nearby.in(c.data().box()).within(x, spec.epsilon());
    List<JacobianNorms> out = new ArrayList<>();
    for (int m = 0; m < c.trials().size(); m++) {
      double[] points = x.toDouble().doubles().clone();
      for (int i = 0; i < part.length; i++) {
        double[] w = r.witness()[m][i];
        if (w != null) {
          System.arraycopy(w, 0, points, i * width, width);
        }
      }
      try (Models own = c.models().one(m)) {
        out.add(norms(own, HostTensor.of(x.shape(), points), nearby));
      }
    }
    return out;
  }

  /** Returns the largest |f(x) - f(y)| / |x - y| over pairs of samples. */
  private static double steepest(Predictions f, int model, HostTensor x) {
    int n = x.shape().dim(0);
    int width = Math.toIntExact(x.shape().size() / n);
    double[] v = x.toDouble().doubles();
    double most = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        double apart = 0;
        for (int k = 0; k < width; k++) {
          double d = v[i * width + k] - v[j * width + k];
          apart += d * d;
        }
        if (apart > 0) {
          most = Math.max(most, f.squaredDistance(model, i, j) / apart);
        }
      }
    }
    return Math.sqrt(most);
  }
}
