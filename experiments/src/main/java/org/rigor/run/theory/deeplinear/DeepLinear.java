// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.List;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A deep linear network {@code E = c W_L ... W_1}, trained in double by full gradient descent on
 * {@code F = |E Y - X|^2 / 2 + (lambda / 2) sum |W_l|^2}. Samples are columns, so that products
 * with a weight or its transpose do not copy it.
 *
 * @param extents inputs, hidden widths, outputs: at least two, each at least 1
 * @param scale the factor c
 */
record DeepLinear(List<Integer> extents, double scale) {
  public DeepLinear {
    extents = List.copyOf(extents);
    if (extents.size() < 2 || extents.stream().anyMatch(n -> n < 1)) {
      throw new IllegalArgumentException(
          "a deep linear network needs at least two extents of at least 1, got " + extents);
    }
    if (!(scale > 0) || Double.isInfinite(scale)) {
      throw new IllegalArgumentException("scale must be > 0 and finite, got " + scale);
    }
  }

  /** Returns a network with {@code layers - 1} hidden layers of one width. */
  public static DeepLinear of(int inputs, int width, int outputs, int layers, double scale) {
    List<Integer> extents = new ArrayList<>(List.of(inputs));
    for (int l = 1; l < layers; l++) {
      extents.add(width);
    }
    extents.add(outputs);
    return new DeepLinear(extents, scale);
  }

  public int layers() {
    return extents.size() - 1;
  }

  public int inputs() {
    return extents.get(0);
  }

  public int outputs() {
    return extents.get(layers());
  }

  /** Returns the number of stored parameters of a model. */
  public long parameterCount() {
    long n = 0;
    for (int l = 1; l <= layers(); l++) {
      n += (long) extents.get(l) * extents.get(l - 1);
    }
    return n;
  }

  /** Returns the name of the weight of layer {@code l}, 1 to L. */
  public static String weight(int l) {
    return "weight/" + l;
  }

  /** Returns the type of the weight of layer {@code l}: [M, n_l, n_(l-1)]. */
  public TensorType weightType(int l, int models) {
    return real(models, extents.get(l), extents.get(l - 1));
  }

  /**
   * Builds one step of gradient descent in place: state {@code weight/l}; inputs {@code y} [1 or M,
   * m, k], {@code x} [1 or M, d, k], {@code rate} and {@code decay} [M, 1, 1]; {@code W_l <- (1 -
   * rate decay) W_l - rate G_l}.
   *
   * @param columns samples k, or columns after {@link SampleCompression}
   * @param shared whether all models see the same data
   */
  public Program step(int models, int columns, boolean shared) {
    Program.Builder b = Program.builder("deep-linear-step");
    List<Value> weights = declare(b, models);
    Value y = b.input("y", real(shared ? 1 : models, inputs(), columns));
    Value x = b.input("x", real(shared ? 1 : models, outputs(), columns));
    Value rate = b.input("rate", real(models, 1, 1));
    Value decay = b.input("decay", real(models, 1, 1));
    Value residual = F.sub(F.mul(product(weights, y), scale), x);
    Value loss = F.mul(F.sum(F.square(residual), 1, 2), 0.5);
    List<Value> gradients = Diff.grad(loss, weights);
    Value one = F.constant(rate, 1);
    Value kept = F.sub(one, F.mul(rate, decay));
    for (int l = 1; l <= layers(); l++) {
      Value w = weights.get(l - 1);
      Value step = F.mul(gradients.get(l - 1), rate);
      b.state(weight(l), F.sub(F.mul(w, kept), step));
    }
    return b.build();
  }

  /** Builds the map {@code E} of the weights: output {@code map} [M, d, m]. */
  public Program map(int models) {
    Program.Builder b = Program.builder("deep-linear-map");
    List<Value> weights = declare(b, models);
    return b.output("map", map(weights)).build();
  }

  /** Returns {@code c W_L ... W_1}, multiplied from the first layer on. */
  public Value map(List<Value> weights) {
    return F.mul(product(weights.subList(1, layers()), weights.get(0)), scale);
  }

  /**
   * Builds a program that writes the current state of a run into the next column of two histories:
   * states {@code history/loss} and {@code history/off} [M, records], {@code history/count} I32 [M,
   * 1]; inputs weights, {@code y}, {@code x} and {@code off} [1 or M, m, m], the projector onto the
   * complement of the inputs' range. Loss is {@code |E Y - X|^2}, off is {@code |E off|^2}, both
   * Frobenius.
   */
  public Program record(int models, int columns, boolean shared, int records) {
    Program.Builder b = Program.builder("deep-linear-record");
    List<Value> weights = declare(b, models);
    Value y = b.input("y", real(shared ? 1 : models, inputs(), columns));
    Value x = b.input("x", real(shared ? 1 : models, outputs(), columns));
    Value off = b.input("off", real(shared ? 1 : models, inputs(), inputs()));
    Value count = b.input("history/count", new TensorType(DType.I32, Shape.of(models, 1)));
    Value residual = F.sub(F.mul(product(weights, y), scale), x);
    Value outside = F.matmul(map(weights), off);
    write(b, "history/loss", residual, count, models, records);
    write(b, "history/off", outside, count, models, records);
    b.state("history/count", F.add(count, F.constant(count, 1)));
    return b.build();
  }

  private static void write(
      Program.Builder b, String name, Value v, Value count, int models, int records) {
    Value old = b.input(name, real(models, records));
    Value square = F.reshape(F.sum(F.square(v), 1, 2), Shape.of(models, 1));
    Value here = F.eq(F.iota(2, 1, records), count);
    b.state(name, F.select(here, square, old));
  }

  List<Value> declare(Program.Builder b, int models) {
    List<Value> weights = new ArrayList<>();
    for (int l = 1; l <= layers(); l++) {
      weights.add(b.input(weight(l), weightType(l, models)));
    }
    return weights;
  }

  private static Value product(List<Value> weights, Value first) {
    Value h = first;
    for (Value w : weights) {
      h = F.matmul(w, h);
    }
    return h;
  }

  static TensorType real(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }
}
