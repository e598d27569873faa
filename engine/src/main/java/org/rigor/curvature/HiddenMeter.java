// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.curvature.HiddenStatistics.Quantity;
import org.rigor.diff.Diff;
import org.rigor.diff.SamplesApart;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.HiddenUnits;
import org.rigor.nn.Network;
import org.rigor.nn.Pass;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Measures {@link HiddenStatistics} of every hidden layer of M finished networks, in double. The
 * program is compiled once and run for any parameters and samples.
 */
public final class HiddenMeter implements AutoCloseable {
  private static final Quantity[] ALL = Quantity.values();

  private final Network network;
  private final int models;
  private final int batch;
  private final List<HiddenStatistics> empty = new ArrayList<>();
  private final Executable program;

  /**
   * Compiles the program.
   *
   * @param models M
   * @param samples number of samples to measure; decides how many a run takes
   * @throws IllegalArgumentException if the network has no hidden units between dense layers, or
   *     samples depend on each other
   */
  public HiddenMeter(Device device, Network network, SampleLoss loss, int models, int samples) {
    this.network = network;
    this.models = models;
    this.batch = Batches.fit(n -> trace(loss, n), samples);
    this.program = Workspace.alone(device, trace(loss, batch));
  }

  /** Returns the names of the parameters before the hidden units, starting at the input. */
  public List<String> keys() {
    return empty.stream().map(HiddenStatistics::key).toList();
  }

  private Program trace(SampleLoss loss, int n) {
    empty.clear();
    Program.Builder b = Program.builder("hidden-units");
    Map<String, Value> params = network.declare(b, "param/", models, DType.F64);
    Shape rows = network.input().insert(0, n);
    Value x = F.broadcast(b.input("x", f64(rows.insert(0, 1))), rows.insert(0, models));
    Pass pass = Pass.with(Pass.Statistics.FROZEN);
    Value outputs = network.apply(params, x, pass);
    SamplesApart.require(outputs, x);
    if (pass.hidden().isEmpty()) {
      throw new IllegalArgumentException(
          "hidden units: the network has no dense layer, activation and dense layer in a row");
    }
    Value targets = b.input("targets", f64(Shape.of(1, n, network.outputs())));
    Value total = F.sum(loss.of(outputs, targets), 1);
    Value weights = b.input("weights", f64(Shape.of(1, n)));
    List<Value> sums = new ArrayList<>();
    for (HiddenUnits h : pass.hidden()) {
      sums.add(layer(h, params.get(h.key()), total, weights));
    }
    return b.output("sums", F.concat(1, sums)).build();
  }

