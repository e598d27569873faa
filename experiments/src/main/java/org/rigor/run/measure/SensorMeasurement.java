// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import org.rigor.attack.AttackState;
import org.rigor.attack.Pgd;
import org.rigor.attack.Problem;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.Rounding;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.lipschitz.ProductBound;
import org.rigor.op.F;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.LipschitzSpecs;
import org.rigor.run.study.Quantities;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Workspace;

/**
 * Change of the logits under input errors of norm up to delta: the change that the Lipschitz
 * bracket predicts, and the largest that projected gradient ascent finds.
 */
final class SensorMeasurement implements Measurement {
  private static final int SITE = 0x53454E53;
  private static final double RELATIVE_STEP = 0.2;

  private final LipschitzSpecs.SensorError spec;

  SensorMeasurement(LipschitzSpecs.SensorError spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    ProductBound.of(u.device(), u.network(), u.values(), Norm.L2);
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision()).toDouble();
    JacobianNorms j = JacobianNorms.measure(c.models(), x, Norm.L2, Nearby.in(c.data().box()));
    double[] upper = ProductBound.of(c.models(), Norm.L2);
    for (int m = 0; m < upper.length; m++) {
      LipschitzBrackets.require(j.certified(m), upper[m]);
    }
    for (double delta : spec.deltas()) {
      double[] found = largestChange(c, x, delta);
      for (int m = 0; m < found.length; m++) {
        Map<String, Scalar> out = c.gathered().get(m).scalars;
        // A first-order prediction at the steepest sample, not a lower bound on the change.
        OptionalDouble steepest = j.certified(m);
        c.gathered()
            .get(m)
            .put(
                Quantities.at("sensor-lower", delta),
                steepest.isEmpty() ? steepest : OptionalDouble.of(steepest.getAsDouble() * delta),
                Kind.ESTIMATE,
                "largest Jacobian norm times delta");
        out.put(
            Quantities.at("sensor-found", delta),
            new Scalar(found[m], Kind.BOUND, "gradient ascent in double"));
        out.put(
            Quantities.at("sensor-upper", delta),
            new Scalar(
                Rounding.mulUp(upper[m], delta),
                ProductBound.KIND,
                "product of layer norms times delta"));
      }
    }
  }

  /** Returns the largest |f(x + d) - f(x)| over the samples, |d| at most delta, for each model. */
  private double[] largestChange(Context c, HostTensor x, double delta) {
    int models = c.trials().size();
    int n = x.shape().dim(0);
    int width = Math.toIntExact(x.shape().size() / n);
    int batch = Batches.fit(b -> program(c, models, b, delta), n);
    double[] most = new double[models];
    double[] all = x.doubles();
    try (Executable e = Workspace.alone(c.device(), program(c, models, batch, delta))) {
      c.models().load(e::input);
      for (int from = 0; from < n; from += batch) {
        double[] clean = new double[batch * width];
        double[] moved = new double[models * batch * width];
        for (int b = 0; b < batch; b++) {
          int i = Math.min(n - 1, from + b); // repeat the last past the end
          System.arraycopy(all, i * width, clean, b * width, width);
          for (int m = 0; m < models; m++) {
            start(c.trials().get(m).spec().seed(), i, clean, b, moved, m * batch + b, width, delta);
          }
        }
        e.input("x0").write(HostTensor.of(e.input("x0").type().shape(), clean));
        e.input("x").write(HostTensor.of(e.input("x").type().shape(), moved));
        for (int s = 0; s < spec.steps(); s++) {
          e.run();
        }
        double[] change = e.output("most").read().doubles();
        for (int m = 0; m < models; m++) {
          most[m] = Math.max(most[m], change[m]);
        }
        e.input("best").clear();
      }
    }
    return most;
  }

  /**
   * Starts the ascent at a random direction, because the change has no gradient at the sample
   * itself.
   */
  private static void start(
      long seed, int sample, double[] x, int from, double[] to, int at, int width, double delta) {
    Draws d = new Draws(seed, SITE, sample);
    double[] z = new double[width];
    double length = 0;
    for (int k = 0; k < width; k++) {
      z[k] = d.normal();
      length += z[k] * z[k];
    }
    double scale = delta / Math.sqrt(length);
    for (int k = 0; k < width; k++) {
      to[at * width + k] = x[from * width + k] + scale * z[k];
    }
  }

  /**
   * Builds the program of one step; {@code best} is the largest change so far per model and sample.
   */
  private static Program program(Context c, int models, int batch, double delta) {
    Program.Builder b = Program.builder("sensor error");
    Map<String, Value> p = new LinkedHashMap<>(c.network().declare(b, "param/", models, DType.F64));
    Shape shape = c.network().input().insert(0, batch);
    Value x0 = b.input("x0", new TensorType(DType.F64, shape.insert(0, 1)));
    Value x = b.input("x", new TensorType(DType.F64, shape.insert(0, models)));
    Value best = b.input("best", new TensorType(DType.F64, Shape.of(models, batch, 1)));
    Value clean = c.network().apply(p, x0);
    UnaryOperator<Value> loss = // [M, B, 1]
        at -> F.sum(F.square(F.sub(c.network().apply(p, at), clean)), 2);
    int[] ones = new int[x.shape().rank()];
    java.util.Arrays.fill(ones, 1);
    Value radius = F.fill(DType.F64, Shape.of(ones), delta);
    Problem problem = Problem.of(new Threat(Norm.L2, Box.NONE), x0, radius, loss);
    AttackState next = new Pgd(1, RELATIVE_STEP, false).step(problem, AttackState.of(x));
    Value now = F.maximum(best, F.sqrt(problem.loss().apply(x)));
    b.state("best", now);
    next.store(b, "");
    return b.output("most", F.max(now, 1, 2)).build();
  }
}
