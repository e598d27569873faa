// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * f2. Twenty steps of power iteration on 4,096 matrices 256x256 at once, in float, with the
 * matrices on the device and one start for all; then the norm of A v, a lower bound of each
 * spectral norm. It runs as matrix products and as sums of elementwise ones; the faster counts.
 */
final class PowerWork {
  private static final int STEPS = 20;

  private final Session session;
  private final int count;
  private final int side;

  private PowerWork(Session session) {
    this.session = session;
    this.count = session.size(4096, 8);
    this.side = session.size(256, 32);
  }

  static void run(Session s) {
    new PowerWork(s).measure();
  }

  private void measure() {
    float[] best = null;
    String how = "";
    Stopwatch.Times fastest = null;
    double other = 0;
    try (Device device = Device.open(session.kind());
        Scope scope = device.scope("matrices")) {
      Buffer a = scope.buffer("a", HostTensor.of(Shape.of(count, side, side), matrices()));
      for (boolean products : new boolean[] {true, false}) {
        float[] norms = new float[count];
        Stopwatch.Times t = time(device, a, products, norms);
        if (fastest == null || t.median() < fastest.median()) {
          other = fastest == null ? 0 : fastest.median();
          fastest = t;
          best = norms;
          how = products ? "products" : "sums";
        } else {
          other = t.median();
        }
      }
    }
    String title =
        String.format(Locale.ROOT, "%d steps of power iteration of matrices %dx%2$d", STEPS, side);
    double elements = (double) count * side * side;
    // A step reads the matrix twice: A' must wait for the norm of all of A v.
    Records.Floor floor = new Records.Floor(4 * STEPS * elements, 4 * STEPS * elements);
    session
        .records()
        .time(
            new Records.Timed("f2", count, title, "f32", floor),
            fastest,
            Map.of("as", how, "otherWayMs", other));
    double[] wide = new double[count];
    for (int i = 0; i < count; i++) {
      wide[i] = best[i];
    }
    session.records().agree("f2", JacobianWork.summary(wide));
  }

  private Stopwatch.Times time(Device device, Buffer a, boolean products, float[] norms) {
    TensorType column = new TensorType(DType.F32, Shape.of(count, side, 1));
    // The peers take turns with the first of both ways.
    Stopwatch watch = products ? session.stopwatch("f2", count) : session.stopwatch();
    Program.Builder b = Program.builder("power-step");
    Value m = b.input("a", a.type());
    Value v = b.input("v", column);
    Value w = transposed(m, forward(m, v, products), products);
    Value length = F.sqrt(F.sum(F.square(w), 1));
    Program step = b.state("v", F.div(w, length)).build();
    Program.Builder e = Program.builder("norms");
    Value image = forward(e.input("a", a.type()), e.input("v", column), products);
    Program end = e.output("norm", F.sqrt(F.sum(F.square(image), 1))).build();
    float[] start = new float[count * side];
    Arrays.fill(start, (float) (1 / Math.sqrt(side)));
    HostTensor v0 = HostTensor.of(column.shape(), start);
    try (Scope scope = device.scope("vectors")) {
      Buffer x = scope.buffer("v", v0);
      try (Executable one = device.compile(step, Map.of("a", a, "v", x));
          Executable last = device.compile(end, Map.of("a", a, "v", x));
          Sequence all =
              device.sequence(
                  List.of(Sequence.repeat(STEPS, Sequence.run(one)), Sequence.run(last)))) {
        return watch
            .on(device)
            .time(
                session.seconds(),
                run -> {
                  x.write(v0);
                  all.run();
                  System.arraycopy(last.output("norm").read().floats(), 0, norms, 0, count);
                });
      }
    }
  }

  private Value forward(Value a, Value v, boolean products) {
    return products ? F.matmul(a, v) : F.sum(F.mul(a, F.reshape(v, Shape.of(count, 1, side))), 2);
  }

  private Value transposed(Value a, Value u, boolean products) {
    return products
        ? F.matmul(a, u, true, false)
        : F.reshape(F.sum(F.mul(a, u), 1), Shape.of(count, side, 1));
  }

  /** Returns hashed indices in [-0.5, 0.5), which the peers recompute. */
  private float[] matrices() {
    float[] x = new float[count * side * side];
    for (int i = 0; i < x.length; i++) {
      int h = i * 0x9E3779B9;
      h = (h ^ (h >>> 15)) * 0x85EBCA6B;
      x[i] = (h ^ (h >>> 13)) * 0x1p-32f;
    }
    return x;
  }
}
