// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * CROWN bounds of rows on many boxes in one pass, in real arithmetic with rounding enclosed, for a
 * search that halves boxes of inputs: cheaper than a {@link Verifier}, which improves them.
 */
public final class BoxBounds implements AutoCloseable {
  private static final int CPU_BOXES = 32;
  private static final int GPU_BOXES = 1 << 12;
  private static final long LARGEST = 1L << 27;

  private final Models network;
  private final int inputs;
  private final int classes;
  private final int rows;
  private final Workspace space;
  private final Executable pass;
  private final int boxes;

  /**
   * A box and rows on it.
   *
   * @param lower [D]
   * @param upper [D]
   * @param rows of the problem that are asked for, at most as many as the bounds were made for
   */
  public record Query(double[] lower, double[] upper, Problem problem, int[] rows) {}

  /**
   * Bounds of the rows of a query.
   *
   * @param lower side of each row over the box; NaN where nothing is known
   * @param slopes coefficients of the inputs in the line below each row, [R][D]
   */
  public record Answer(double[] lower, double[][] slopes) {}

  /**
   * @param network one model, which must stay open while this is used
   * @param rows most rows of a query
   */
  public BoxBounds(Models network, int rows) {
    if (network.count() != 1) {
      throw new IllegalArgumentException("boxes: need one model, got " + network.count());
    }
    this.network = network;
    this.inputs = Math.toIntExact(network.network().input().size());
    this.classes = network.network().outputs();
    this.rows = rows;
    this.space = new Workspace(network.device(), "boxes");
    try {
      network.share(space, DType.F64);
      this.pass =
          space.halving(this::pass, network.device().info().gpu() ? GPU_BOXES : CPU_BOXES, LARGEST);
      this.boxes = space.get("lower").type().shape().dim(1);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /** Returns the number of boxes of a pass. */
  public int boxes() {
    return boxes;
  }

  /** Bounds at most {@link #boxes} queries; what one gets does not depend on the others. */
  public List<Answer> run(List<Query> queries) {
    double[] lower = new double[boxes * inputs];
    double[] upper = new double[boxes * inputs];
    double[] outputs = new double[rows * boxes * classes];
    double[] reads = new double[rows * boxes * inputs];
    double[] constants = new double[rows * boxes];
    for (int i = 0; i < boxes; i++) {
      Query q = queries.get(Math.min(i, queries.size() - 1));
      System.arraycopy(q.lower, 0, lower, i * inputs, inputs);
      System.arraycopy(q.upper, 0, upper, i * inputs, inputs);
      for (int r = 0; r < q.rows.length; r++) {
        int at = r * boxes + i;
        System.arraycopy(q.problem.outputs()[q.rows[r]], 0, outputs, at * classes, classes);
        if (q.problem.readsInputs()) {
          System.arraycopy(q.problem.inputs()[q.rows[r]], 0, reads, at * inputs, inputs);
        }
        constants[at] = q.problem.constants()[q.rows[r]];
      }
    }
    space.put("lower", HostTensor.of(Shape.of(1, boxes, inputs), lower));
    space.put("upper", HostTensor.of(Shape.of(1, boxes, inputs), upper));
    space.put("outputs", HostTensor.of(Shape.of(1, rows, boxes, classes), outputs));
    space.put("inputs", HostTensor.of(Shape.of(1, rows, boxes, inputs), reads));
    space.put("constants", HostTensor.of(Shape.of(1, rows, boxes), constants));
    pass.run();
    double[] bounds = space.read("bounds").doubles();
    double[] slopes = space.read("slopes").doubles();
    return IntStream.range(0, queries.size())
        .mapToObj(i -> answer(queries.get(i), i, bounds, slopes))
        .toList();
  }

  private Answer answer(Query q, int i, double[] bounds, double[] slopes) {
    double[] lower = new double[q.rows.length];
    double[][] lines = new double[q.rows.length][];
    for (int r = 0; r < lower.length; r++) {
      int at = r * boxes + i;
      lower[r] = bounds[at];
      lines[r] = Arrays.copyOfRange(slopes, at * inputs, (at + 1) * inputs);
    }
    return new Answer(lower, lines);
  }

  private Program pass(int batch) {
    Shape input = network.network().input();
    Program.Builder b = Program.builder("boxes-crown");
    var p = network.network().declare(b, "param/", 1, DType.F64);
    Value x = b.input("x", f64(input.insert(0, batch).insert(0, 1)));
    Value low = b.input("lower", f64(Shape.of(1, batch, inputs)));
    Value high = b.input("upper", f64(Shape.of(1, batch, inputs)));
    Interval sides = new Interval(F.reshape(low, x.shape()), F.reshape(high, x.shape()));
    Region region = new Region(x, null, Norm.LINF, sides);
    Value y = Reform.of(network.network().apply(p, x), x);
    LinearBounds bounds = Ibp.propagate(y, region, true);
    Value a = b.input("outputs", f64(Shape.of(1, rows, batch, classes)));
    Value ax = b.input("inputs", f64(Shape.of(1, rows, batch, inputs)));
    Value lower =
        bounds.lower(
            y,
            F.reshape(a, y.shape().insert(1, rows)),
            F.reshape(ax, x.shape().insert(1, rows)),
            Set.of());
    Value lines = bounds.coefficients(x);
    Value constants = b.input("constants", f64(Shape.of(1, rows, batch)));
    Value all = F.reshape(lower, constants.shape());
    b.output("bounds", Outward.down(F.add(all, constants)));
    b.output("slopes", F.reshape(F.add(lines, 0), ax.shape()));
    return b.build();
  }

  private static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }

  @Override
  public void close() {
    space.close();
  }
}
