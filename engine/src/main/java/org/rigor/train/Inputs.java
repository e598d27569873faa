// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/** Inputs of a training step's program, declared on first use. */
final class Inputs {
  private final Program.Builder b;
  private final Rows rows;
  private final int lanes;
  private final Map<String, Value> declared = new LinkedHashMap<>();

  Inputs(Program.Builder b, Rows rows) {
    this(b, rows, 1);
  }

  /**
   * @param lanes T, into which the samples of one model are cut: as of T models, [T, B / T, ...],
   *     that share all else
   */
  Inputs(Program.Builder b, Rows rows, int lanes) {
    this.b = b;
    this.rows = rows;
    this.lanes = lanes;
  }

  Rows rows() {
    return rows;
  }

  int models() {
    return rows.models();
  }

  TrainingSetup setup() {
    return rows.setup();
  }

  Value of(String name, TensorType type) {
    return declared.computeIfAbsent(name, n -> b.input(n, type));
  }

  Value real(String name, Shape shape) {
    return of(name, new TensorType(setup().dtype(), shape));
  }

  Value ints(String name, int... dims) {
    return of(name, new TensorType(DType.I32, Shape.of(dims)));
  }

  /** Returns a floating-point number per model, [M, 1]. */
  Value column(String name) {
    return real(name, Shape.of(models(), 1));
  }

  /** Returns a number of {@link Method#tables} at the current step, [M, 1]. */
  Value table(String name) {
    Value all = real("table/" + name, Shape.of(models(), rows.steps()));
    return F.gather(all, counter("step"));
  }

  /** Returns an integer per model, [M, 1]. */
  Value counter(String name) {
    return ints("count/" + name, models(), 1);
  }

  /** Returns the name of an input that has a row a sample. */
  String sampled(String name) {
    return lanes == 1 ? name : Workspace.LANE + name;
  }

  /** Returns the shape [M, B, rest...] of an input that has a row a sample. */
  private Shape samples(Shape rest) {
    return rest.insert(0, setup().batch() / lanes).insert(0, models() * lanes);
  }

  /** Returns a batch of samples, [M, B, input...]. */
  Value batch(String name) {
    return real(sampled(name), samples(setup().network().input()));
  }

  /** Returns the batch's labels, I32 [M, B]. */
  Value labels() {
    return of(sampled("batch/labels"), new TensorType(DType.I32, samples(Shape.of())));
  }

  /** Returns the one-hot labels, [M, B, K]. */
  Value oneHot() {
    return F.oneHot(labels(), setup().network().outputs(), setup().dtype());
  }

  /** Returns a tensor shaped like the outputs, [M, B, K]. */
  Value outputs(String name) {
    return real(sampled(name), samples(Shape.of(setup().network().outputs())));
  }

  /** Returns all tensors of the network by name. */
  Map<String, Value> parameters(String prefix) {
    Map<String, Value> params = new LinkedHashMap<>();
    setup()
        .network()
        .parameters()
        .forEach(
            p -> params.put(p.name(), of(prefix + p.name(), p.type(models(), setup().dtype()))));
    return params;
  }

  /** Returns [M, B, features...] as [M, B, n]. */
  Value flat(Value x) {
    int n = Math.toIntExact(setup().network().input().size());
    return F.reshape(x, Shape.of(models(), setup().batch(), n));
  }

  /** Returns [M, 1] as [M, 1, ..., 1] of the given rank. */
  static Value ranked(Value v, int rank) {
    int[] d = new int[rank];
    Arrays.fill(d, 1);
    d[0] = v.shape().models();
    return F.reshape(v, Shape.of(d));
  }

  static Map<String, Value> ranked(Map<String, Value> values, int rank) {
    Map<String, Value> out = new LinkedHashMap<>();
    values.forEach((name, v) -> out.put(name, ranked(v, rank)));
    return out;
  }
}
