// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.exec.cuda.CudaDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * g. Costs of a launch and of a replayed node; the share of a copy's bandwidth that maps and
 * reductions reach; the share of the best product beside them that a product reaches. On a GPU,
 * device events time replays, which leaves out the host's part; wall time measures single launches,
 * and everything elsewhere. Each record says which clock it used.
 */
final class KernelWork {
  private static final String EVENTS = "device events";
  private static final String WALL = "wall";

  private final Session session;
  private final Device device;
  private final Buffer mark;
  private final boolean events;

  private KernelWork(Session session, Device device, Buffer mark, boolean events) {
    this.session = session;
    this.device = device;
    this.mark = mark;
    this.events = events;
  }

  static void run(Session s) {
    run(s, s.gpu());
  }

  /**
   * @param events whether to use the device's own clock, which an emulator has too
   */
  static void run(Session s, boolean events) {
    try (Device device = Device.open(s.kind());
        Scope scope = device.scope("mark")) {
      Buffer mark = scope.buffer("mark", HostTensor.of(Shape.of(1, 1), 0));
      new KernelWork(s, device, mark, events).all();
    }
  }

  private void all() {
    int n = session.size(1 << 26, 1 << 12);
    int side = session.size(8192, 64);
    Shape wide = Shape.of(1, side, side);
    double all = wide.size();
    launches();
    bandwidth("map, 1 in 1 out", Shape.of(1, n), 2.0 * n, x -> F.add(F.mul(x, 0.5), 1));
    bandwidth("map tanh", Shape.of(1, n), 2.0 * n, F::tanh);
    bandwidth("map with a row", wide, 2 * all, x -> F.add(x, F.mul(F.slice(x, 1, 0, 1), 2)));
    bandwidth("sum over the last axis", wide, all, x -> F.sum(x, 2));
    bandwidth("sum over the middle axis", wide, all, x -> F.sum(x, 1));
    bandwidth("max over the last axis", wide, all, x -> F.max(x, 2));
    bandwidth("transpose and add", wide, 2 * all, x -> F.add(F.transpose(x, List.of(0, 2, 1)), 1));
    int large = Yardstick.side(session);
    product("product 1x" + large, 1, large, 3);
    product("product 1024x128", session.size(1024, 4), session.size(128, 16), 10);
  }

  /** Measures a kernel over 4,096 elements: launched by itself, and as a node of a replay. */
  private void launches() {
    int count = 100;
    Stopwatch watch = session.stopwatch().on(device);
    try (Executable e = device.compile(map(Shape.of(1, 4096), x -> F.add(x, 1)))) {
      Stopwatch.Times direct =
          watch.time(
              session.seconds() / 2,
              run -> {
                for (int i = 0; i < count; i++) {
                  e.run();
                }
                mark.read();
              });
      note("launch", WALL, direct.dividedBy(count), 0, 8 * 4096, Map.of());
      try (Sequence s = device.sequence(List.of(Sequence.repeat(count, Sequence.run(e))))) {
        Stopwatch.Times replay =
            replays(
                session.stopwatch().on(device),
                () -> {
                  for (int i = 0; i < 10; i++) {
                    s.run();
                  }
                });
        note("replayed node", clock(), replay.dividedBy(10.0 * count), 0, 8 * 4096, Map.of());
      }
    }
  }

  private void bandwidth(String name, Shape shape, double elements, Function<Value, Value> f) {
    Stopwatch watch = session.stopwatch().on(device);
    try (Executable e = device.compile(map(shape, f))) {
      e.input("x").write(HostTensor.of(shape, pattern(shape)));
      Stopwatch.Times t = replay(watch, e, 10);
      double gigabytes = 4 * elements / t.median() / 1e6;
      note(name, clock(), t, 0, 4 * elements, Map.of("GB/s", gigabytes));
    }
  }

  private void product(String name, int batch, int n, int count) {
    Stopwatch watch = session.stopwatch().on(device);
    Shape shape = Shape.of(batch, n, n);
    Program.Builder b = Program.builder("product");
    TensorType type = new TensorType(DType.F32, shape);
    Value y = F.matmul(b.input("a", type), b.input("b", type));
    try (Executable e = device.compile(b.output("y", y).build())) {
      e.input("a").write(HostTensor.of(shape, pattern(shape)));
      e.input("b").write(HostTensor.of(shape, pattern(shape)));
      Stopwatch.Times t = replay(watch, e, count);
      double flops = 2.0 * n * n * n * batch;
      Map<String, Double> speed = Map.of("TFLOP/s", flops / t.median() / 1e9);
      note(name, clock(), t, flops, 12.0 * shape.size(), speed);
    }
  }

  private Stopwatch.Times replay(Stopwatch watch, Executable e, int count) {
    try (Sequence s = device.sequence(List.of(Sequence.repeat(count, Sequence.run(e))))) {
      return replays(watch, s::run).dividedBy(count);
    }
  }

  private String clock() {
    return events ? EVENTS : WALL;
  }

  private Stopwatch.Times replays(Stopwatch watch, Runnable work) {
    if (events) {
      CudaDevice cuda = (CudaDevice) device;
      return watch.read(session.seconds() / 2, run -> cuda.milliseconds(work));
    }
    return watch.time(
        session.seconds() / 2,
        run -> {
          work.run();
          mark.read(); // waits
        });
  }

  private void note(
      String name,
      String clock,
      Stopwatch.Times t,
      double flops,
      double bytes,
      Map<String, ?> extra) {
    Map<String, Object> all = new LinkedHashMap<>(extra);
    all.put("name", name);
    all.put("clock", clock);
    Records.Floor floor = new Records.Floor(flops, bytes);
    session.records().time(new Records.Timed("g", 0, name, "f32", floor), t, all);
  }

  private static Program map(Shape shape, Function<Value, Value> f) {
    Program.Builder b = Program.builder("speed");
    return b.output("y", f.apply(b.input("x", new TensorType(DType.F32, shape)))).build();
  }

  /** Returns values in [-0.5, 0.5) without a pattern that a cache or a product could exploit. */
  static float[] pattern(Shape shape) {
    float[] x = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i * 0x9E3779B9) * 0x1p-32f;
    }
    return x;
  }
}
