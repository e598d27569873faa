// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Kind;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.op.Relu;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.SparsitySpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/** How many units of each ReLU layer are on, of any network, in the order in which they are run. */
final class ReluMeasurement implements Measurement {
  private static final int BATCH = 64;
  private static final String LAYER = "layer-";

  private final SparsitySpecs.ReluSparsity spec;

  ReluMeasurement(SparsitySpecs.ReluSparsity spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    int has = program(u.network(), 1, 1).outputs().size();
    if (has < Math.max(1, spec.layers())) {
      throw new IllegalArgumentException(
          "layers: it has %d ReLU layers, got %d".formatted(has, Math.max(1, spec.layers())));
    }
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision()).toDouble();
    int whole = part.length / BATCH * BATCH;
    List<double[]> counts = new ArrayList<>(); // of each layer, [M * units]
    if (whole > 0) {
      count(c, x, 0, whole, BATCH, counts);
    }
    if (whole < part.length) {
      count(c, x, whole, part.length, part.length - whole, counts);
    }
    for (int m = 0; m < c.trials().size(); m++) {
      report(c.gathered().get(m).scalars, counts, m, c.trials().size(), part.length);
    }
  }

  private void report(
      Map<String, Scalar> out, List<double[]> counts, int m, int models, int samples) {
    double all = 0;
    double units = 0;
    double off = 0;
    for (int l = 0; l < counts.size(); l++) {
      double[] each = counts.get(l);
      int size = each.length / models;
      double on = 0;
      double dead = 0;
      for (int i = m * size; i < (m + 1) * size; i++) {
        on += each[i];
        dead += each[i] == 0 ? 1 : 0;
      }
      if (l < spec.layers()) {
        String active = SparsitySpecs.layer(SparsitySpecs.ReluSparsity.ACTIVE, l + 1);
        put(out, active, on / samples / size);
        String idle = SparsitySpecs.layer(SparsitySpecs.ReluSparsity.DEAD, l + 1);
        put(out, idle, dead / size);
      }
      all += on;
      off += dead;
      units += size;
    }
    put(out, SparsitySpecs.ReluSparsity.ACTIVE, all / samples / units);
    put(out, SparsitySpecs.ReluSparsity.DEAD, off / units);
  }

  private static void put(Map<String, Scalar> out, String name, double value) {
    out.put(name, new Scalar(value, Kind.ESTIMATE, "signs in double"));
  }

  /** Adds, for each unit, on how many samples it is on. */
  private static void count(
      Context c, HostTensor x, int from, int to, int batch, List<double[]> counts) {
    Program p = program(c.network(), c.trials().size(), batch);
    int width = Math.toIntExact(c.network().input().size());
    try (Executable e = Workspace.alone(c.device(), p)) {
      c.models().load(e::input);
      for (int at = from; at < to; at += batch) {
        HostTensor some = HostTensor.zeros(e.input("x").type());
        x.copy(at * width, batch * width, some, 0);
        e.input("x").write(some);
        e.run();
        for (int l = 0; l < p.outputs().size(); l++) {
          double[] own = e.output(LAYER + l).read().doubles();
          if (counts.size() == l) {
            counts.add(new double[own.length]);
          }
          for (int i = 0; i < own.length; i++) {
            counts.get(l)[i] += own[i];
          }
        }
      }
    }
  }

  private static Program program(Network network, int models, int batch) {
    Program.Builder b = Program.builder("active-units");
    Map<String, Value> w = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, batch).insert(0, 1);
    Value logits = network.apply(w, b.input("x", new TensorType(DType.F64, shape)));
    int layers = 0;
    for (Value v : Program.topological(List.of(logits))) {
      if (!v.isInput() && v.op() instanceof Relu && v.shape().dim(1) == batch) {
        Value on = F.cast(F.gt(v, F.constant(v, 0)), DType.F64);
        b.output(LAYER + layers++, F.sum(on, 1));
      }
    }
    if (layers == 0) {
      throw new IllegalArgumentException("it has no ReLU layer that keeps samples apart");
    }
    return b.build();
  }
}
