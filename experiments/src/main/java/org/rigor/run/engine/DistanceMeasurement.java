// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.diff.Kind;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;
import org.rigor.run.study.NoiseSpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * Euclidean distance from correctly classified samples to a wrong answer, along random directions
 * and along the one that steps to the linearised boundary find, as DeepFool's do, but always of the
 * strongest wrong class where DeepFool takes the nearest. On a line the first crossing is bracketed
 * by steps that grow by two fifths, then halved: up to crossings that lie closer together than
 * that.
 */
final class DistanceMeasurement {
  private static final int SITE = 0x44495354;
  private static final int FOOL_STEPS = 40;
  private static final double OVERSHOOT = 0.02;
  private static final double GROWTH = 1.4;
  private static final int HALVINGS = 12;
  private static final double MEDIAN_OF_NORMAL = 0.6744897501960817;

  private final NoiseSpecs.BoundaryDistance spec;

  DistanceMeasurement(NoiseSpecs.BoundaryDistance spec) {
    this.spec = spec;
  }

  void run(PackMeasurement.Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision()).toDouble();
    int n = part.length;
    int width = Math.toIntExact(x.shape().size() / n);
    int models = c.trials().size();
    boolean[][] right = new boolean[models][n];
    int[] labels = c.data().labels(part);
    Predictions clean = Predictions.of(c.device(), c.network(), c.params(), x);
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < n; i++) {
        right[m][i] = clean.predicted(m, i) == labels[i];
      }
    }
    double[] fooled = fool(c, x, labels);
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
    double[] least = crossings(c, x, labels, direction, length, false);
    double[][] random = new double[spec.directions()][];
    for (int d = 0; d < random.length; d++) {
      random[d] = crossings(c, x, labels, directions(models, part, width, d), least, true);
    }
    for (int m = 0; m < models; m++) {
      report(c.gathered().get(m).scalars, right[m], least, random, m * n, width);
    }
  }

  private void report(
      Map<String, Scalar> out,
      boolean[] right,
      double[] least,
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
        near[samples++] = least[from + i];
        for (double[] r : random) {
          far[pairs] = r[from + i];
          ratio[pairs++] = r[from + i] / least[from + i];
        }
      }
    }
    if (samples == 0) {
      return; // nothing is classified correctly: there is no such distance
    }
    String how = samples + " samples, bisection in double";
    double median = median(ratio, pairs);
    out.put("adversarial-distance", new Scalar(median(near, samples), Kind.BOUND, how));
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

  /** The same directions for all models: [models, N, width]. */
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

  /** Points moved to or over the boundary of the strongest wrong class: [models, N, width]. */
  private static double[] fool(PackMeasurement.Context c, HostTensor x, int[] labels) {
    try (Executable e = c.device().compile(foolProgram(c, labels.length))) {
      c.params().forEach((name, v) -> e.input("param/" + name).write(v.toDouble()));
      e.input("y").write(HostTensor.of(Shape.of(1, labels.length), labels));
      double[] start = new double[c.trials().size() * x.doubles().length];
      for (int m = 0; m < c.trials().size(); m++) {
        System.arraycopy(x.doubles(), 0, start, m * x.doubles().length, x.doubles().length);
      }
      e.input("x").write(HostTensor.of(e.input("x").type().shape(), start));
      for (int s = 0; s < FOOL_STEPS; s++) {
        e.run();
      }
      return e.output("x").read().doubles();
    }
  }

  private static Program foolProgram(PackMeasurement.Context c, int n) {
    Program.Builder b = Program.builder("deepfool");
    Map<String, Value> p = params(c, b);
    Value x = b.input("x", points(c, n));
    Value oneHot = oneHot(c, b, n);
    Value margin = Loss.margin(c.network().apply(p, x), oneHot); // [M, B, 1], above 0 if wrong
    Value gradient = Diff.grad(margin, x);
    Value square = F.sum(F.square(flat(gradient)), 2); // [M, B, 1]
    Value zero = F.constant(margin, 0);
    Value move = F.and(F.le(margin, zero), F.gt(square, zero));
    Value safe = F.select(move, square, F.constant(square, 1));
    Value far = F.add(F.mul(F.neg(margin), 1 + OVERSHOOT), 1e-9);
    Value factor = F.select(move, F.div(far, safe), zero);
    Value next = F.add(flat(x), F.mul(flat(gradient), factor));
    b.state("x", F.reshape(next, x.shape()));
    return b.build();
  }

  /**
   * Distance of the first wrong answer along each direction; infinite if none is found.
   *
   * @param first length of the first step, [models, N]
   * @param both whether the opposite direction counts too
   */
  private double[] crossings(
      PackMeasurement.Context c,
      HostTensor x,
      int[] labels,
      double[] direction,
      double[] first,
      boolean both) {
    int n = labels.length;
    int models = c.trials().size();
    double least = Double.MAX_VALUE;
    for (double f : first) {
      least = f > 0 ? Math.min(least, f) : least;
    }
    int growing = (int) Math.ceil(Math.log(spec.farthest() / least) / Math.log(GROWTH));
    try (Executable e = c.device().compile(lineProgram(c, n, both))) {
      c.params().forEach((name, v) -> e.input("param/" + name).write(v.toDouble()));
      Shape rows = Shape.of(models, n, 1);
      e.input("y").write(HostTensor.of(Shape.of(1, n), labels));
      e.input("x0").write(HostTensor.of(e.input("x0").type().shape(), x.doubles()));
      e.input("u").write(HostTensor.of(e.input("u").type().shape(), direction));
      double[] t = first.clone();
      for (int i = 0; i < t.length; i++) {
        t[i] = t[i] > 0 ? t[i] : spec.farthest();
      }
      e.input("t").write(HostTensor.of(rows, t));
      e.input("low").clear();
      double[] open = new double[t.length];
      Arrays.fill(open, Double.POSITIVE_INFINITY);
      e.input("high").write(HostTensor.of(rows, open));
      for (int s = 0; s < Math.max(0, growing) + HALVINGS; s++) {
        e.run();
      }
      double[] found = e.output("high").read().doubles();
      for (int i = 0; i < found.length; i++) {
        found[i] = found[i] > spec.farthest() ? Double.POSITIVE_INFINITY : found[i];
      }
      return found;
    }
  }

  private static Program lineProgram(PackMeasurement.Context c, int n, boolean both) {
    Program.Builder b = Program.builder("line search");
    Map<String, Value> p = params(c, b);
    int models = c.trials().size();
    Value x0 = b.input("x0", new TensorType(DType.F64, points(c, n).shape().with(0, 1)));
    Value u = b.input("u", points(c, n));
    TensorType rows = new TensorType(DType.F64, Shape.of(models, n, 1));
    Value t = b.input("t", rows);
    Value low = b.input("low", rows);
    Value high = b.input("high", rows);
    Value oneHot = oneHot(c, b, n);
    Value wrong = wrong(c, p, x0, u, t, oneHot);
    if (both) {
      wrong = F.or(wrong, wrong(c, p, x0, u, F.neg(t), oneHot));
    }
    Value top = F.select(wrong, t, high);
    Value bottom = F.select(wrong, low, t);
    Value bracketed = F.isFinite(top);
    Value middle = F.mul(F.add(F.select(bracketed, top, bottom), bottom), 0.5);
    b.state("t", F.select(bracketed, middle, F.mul(t, GROWTH)));
    b.state("low", bottom);
    b.state("high", top);
    return b.build();
  }

  private static Value wrong(
      PackMeasurement.Context c, Map<String, Value> p, Value x0, Value u, Value t, Value oneHot) {
    Value at = F.add(flat(x0), F.mul(flat(u), t));
    Value margin = Loss.margin(c.network().apply(p, F.reshape(at, u.shape())), oneHot);
    return F.ge(margin, F.constant(margin, 0));
  }

  private static Map<String, Value> params(PackMeasurement.Context c, Program.Builder b) {
    return new LinkedHashMap<>(c.network().declare(b, "param/", c.trials().size(), DType.F64));
  }

  private static TensorType points(PackMeasurement.Context c, int n) {
    Shape s = c.network().input().insert(0, n).insert(0, c.trials().size());
    return new TensorType(DType.F64, s);
  }

  private static Value oneHot(PackMeasurement.Context c, Program.Builder b, int n) {
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(1, n)));
    return F.oneHot(y, c.network().outputs(), DType.F64);
  }

  /** [M, B, features]. */
  private static Value flat(Value x) {
    Shape s = x.shape();
    int width = Math.toIntExact(s.size() / s.models() / s.dim(1));
    return F.reshape(x, Shape.of(s.models(), s.dim(1), width));
  }
}
