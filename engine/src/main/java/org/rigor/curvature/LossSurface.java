// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.diff.Diff;
import org.rigor.diff.SamplesApart;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * The mean loss of M finished networks over N samples as a function of some of their parameters, in
 * double. Values, gradients and Hessian-vector products are compiled on first use and run in
 * batches as large as fit.
 */
public final class LossSurface implements AutoCloseable {
  private final Network network;
  private final SampleLoss loss;
  private final ParameterVector vector;
  private final HostTensor x;
  private final HostTensor targets;
  private final int models;
  private final int samples;
  private final int batch;
  private final Workspace space;
  private final Map<String, Executable> compiled = new LinkedHashMap<>();
  private int loaded = -1;

  /**
   * Creates a surface at the networks' parameters, which are copied.
   *
   * @param networks M of them, or one for all targets; upcast exactly
   * @param vector the parameters that vary; the others are constants
   * @param x [N, features...]
   * @param targets [N, K] for all models, or [M, N, K]
   * @throws IllegalArgumentException if a shape does not fit, or samples depend on each other
   */
  public LossSurface(
      Models networks, SampleLoss loss, ParameterVector vector, HostTensor x, HostTensor targets) {
    this.network = networks.network();
    this.loss = loss;
    this.vector = vector;
    this.samples = x.shape().dim(0);
    this.x = x;
    this.targets = perModel(targets);
    this.models = Math.max(networks.count(), this.targets.shape().models());
    if (!x.shape().equals(network.input().insert(0, samples))) {
      throw new IllegalArgumentException(
          "loss surface: x must be [N, features...] of " + network.input() + ", got " + x.shape());
    }
    this.batch = Batches.fit(n -> gradientProgram(n), samples);
    this.space = new Workspace(networks.device(), "loss-surface");
    put("x", network.input().insert(0, batch).insert(0, 1));
    put("targets", targetShape(batch));
    put("weights", Shape.of(1, batch, 1));
    for (Parameter p : network.parameters()) {
      put("param/" + p.name(), p.shape().insert(0, models));
    }
    move(networks);
  }

  private HostTensor perModel(HostTensor t) {
    HostTensor lifted = t.shape().rank() == 2 ? t.reshape(t.shape().insert(0, 1)) : t;
    if (lifted.shape().rank() != 3 || lifted.shape().dim(1) != samples) {
      throw new IllegalArgumentException(
          "loss surface: targets must be [N, K] or [M, N, K] with N = %d, got %s"
              .formatted(samples, t.shape()));
    }
    return lifted;
  }

  private void put(String name, Shape shape) {
    space.declare(name, new TensorType(DType.F64, shape));
  }

  private Shape targetShape(int n) {
    return Shape.of(targets.shape().models(), n, network.outputs());
  }

  /** Returns the number of models M. */
  public int models() {
    return models;
  }

  /** Returns the number of samples N. */
  public int samples() {
    return samples;
  }

  public ParameterVector vector() {
    return vector;
  }

  /** Returns the surface's current parameters by name, F64 [M, shape...]. */
  public Map<String, HostTensor> parameters() {
    Map<String, HostTensor> params = new LinkedHashMap<>();
    network.parameters().forEach(p -> params.put(p.name(), space.read("param/" + p.name())));
    return params;
  }

  /** Moves to other networks of the same architecture. */
  public void move(Models networks) {
    networks.load(space::get);
  }

  /** Moves to other parameters of the same networks, [M, shape...]. */
  public void move(Map<String, HostTensor> next) {
    for (Parameter p : network.parameters()) {
      space.put("param/" + p.name(), next.get(p.name()).toDouble());
    }
  }

  /** Returns the mean loss of each model, [M]. */
  public double[] loss() {
    return sum("loss", this::lossProgram, Map.of()).doubles();
  }

  /** Returns the gradient of each model's mean loss, [M][P]. */
  public double[][] gradient() {
    return rows(sum("gradient", this::gradientProgram, Map.of()).doubles(), models);
  }

  /**
   * Returns the Hessians of the mean losses times vectors.
   *
   * @param vectors [M][S][P]; each S compiles its own program
   * @return [M][S][P]
   */
  public double[][][] hessianTimes(double[][][] vectors) {
    int count = vectors[0].length;
    double[] flat = new double[models * count * vector.size()];
    for (int m = 0; m < models; m++) {
      for (int s = 0; s < count; s++) {
        System.arraycopy(vectors[m][s], 0, flat, (m * count + s) * vector.size(), vector.size());
      }
    }
    HostTensor v = HostTensor.of(Shape.of(models, count, vector.size()), flat);
    HostTensor found = sum("hessian-" + count, n -> hessianProgram(n, count), Map.of("v", v));
    double[][][] out = new double[models][][];
    double[][] all = rows(found.doubles(), models * count);
    for (int m = 0; m < models; m++) {
      out[m] = Arrays.copyOfRange(all, m * count, (m + 1) * count);
    }
    return out;
  }

