// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
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
 * Decision of problems for M networks: which of their clauses no point of the box fulfils. Bounds
 * are in real arithmetic, computed in F64 with rounding enclosed; what a problem's outcome is does
 * not depend on the problems around it. Kept between calls, so that programs are compiled once.
 */
public final class Verifier implements AutoCloseable {
  private static final int ROWS = 16;

  private final Models networks;
  private final int inputs;
  private final int classes;
  private final Workspace space;
  private Executable pass;

  /**
   * @param networks M of them, which must stay open while this is used
   */
  public Verifier(Models networks) {
    this.networks = networks;
    this.inputs = Math.toIntExact(networks.network().input().size());
    this.classes = networks.network().outputs();
    this.space = new Workspace(networks.device(), "verify");
  }

  /**
   * Searches all problems for all models, together.
   *
   * @param budget of each problem of each model
   * @param witness asked about points that the search comes upon, on the calling thread
   * @return by model and problem
   * @throws IllegalArgumentException if a problem is of another size than the networks
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   */
  public List<List<Outcome>> run(List<Problem> problems, Budget budget, Witness witness) {
    problems.forEach(this::check);
    if (pass == null) {
      networks.share(space, DType.F64);
      pass = space.link(space.declare(pass()));
    }
    List<List<Outcome>> all = new ArrayList<>();
    for (int m = 0; m < networks.count(); m++) {
      all.add(new ArrayList<>());
    }
    for (Problem p : problems) {
      double[][] rows = rows(p);
      for (int m = 0; m < rows.length; m++) {
        all.get(m).add(outcome(p, rows[m]));
      }
    }
    return all;
  }

  private void check(Problem p) {
    boolean rows = Arrays.stream(p.outputs()).allMatch(r -> r.length == classes);
    boolean reads = Arrays.stream(p.inputs()).allMatch(r -> r.length == inputs);
    if (p.lower().length != inputs || !rows || !reads) {
      throw new IllegalArgumentException(
          "verify: the networks have %d inputs and %d outputs, the problem another number"
              .formatted(inputs, classes));
    }
  }

  private static Outcome outcome(Problem p, double[] rows) {
    int n = p.clauses().length;
    boolean[] refuted = new boolean[n];
    double[] bounds = new double[n];
    boolean all = true;
    for (int c = 0; c < n; c++) {
      bounds[c] = Double.NEGATIVE_INFINITY;
      for (int r : p.clauses()[c]) {
        bounds[c] = rows[r] > bounds[c] ? rows[r] : bounds[c];
      }
      refuted[c] = bounds[c] > 0;
      all &= refuted[c];
    }
    return new Outcome(refuted, bounds, all ? Outcome.End.REFUTED : Outcome.End.BUDGET, 0, 0);
  }

  /** Returns a lower side of each row, [M][R]. */
  private double[][] rows(Problem p) {
    int models = networks.count();
    double[][] found = new double[models][p.constants().length];
    space.put("lower", HostTensor.of(Shape.of(1, inputs), p.lower()));
    space.put("upper", HostTensor.of(Shape.of(1, inputs), p.upper()));
    for (int from = 0; from < p.constants().length; from += ROWS) {
      double[] outputs = new double[ROWS * classes];
      double[] reads = new double[ROWS * inputs];
      double[] constants = new double[ROWS];
      int count = Math.min(ROWS, p.constants().length - from);
      for (int i = 0; i < count; i++) {
        System.arraycopy(p.outputs()[from + i], 0, outputs, i * classes, classes);
        if (p.readsInputs()) {
          System.arraycopy(p.inputs()[from + i], 0, reads, i * inputs, inputs);
        }
        constants[i] = p.constants()[from + i];
      }
      space.put("outputs", HostTensor.of(Shape.of(1, ROWS, classes), outputs));
      space.put("inputs", HostTensor.of(Shape.of(1, ROWS, inputs), reads));
      space.put("constants", HostTensor.of(Shape.of(1, ROWS), constants));
      pass.run();
      double[] bounds = space.read("bounds").doubles();
      for (int m = 0; m < models; m++) {
        System.arraycopy(bounds, m * ROWS, found[m], from, count);
      }
    }
    return found;
  }

  private Program pass() {
    int models = networks.count();
    Shape input = networks.network().input();
    Program.Builder b = Program.builder("verify-crown");
    var p = networks.network().declare(b, "param/", models, DType.F64);
    Value x = b.input("x", f64(input.insert(0, 1).insert(0, models)));
    Value low = b.input("lower", f64(Shape.of(1, inputs)));
    Value high = b.input("upper", f64(Shape.of(1, inputs)));
    Interval sides =
        new Interval(
            F.broadcast(F.reshape(low, input.insert(0, 1).insert(0, 1)), x.shape()),
            F.broadcast(F.reshape(high, input.insert(0, 1).insert(0, 1)), x.shape()));
    Region region = new Region(x, null, Norm.LINF, sides);
    Value y = Reform.of(networks.network().apply(p, x), x);
    LinearBounds bounds = Ibp.propagate(y, region, true);
    Value a = b.input("outputs", f64(Shape.of(1, ROWS, classes)));
    Value ax = b.input("inputs", f64(Shape.of(1, ROWS, inputs)));
    Value lower =
        bounds.lower(
            y,
            F.reshape(a, y.shape().insert(1, ROWS).with(0, 1)),
            F.reshape(ax, x.shape().insert(1, ROWS).with(0, 1)),
            Set.of());
    Value rows = F.reshape(lower, Shape.of(models, ROWS));
    Value constants = b.input("constants", f64(Shape.of(1, ROWS)));
    b.output("bounds", Outward.down(F.add(rows, constants)));
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
