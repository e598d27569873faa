// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.rigor.diff.Enclosure;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Threat;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Confirmation of adversarial points: the candidate is moved into the exact ball and box; then the
 * network with the stored parameters must misclassify it in real arithmetic, shown by an enclosure
 * in double, or give NaN logits there.
 */
final class WitnessCheck implements AutoCloseable {
  private final Network network;
  private final Threat threat;
  private final Workspace space;
  private final int models;

  /** Most candidates of a batch; a batch costs some hundred launches regardless of its size. */
  private static final int MOST_SAMPLES = 1 << 14;

  private Executable check;

  /** Type of the samples in {@link #check}. */
  private DType type;

  /** Staging array, reused across batches: first touch costs more than filling it. */
  private double[] points;

  private Object samples;

  /** Confirmed points of all models and samples. */
  static final class Result {
    private final HostTensor x;
    private final int samples;
    private final int features;
    private final boolean[] holds;
    private final boolean[] undefined;
    private final double[][] points;
    private final double[] distances;
    private double[] logits;

    Result(int models, HostTensor x) {
      this.x = x;
      this.samples = x.shape().dim(0);
      this.features = (int) (x.shape().size() / samples);
      this.holds = new boolean[models * samples];
      this.undefined = new boolean[models * samples];
      this.points = new double[models * samples][];
      this.distances = new double[models * samples];
    }

    boolean holds(int m, int n) {
      return holds[m * samples + n];
    }

    /** Returns whether the point counts because its margin is NaN. */
    boolean undefined(int m, int n) {
      return undefined[m * samples + n];
    }

    /** Returns the logits of the clean points in double, [M, N, K]. */
    double[] logits() {
      return logits;
    }

    /** Returns the candidate of a sample; the sample itself where there is none. */
    double[] point(int m, int n) {
      double[] p = points[m * samples + n];
      return p != null ? p : row(x, n, features);
    }

    /** Copies {@link #point} to an array. */
    private void copy(int m, int n, double[] to, int at) {
      double[] p = points[m * samples + n];
      if (p != null) {
        System.arraycopy(p, 0, to, at, features);
      } else {
        x.copy(n * features, features, to, at);
      }
    }

    double distance(int m, int n) {
      return distances[m * samples + n];
    }
  }

  private static double[] row(HostTensor t, int i, int features) {
    double[] row = new double[features];
    t.copy(i * features, features, row, 0);
    return row;
  }

  WitnessCheck(Device device, Network network, Threat threat, int models) {
    this.network = network;
    this.threat = threat;
    this.models = models;
    this.space = new Workspace(device, "witness");
    for (Parameter p : network.parameters()) {
      Shape shape = p.shape().insert(0, models);
      String name = "param/" + p.name();
      space.declare(name, new TensorType(DType.F64, shape));
    }
  }

  /** Takes the parameters of the models, upcast exactly. */
  void load(Models networks) {
    networks.load(space::get);
  }

  /** Checks the samples themselves as candidates. */
  Result clean(HostTensor x, HostTensor labels) {
    Result r = new Result(models, x);
    return confirmed(r, IntStream.range(0, r.samples).toArray(), labels, true);
  }

  /**
   * Checks the points at which attacked samples fell.
   *
   * @param found supplies the points, [M, N, features...]; not called if no sample fell
   */
  Result run(
      CurveAttack attack,
      int[][] start,
      HostTensor fell,
      Supplier<HostTensor> found,
      HostTensor x,
      HostTensor labels) {
    Result r = new Result(models, x);
    int levels = attack.epsilons().size();
    if (IntStream.range(0, models * r.samples)
        .noneMatch(i -> fell.get(i) < levels && start[i / r.samples][i % r.samples] < levels)) {
      return r;
    }
    HostTensor points = found.get();
    IntStream.range(0, models * r.samples)
        .parallel()
        .forEach(
            i -> {
              int n = i % r.samples;
              int level = (int) fell.get(i);
              if (level < levels && start[i / r.samples][n] < levels) {
                double[] p = row(points, i, r.features);
                double epsilon = attack.epsilons().get(level);
                int from = n * r.features;
                r.distances[i] = threat.confine(p, 0, x, from, r.features, epsilon);
                r.points[i] = p;
              }
            });
    int[] candidates = IntStream.range(0, r.samples).filter(n -> fellIn(r, n)).toArray();
    return confirmed(r, candidates, labels, false);
  }