  private static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }

  /**
   * Returns the quantities of one layer, [M, number of quantities]; COEFFICIENT not yet divided.
   */
  private Value layer(HiddenUnits h, Value key, Value total, Value weights) {
    Value eta = Diff.grad(total, h.pre());
    Value ones = F.fill(DType.F64, h.pre().shape(), 1);
    Value gamma = Diff.jvp(List.of(h.active()), List.of(h.pre()), List.of(ones)).get(0);
    int n = h.pre().shape().dim(-1);
    int tokens = h.pre().shape().rank() == 4 ? h.pre().shape().dim(2) : 1;
    Value active = F.ne(h.active(), F.constant(h.active(), 0));
    Value length = F.sum(F.square(h.input()), -1);
    Value power = F.mul(F.square(eta), length);
    Value k = F.reshape(key, shared(key.shape(), eta.shape().rank()));
    Value back = F.matmul(eta, k, false, true);
    empty.add(new HiddenStatistics(h.key(), n, tokens, new EnumMap<>(Quantity.class)));
    List<Value> out = new ArrayList<>();
    for (Quantity q : ALL) {
      Value v =
          switch (q) {
            case ACTIVE -> mean(active, n * tokens);
            case SLOPED -> mean(F.ne(gamma, F.constant(gamma, 0)), n * tokens);
            case SLOPE_SQUARE -> F.mul(F.square(gamma), 1.0 / (n * tokens));
            case TINY_GRADIENT -> mean(below(eta, 1e-9), n * tokens);
            case SMALL_GRADIENT -> mean(below(eta, 1e-6), n * tokens);
            case LOW_GRADIENT -> mean(below(eta, 1e-3), n * tokens);
            case GRADIENT_SQUARE -> F.square(eta);
            case AUGMENTED_FLATNESS -> power;
            case INPUT_GRADIENT_SQUARE -> F.square(back);
            case COEFFICIENT ->
                F.mul(F.select(active, power, F.constant(power, 0)), 1.0 / (n * tokens));
            case INPUT_SQUARE -> F.mul(length, 1.0 / tokens);
          };
      out.add(weighted(v, weights));
    }
    return F.concat(1, out);
  }

  private static Value below(Value v, double limit) {
    return F.lt(F.abs(v), F.constant(v, limit));
  }

  private static Value mean(Value condition, int count) {
    return F.mul(F.cast(condition, DType.F64), 1.0 / count);
  }

  /** Returns [M, inputs, units] as [M, 1, ..., inputs, units]. */
  private static Shape shared(Shape s, int rank) {
    Shape out = s;
    while (out.rank() < rank) {
      out = out.insert(1, 1);
    }
    return out;
  }

  /** Returns [M, B, ...] summed to [M, 1]. */
  private Value weighted(Value v, Value weights) {
    Value each = F.sum(v, IntStream.range(2, v.shape().rank()).toArray());
    Value flat = F.reshape(each, Shape.of(each.shape().dim(0), each.shape().dim(1)));
    return F.broadcast(F.sum(F.mul(flat, weights), 1), Shape.of(models, 1));
  }

  /**
   * Measures every hidden layer, in order from the input.
   *
   * @param networks M of them
   * @param x [N, features...]
   * @param targets [N, K]
   */
  public List<HiddenStatistics> measure(Models networks, HostTensor x, HostTensor targets) {
    int samples = x.shape().dim(0);
    int features = Math.toIntExact(network.input().size());
    int k = network.outputs();
    networks.load(program::input);
    double[] sums = new double[models * empty.size() * ALL.length];
    for (int from = 0; from < samples; from += batch) {
      double[] rows = new double[batch * features];
      double[] wanted = new double[batch * k];
      double[] weights = new double[batch];
      for (int i = 0; i < batch; i++) {
        int n = Math.min(samples - 1, from + i);
        x.copy(n * features, features, rows, i * features);
        targets.copy(n * k, k, wanted, i * k);
        weights[i] = from + i < samples ? 1.0 / samples : 0;
      }
      program.input("x").write(HostTensor.of(program.input("x").type().shape(), rows));
      program.input("targets").write(HostTensor.of(Shape.of(1, batch, k), wanted));
      program.input("weights").write(HostTensor.of(Shape.of(1, batch), weights));
      program.run();
      Vectors.add(sums, 1, program.output("sums").read().doubles());
    }
    return layers(sums);
  }

  private List<HiddenStatistics> layers(double[] sums) {
    List<HiddenStatistics> out = new ArrayList<>();
    for (int l = 0; l < empty.size(); l++) {
      Map<Quantity, double[]> values = new EnumMap<>(Quantity.class);
      for (Quantity q : ALL) {
        double[] of = new double[models];
        for (int m = 0; m < models; m++) {
          of[m] = sums[(m * empty.size() + l) * ALL.length + q.ordinal()];
        }
        values.put(q, of);
      }
      for (int m = 0; m < models; m++) {
        double active = values.get(Quantity.ACTIVE)[m];
        values.get(Quantity.COEFFICIENT)[m] /= active == 0 ? 1 : active; // 0 / 1 if none is
      }
      HiddenStatistics e = empty.get(l);
      out.add(new HiddenStatistics(e.key(), e.units(), e.tokens(), values));
    }
    return out;
  }

  @Override
  public void close() {
    program.close();
  }
}