  private static double[][] rows(double[] flat, int count) {
    int n = flat.length / count;
    double[][] out = new double[count][];
    for (int i = 0; i < count; i++) {
      out[i] = Arrays.copyOfRange(flat, i * n, (i + 1) * n);
    }
    return out;
  }

  /** Runs a program over all samples; its state {@code sum} starts at 0. */
  private HostTensor sum(
      String name, Function<Integer, Program> program, Map<String, HostTensor> inputs) {
    Executable e = compiled.computeIfAbsent(name, n -> space.compile(program.apply(batch)));
    e.input("sum").clear();
    inputs.forEach((input, value) -> e.input(input).write(value));
    for (int from = 0; from < samples; from += batch) {
      load(from);
      e.run();
    }
    return e.output("sum").read();
  }

  /** Copies a batch to the device; padding past the end gets weight 0. */
  private void load(int from) {
    if (loaded == from) {
      return;
    }
    int features = Math.toIntExact(network.input().size());
    int k = network.outputs();
    double[] rows = new double[batch * features];
    double[] weights = new double[batch];
    double[] wanted = new double[targets.shape().models() * batch * k];
    for (int i = 0; i < batch; i++) {
      int n = Math.min(samples - 1, from + i);
      x.copy(n * features, features, rows, i * features);
      weights[i] = from + i < samples ? 1.0 / samples : 0;
      for (int m = 0; m < targets.shape().models(); m++) {
        targets.copy((m * samples + n) * k, k, wanted, (m * batch + i) * k);
      }
    }
    space.get("x").write(HostTensor.of(space.get("x").type().shape(), rows));
    space.get("targets").write(HostTensor.of(targetShape(batch), wanted));
    space.get("weights").write(HostTensor.of(Shape.of(1, batch, 1), weights));
    loaded = from;
  }

  /** A program under construction: its builder, the parameters that vary, the weighted loss. */
  private final class Traced {
    final Program.Builder b;
    final List<Value> moving = new ArrayList<>();
    final Value total; // [M, 1, 1]

    Traced(String name, int n) {
      b = Program.builder(name);
      Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
      vector.names().forEach(v -> moving.add(p.get(v)));
      Value input = b.input("x", f64(network.input().insert(0, n).insert(0, 1)));
      Value outputs = network.apply(p, input);
      SamplesApart.require(outputs, input);
      Value each = loss.of(outputs, b.input("targets", f64(targetShape(n))));
      Value sum = F.sum(F.mul(each, b.input("weights", f64(Shape.of(1, n, 1)))), 1);
      total = F.broadcast(sum, Shape.of(models, 1, 1));
    }

    /** Adds [M, S, ...] to the running sum. */
    Program adding(Value v) {
      b.state("sum", F.add(b.input("sum", v.type()), v));
      return b.build();
    }

    List<Value> gradient() {
      return Diff.grad(total, moving);
    }
  }

  private static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }

  private Program lossProgram(int n) {
    Traced t = new Traced("loss", n);
    return t.adding(t.total);
  }

  private Program gradientProgram(int n) {
    Traced t = new Traced("loss-gradient", n);
    return t.adding(vector.join(lifted(t.gradient())));
  }

  /** Traces forward over reverse (Pearlmutter 1994), stacked for several vectors. */
  private Program hessianProgram(int n, int count) {
    Traced t = new Traced("hessian-vector", n);
    Value v = t.b.input("v", f64(Shape.of(models, count, vector.size())));
    List<Value> vectors = vector.split(v);
    List<Value> tangents = new ArrayList<>();
    Map<Value, Value> stacked = new IdentityHashMap<>();
    for (int i = 0; i < vectors.size(); i++) {
      Shape shape = t.moving.get(i).shape();
      boolean one = count == 1;
      tangents.add(one ? F.reshape(vectors.get(i), shape) : F.fill(DType.F64, shape, 1));
      stacked.put(tangents.get(i), vectors.get(i));
    }
    List<Value> products = Diff.jvp(t.gradient(), t.moving, tangents);
    List<Value> all = count == 1 ? lifted(products) : Diff.stack(products, stacked, count);
    return t.adding(vector.join(all));
  }

  /** Returns [M, shape...] as [M, 1, shape...]. */
  private static List<Value> lifted(List<Value> tensors) {
    return tensors.stream().map(v -> F.reshape(v, v.shape().insert(1, 1))).toList();
  }

  @Override
  public void close() {
    space.close();
  }
}
