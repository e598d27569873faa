// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Applies an optimiser to one number, in double, with given gradients. */
final class OptimiserRun {
  private static final TensorType ONE = new TensorType(DType.F64, Shape.of(1, 1));

  private OptimiserRun() {}

  static double of(Optimiser o, double w0, double[] gradients, Map<String, Double> hyper) {
    Program.Builder b = Program.builder("optimiser");
    Value w = b.input("w", ONE);
    Value g = b.input("g", ONE);
    Map<String, Value> h = new LinkedHashMap<>();
    hyper.forEach((name, v) -> h.put(name, F.fill(DType.F64, Shape.of(1, 1), v)));
    Map<String, Value> slots = new LinkedHashMap<>();
    o.slots().forEach(s -> slots.put(s, b.input(s, ONE)));
    Map<String, Value> globals = new HashMap<>();
    o.globals().forEach(s -> globals.put(s, b.input(s, ONE)));
    Map<String, Value> advanced = o.advance(globals, h);
    advanced.forEach(b::state);
    Optimiser.Update u = o.update(w, g, h, slots, advanced);
    b.state("w", u.w());
    u.slots().forEach(b::state);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      e.input("w").write(HostTensor.of(Shape.of(1, 1), w0));
      o.globals().forEach(s -> e.input(s).write(HostTensor.of(Shape.of(1, 1), 1.0)));
      for (double gi : gradients) {
        e.input("g").write(HostTensor.of(Shape.of(1, 1), gi));
        e.run();
      }
      return e.output("w").read().get(0);
    }
  }
}