  /** Returns whether a sample has a candidate in any model. */
  private boolean fellIn(Result r, int n) {
    for (int m = 0; m < models; m++) {
      if (r.points[m * r.samples + n] != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * Marks confirmed candidates: the lower side of the real-arithmetic margin is positive, or the
   * margin in double is NaN, so that the network names no class.
   *
   * @param candidates samples to check, in all models
   * @param clean whether the points are the samples themselves: they are copied once for all models
   *     in their own type and widened on the device
   */
  private Result confirmed(Result r, int[] candidates, HostTensor labels, boolean clean) {
    if (candidates.length > 0) {
      compile(r);
    }
    for (int from = 0; from < candidates.length; ) {
      from += run(r, candidates, from, labels, clean);
    }
    return r;
  }

  private void compile(Result r) {
    DType wanted = r.x.dtype() == DType.F32 ? DType.F32 : DType.F64;
    if (check != null && type == wanted) {
      return;
    }
    if (check != null) {
      space.release(check);
    }
    type = wanted;
    int batch = Batches.fit(this::program, Math.min(MOST_SAMPLES, r.samples));
    check = space.compile(program(batch), Passes.MEASURE, CompileOptions.UNFUSED);
    points = null;
    int n = Math.multiplyExact(batch, r.features);
    samples = type == DType.F32 ? new float[n] : new double[n];
  }

  private Program program(int batch) {
    Program.Builder b = Program.builder("witness");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shared = network.input().insert(0, batch).insert(0, 1);
    Shape shape = shared.with(0, models);
    Value sample = F.cast(b.input("sample", new TensorType(type, shared)), DType.F64);
    Value moved = b.input("moved", new TensorType(DType.F64, shape));
    Value clean = b.input("clean", new TensorType(DType.I32, ones(shape.rank())));
    Value isClean = F.broadcast(F.gt(clean, F.constant(clean, 0)), shape);
    Value x = F.select(isClean, F.broadcast(sample, shape), moved);
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(1, batch)));
    Value oneHot = F.oneHot(y, network.outputs(), DType.F64);
    Value logits = network.apply(p, x);
    Value margin = Loss.margin(logits, oneHot);
    b.output("margin", Enclosure.of(margin, x, Interval.point(x)).lower());
    b.output("computed", margin);
    b.output("logits", logits);
    return b.build();
  }

  private static Shape ones(int rank) {
    int[] d = new int[rank];
    Arrays.fill(d, 1);
    return Shape.of(d);
  }

  /** Checks a batch of candidates from {@code from} on; past the end the last one repeats. */
  private int run(Result r, int[] candidates, int from, HostTensor labels, boolean clean) {
    Shape shape = check.input("moved").type().shape();
    int batch = shape.dim(1);
    if (!clean && points == null) {
      points = new double[Math.toIntExact(shape.size())];
    }
    int[] classes = new int[batch];
    IntStream.range(0, batch)
        .parallel()
        .forEach(
            i -> {
              int n = candidates[Math.min(candidates.length - 1, from + i)];
              classes[i] = (int) labels.get(n);
              if (clean) {
                Object all = r.x.array();
                if (type == DType.F32) {
                  System.arraycopy(all, n * r.features, samples, i * r.features, r.features);
                } else {
                  r.x.copy(n * r.features, r.features, (double[]) samples, i * r.features);
                }
                return;
              }
              for (int m = 0; m < models; m++) {
                r.copy(m, n, points, (m * batch + i) * r.features);
              }
            });
    check.input("clean").write(HostTensor.of(ones(shape.rank()), new int[] {clean ? 1 : 0}));
    if (clean) {
      Shape shared = shape.with(0, 1);
      check
          .input("sample")
          .write(
              samples instanceof float[] f
                  ? HostTensor.of(shared, f)
                  : HostTensor.of(shared, (double[]) samples));
    } else {
      check.input("moved").write(HostTensor.of(shape, points));
    }
    check.input("y").write(HostTensor.of(Shape.of(1, batch), classes));
    check.run();
    double[] lower = check.output("margin").read().doubles();
    double[] computed = check.output("computed").read().doubles();
    if (clean) {
      keepLogits(r, candidates, from, batch);
    }
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < batch && from + i < candidates.length; i++) {
        int at = m * r.samples + candidates[from + i];
        r.undefined[at] = Double.isNaN(computed[m * batch + i]);
        r.holds[at] = lower[m * batch + i] > 0 || r.undefined[at];
      }
    }
    return batch;
  }

  private void keepLogits(Result r, int[] candidates, int from, int batch) {
    int classes = network.outputs();
    if (r.logits == null) {
      r.logits = new double[Math.multiplyExact(models * r.samples, classes)];
    }
    double[] found = check.output("logits").read().doubles();
    int used = Math.min(batch, candidates.length - from); // clean candidates are all, in order
    for (int m = 0; m < models; m++) {
      int to = (m * r.samples + from) * classes;
      System.arraycopy(found, m * batch * classes, r.logits, to, used * classes);
    }
  }

  @Override
  public void close() {
    space.close();
  }
}
