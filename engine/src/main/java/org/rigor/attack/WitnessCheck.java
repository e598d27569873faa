// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.diff.Enclosure;
import org.rigor.exec.Buffer;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Batches;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Confirms adversarial points: the candidate is moved into the exact ball and box, then the network
 * with the stored parameters must misclassify it in real arithmetic, by an enclosure in double, or
 * give logits there that are not numbers.
 */
final class WitnessCheck implements AutoCloseable {
  private final Device device;
  private final Network network;
  private final Norm norm;
  private final Scope scope;
  private final Map<String, Buffer> params = new LinkedHashMap<>();
  private final int models;

  /** Confirmed points of all models and samples. */
  static final class Result {
    private final int samples;
    private final int features;
    private final boolean[] holds;
    private final boolean[] undefined;
    private final double[] points;
    private final double[] distances;

    Result(int models, int samples, int features) {
      this.samples = samples;
      this.features = features;
      this.holds = new boolean[models * samples];
      this.undefined = new boolean[models * samples];
      this.points = new double[models * samples * features];
      this.distances = new double[models * samples];
    }

    boolean holds(int m, int n) {
      return holds[m * samples + n];
    }

    /** Whether it holds because the logits give no margin that is a number. */
    boolean undefined(int m, int n) {
      return undefined[m * samples + n];
    }

    double[] point(int m, int n) {
      int at = (m * samples + n) * features;
      return java.util.Arrays.copyOfRange(points, at, at + features);
    }

    double distance(int m, int n) {
      return distances[m * samples + n];
    }
  }

  WitnessCheck(Device device, Network network, Norm norm, Map<String, HostTensor> values) {
    this.device = device;
    this.network = network;
    this.norm = norm;
    this.scope = device.scope("witness");
    int m = 1;
    for (Parameter p : network.parameters()) {
      HostTensor v = values.get(p.name());
      if (v == null) {
        scope.close();
        throw new IllegalArgumentException("attack: parameter '" + p.name() + "' has no value");
      }
      params.put("param/" + p.name(), scope.buffer("param/" + p.name(), v.toDouble()));
      m = Math.max(m, v.shape().models());
    }
    this.models = m;
  }

  /** The samples themselves as candidates. */
  Result clean(HostTensor x, HostTensor labels) {
    int samples = x.shape().dim(0);
    int features = (int) (x.shape().size() / samples);
    Result r = new Result(models, samples, features);
    for (int i = 0; i < r.points.length; i++) {
      r.points[i] = x.get(i % (samples * features));
    }
    return confirmed(r, samples, labels);
  }

  Result run(
      CurveAttack attack,
      int[][] start,
      HostTensor fell,
      HostTensor points,
      HostTensor x,
      HostTensor labels) {
    int samples = x.shape().dim(0);
    int features = (int) (x.shape().size() / samples);
    Result r = new Result(models, samples, features);
    for (int m = 0; m < models; m++) {
      for (int n = 0; n < samples; n++) {
        int level = (int) fell.get(m * samples + n);
        double epsilon =
            level < attack.epsilons().size() && start[m][n] < attack.epsilons().size()
                ? attack.epsilons().get(level)
                : 0;
        int at = (m * samples + n) * features;
        for (int i = 0; i < features; i++) {
          r.points[at + i] = points.get(at + i);
        }
        r.distances[m * samples + n] =
            Ball.project(norm, r.points, at, x, n * features, features, epsilon, attack.box());
      }
    }
    return confirmed(r, samples, labels);
  }

  /**
   * Fills in what holds: the lower side of the real-arithmetic margin is positive, or the logits in
   * double give no margin that is a number, so that the network names no class.
   */
  private Result confirmed(Result r, int samples, HostTensor labels) {
    int batch = Batches.fit(program(1), samples);
    try (Executable e = device.compile(program(batch), params, CompileOptions.UNFUSED)) {
      for (int from = 0; from < samples; from += batch) {
        run(e, r, from, batch, labels);
      }
    }
    return r;
  }

  private Program program(int batch) {
    Program.Builder b = Program.builder("witness");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, batch).insert(0, models);
    Value x = b.input("x", new TensorType(DType.F64, shape));
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(1, batch)));
    Value oneHot = F.oneHot(y, network.outputs(), DType.F64);
    Value margin = Loss.margin(network.apply(p, x), oneHot);
    b.output("margin", Enclosure.of(margin, x, Interval.point(x)).lower());
    b.output("computed", margin);
    return Simplify.run(b.build());
  }

  /** Samples {@code from} on; past the end the last one repeats. */
  private void run(Executable e, Result r, int from, int batch, HostTensor labels) {
    double[] points = new double[models * batch * r.features];
    int[] classes = new int[batch];
    for (int i = 0; i < batch; i++) {
      int n = Math.min(r.samples - 1, from + i);
      classes[i] = (int) labels.get(n);
      for (int m = 0; m < models; m++) {
        int at = (m * r.samples + n) * r.features;
        System.arraycopy(r.points, at, points, (m * batch + i) * r.features, r.features);
      }
    }
    e.input("x").write(HostTensor.of(e.input("x").type().shape(), points));
    e.input("y").write(HostTensor.of(Shape.of(1, batch), classes));
    e.run();
    double[] lower = e.output("margin").read().doubles();
    double[] computed = e.output("computed").read().doubles();
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < batch && from + i < r.samples; i++) {
        int at = m * r.samples + from + i;
        r.undefined[at] = Double.isNaN(computed[m * batch + i]);
        r.holds[at] = lower[m * batch + i] > 0 || r.undefined[at];
      }
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
