// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Spectral norms of thousands of matrices at once, from below, by power iteration on W'W in the
 * matrices' own type; they stay on the device, and steps are one replayed loop. The result is
 * evaluated in double: {@code ||W v|| / ||v||} for the last v, with its rounding error taken off,
 * is at most the norm whatever v is. It is never an upper side; {@link org.rigor.linalg.GramNorm}
 * has one.
 */
public final class PowerIteration implements AutoCloseable {
  private final Device device;
  private final Scope scope;
  private final Shape shape;
  private final HostTensor start;
  private final Map<String, Buffer> buffers = new LinkedHashMap<>();
  private final Executable step;
  private final Executable evaluate;

  /**
   * @param norms as evaluated, [matrices]
   * @param lower certified: at most the exact norm of the stored numbers, all rounding included
   */
  public record Norms(double[] norms, double[] lower) {}

  /**
   * Copies the matrices to a device.
   *
   * @param w [N, rows, cols] in F32 or F64
   * @throws IllegalArgumentException if w is something else
   */
  public PowerIteration(Device device, HostTensor w) {
    if (w.shape().rank() != 3 || !w.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "power iteration: needs floating [N, rows, cols], got " + w.type());
    }
    this.device = device;
    this.shape = w.shape().insert(0, 1);
    int n = shape.dim(1);
    int cols = shape.dim(3);
    this.scope = device.scope("power-iteration");
    buffers.put("w", scope.buffer("w", w.reshape(shape)));
    buffers.put("v", scope.buffer("v", new TensorType(w.dtype(), Shape.of(1, n, 1, cols))));
    this.start = start(w.dtype(), n, cols);
    this.step = device.compile(step(w.dtype()), buffers);
    this.evaluate = device.compile(evaluate(w.dtype()), buffers);
  }

  /** Normal numbers, the same for each matrix: in no direction of its own. */
  private static HostTensor start(DType type, int n, int cols) {
    SplittableRandom random = new SplittableRandom(1);
    double[] row = new double[cols];
    for (int i = 0; i < cols; i++) {
      row[i] = random.nextDouble() + random.nextDouble() + random.nextDouble() - 1.5;
    }
    double[] all = new double[Math.multiplyExact(n, cols)];
    for (int i = 0; i < all.length; i++) {
      all[i] = row[i % cols];
    }
    HostTensor t = HostTensor.of(Shape.of(1, n, 1, cols), all);
    return type == DType.F32 ? t.toFloat() : t;
  }

  /** v to W'W v of length 1, or zero. */
  private Program step(DType type) {
    Program.Builder b = Program.builder("power-step");
    Value w = b.input("w", new TensorType(type, shape));
    Value v = b.input("v", buffers.get("v").type());
    Value z = F.matmul(F.matmul(v, w, false, true), w);
    // Scaled by the largest entry first, whose square might overflow or vanish.
    Value largest = F.max(F.abs(z), 3);
    Value positive = F.gt(largest, F.constant(largest, 0));
    Value scaled = F.div(z, F.select(positive, largest, F.constant(largest, 1)));
    b.state("v", F.div(scaled, F.select(positive, F.l2Norm(scaled, 3), F.constant(largest, 1))));
    return Simplify.run(b.build());
  }

  /** Sums of squares of v, of W v, and of what is certain of each element of W v. */
  private Program evaluate(DType type) {
    Program.Builder b = Program.builder("power-evaluate");
    Value w = F.cast(b.input("w", new TensorType(type, shape)), DType.F64);
    Value v = F.cast(b.input("v", buffers.get("v").type()), DType.F64);
    Value y = F.abs(F.matmul(v, w, false, true)); // [1, N, 1, rows]
    int cols = shape.dim(3);
    // |error of y_r| <= gamma ||w_r|| ||v||; the factor 2 covers the roundings of the bound.
    double gamma = 2 * Outward.gamma(cols + 8L);
    Value lengths = F.sqrt(F.add(F.sum(F.square(w), 3), Outward.TINY)); // [1, N, rows, 1]
    Value rows = F.reshape(lengths, y.shape());
    Value length = F.sqrt(F.add(F.sum(F.square(v), 3), Outward.TINY));
    Value error = F.add(F.mul(F.mul(rows, length), gamma), Outward.TINY);
    Value certain = F.mul(F.maximum(F.sub(y, error), F.constant(y, 0)), 1 - 0x1p-50);
    Shape each = Shape.of(1, shape.dim(1));
    b.output("squares", F.reshape(F.sum(F.square(y), 3), each));
    b.output("least", F.reshape(F.sum(F.square(certain), 3), each));
    b.output("length", F.reshape(F.sum(F.square(v), 3), each));
    return Simplify.run(b.build());
  }

  /**
   * Starts again and takes {@code steps} steps of every matrix.
   *
   * @return the norms; NaN for a matrix whose numbers are not finite
   * @throws IllegalArgumentException if steps is negative
   */
  public Norms run(int steps) {
    buffers.get("v").write(start);
    try (Sequence s = device.sequence(List.of(Sequence.repeat(steps, Sequence.run(step))))) {
      s.run();
      evaluate.run();
    }
    double[] squares = evaluate.output("squares").read().doubles();
    double[] least = evaluate.output("least").read().doubles();
    double[] length = evaluate.output("length").read().doubles();
    double[] norms = new double[squares.length];
    double[] lower = new double[squares.length];
    for (int i = 0; i < norms.length; i++) {
      norms[i] = length[i] == 0 ? 0 : Math.sqrt(squares[i] / length[i]);
      lower[i] = JacobianSides.quotient(least[i], shape.dim(2), length[i], shape.dim(3));
    }
    return new Norms(norms, lower);
  }

  @Override
  public void close() {
    evaluate.close();
    step.close();
    scope.close();
  }
}
