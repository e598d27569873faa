// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.exec.cuda.CudaDoctor;
import org.rigor.exec.cuda.loading.Check;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.run.bench.Session;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Checks of the device's results against the CPU device and against double. */
final class DeviceChecks {
  private DeviceChecks() {}

  static void doctor(Session s, Map<String, Object> found) {
    if (!s.kind().equals("cuda")) {
      found.put("skipped", "the doctor looks for real devices");
      return;
    }
    List<Check> checks = CudaDoctor.examine();
    checks.forEach(c -> System.out.println(c.line()));
    found.put("checks", checks.stream().map(Check::line).toList());
  }

  static void device(Session s, Map<String, Object> found) {
    try (Device device = Device.open(s.kind())) {
      found.put("name", device.info().name());
      found.put("device", device.info().kind());
      found.put("details", device.info().details());
    }
  }

  /** Checks that random programs give the same bits as on the CPU, fused and not. */
  static void programs(Session s, Map<String, Object> found) {
    List<RandomProgram.Case> cases = new ArrayList<>();
    for (int seed = 0; seed < s.size(40, 6); seed++) {
      cases.add(RandomProgram.of(seed));
    }
    long elements = 0;
    List<String> wrong = new ArrayList<>();
    try (Device device = Device.open(s.kind());
        Device cpu = Device.open("cpu")) {
      List<Program> all = cases.stream().map(RandomProgram.Case::program).toList();
      for (CompileOptions o : List.of(CompileOptions.DEFAULT, CompileOptions.UNFUSED)) {
        device.prepare(all, o);
        for (RandomProgram.Case c : cases) {
          List<HostTensor> expected = outputs(cpu, c, o);
          List<HostTensor> got = outputs(device, c, o);
          for (int i = 0; i < got.size(); i++) {
            elements += got.get(i).shape().size();
            int bad = differences(got.get(i), expected.get(i));
            if (bad > 0) {
              wrong.add("%s y%d fused=%b: %d".formatted(c.program().name(), i, o.fuse(), bad));
            }
          }
        }
      }
    }
    found.put("programs", cases.size());
    found.put("elements", elements);
    found.put("wrong", wrong);
    if (!wrong.isEmpty()) {
      throw new IllegalStateException("not bit-equal to the CPU: " + wrong);
    }
  }

  private static List<HostTensor> outputs(Device d, RandomProgram.Case c, CompileOptions o) {
    try (Executable e = d.compile(c.program(), Map.of(), o)) {
      c.inputs()
          .forEach(
              (name, v) -> {
                if (c.program().inputs().containsKey(name)) {
                  e.input(name).write(v);
                }
              });
      e.run();
      return c.program().outputs().keySet().stream().map(n -> e.output(n).read()).toList();
    }
  }

  /** Counts elements with different bits; all NaNs count as equal. */
  private static int differences(HostTensor a, HostTensor b) {
    int n = 0;
    for (int i = 0; i < a.shape().size(); i++) {
      n += Double.compare(a.get(i), b.get(i)) == 0 ? 0 : 1;
    }
    return n;
  }

  /**
   * Checks matrix products of every layout against double, relative to the sum of absolute
   * products.
   */
  static void products(Session s, Map<String, Object> found) {
    Random random = new Random(7);
    double worst = 0;
    try (Device device = Device.open(s.kind())) {
      for (int trial = 0; trial < s.size(32, 8); trial++) {
        boolean ta = (trial & 1) != 0;
        boolean tb = (trial & 2) != 0;
        int models = trial % 3 == 0 ? 1 : 3;
        int m = 1 + random.nextInt(s.size(200, 40));
        int n = 1 + random.nextInt(s.size(200, 40));
        int k = 1 + random.nextInt(s.size(400, 80));
        HostTensor a = normal(random, models, ta ? k : m, ta ? m : k);
        HostTensor b = normal(random, (trial & 4) != 0 ? 1 : models, tb ? n : k, tb ? k : n);
        Program.Builder p = Program.builder("product");
        Value y = F.matmul(p.input("a", a.type()), p.input("b", b.type()), ta, tb);
        try (Executable e = device.compile(p.output("y", y).build())) {
          e.input("a").write(a);
          e.input("b").write(b);
          e.run();
          double error = error(e.output("y").read(), a, b, ta, tb, m, n, k);
          worst = Math.max(worst, error);
          if (!(error <= k * 0x1p-24)) {
            throw new IllegalStateException(
                "%s x %s ta=%b tb=%b: relative error %g over %g"
                    .formatted(a.shape(), b.shape(), ta, tb, error, k * 0x1p-24));
          }
        }
      }
    }
    found.put("worstRelativeError", worst);
  }

  private static double error(
      HostTensor y, HostTensor a, HostTensor b, boolean ta, boolean tb, int m, int n, int k) {
    double worst = 0;
    int models = y.shape().models();
    for (int e = 0; e < models; e++) {
      int atA = a.shape().models() == 1 ? 0 : e * m * k;
      int atB = b.shape().models() == 1 ? 0 : e * k * n;
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = 0;
          double size = 0;
          for (int q = 0; q < k; q++) {
            double p =
                a.get(atA + (ta ? q * m + i : i * k + q))
                    * b.get(atB + (tb ? j * k + q : q * n + j));
            sum += p;
            size += Math.abs(p);
          }
          worst = Math.max(worst, Math.abs(sum - y.get((e * m + i) * n + j)) / size);
        }
      }
    }
    return worst;
  }

  private static HostTensor normal(Random random, int... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return HostTensor.of(shape, values);
  }

  /**
   * Checks that a stateful step with a product and noise gives the same bits recorded and replayed.
   */
  static void replay(Session s, Map<String, Object> found) {
    int runs = 40;
    Program.Builder b = Program.builder("state");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(3, 33, 65)));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(3, 65, 65)));
    Value step = b.input("step", new TensorType(DType.I32, Shape.of(3, 1)));
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(3, 2)));
    Value ids = F.add(F.mul(step, 0), F.iota(2, 1, 33));
    Value noise = new Randoms(key, ids, step).normal("noise", DType.F32, Shape.of(65));
    b.state("x", F.tanh(F.add(F.mul(F.matmul(x, w), 0.2), noise)));
    b.state("step", F.add(step, F.constant(step, 1)));
    Program p = Simplify.run(b.build());
    Random random = new Random(3);
    HostTensor x0 = normal(random, 3, 33, 65);
    HostTensor w0 = normal(random, 3, 65, 65);
    try (Device device = Device.open(s.kind());
        Executable e = device.compile(p)) {
      e.input("w").write(w0);
      e.input("key").write(HostTensor.of(Shape.of(3, 2), 1, 2, 3, 4, 5, 6));
      HostTensor zero = HostTensor.of(Shape.of(3, 1), 0, 0, 0);
      e.input("x").write(x0);
      e.input("step").write(zero);
      for (int i = 0; i < runs; i++) {
        e.run();
      }
      HostTensor direct = e.input("x").read();
      e.input("x").write(x0);
      e.input("step").write(zero);
      try (Sequence q = device.sequence(List.of(Sequence.repeat(runs / 4, Sequence.run(e))))) {
        for (int i = 0; i < 4; i++) {
          q.run();
        }
        if (!e.input("x").read().bitEquals(direct)) {
          throw new IllegalStateException("a replay differs from direct runs");
        }
      }
      found.put("runs", runs);
    }
  }
}
