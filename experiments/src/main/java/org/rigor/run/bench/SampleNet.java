// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Sequential;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** The network 784-256-256-10 shared by the works over many samples (e, f, h). */
final class SampleNet {
  /** Number of weights, without biases. */
  static final double WEIGHTS = 784 * 256 + 256 * 256 + 256 * 10;

  private SampleNet() {}

  static Sequential network() {
    return TrainingWork.mlp(784, 256, 256);
  }

  /** Returns the network's own classes [N]: with them as labels every sample starts out correct. */
  static HostTensor predictions(Device device, Map<String, HostTensor> params, HostTensor x) {
    int n = x.shape().dim(0);
    Program.Builder b = Program.builder("predictions");
    Map<String, Value> p = network().declare(b, "param/", 1, DType.F32);
    Value in = b.input("x", new TensorType(DType.F32, Shape.of(1, n, 784)));
    b.output("y", F.argMax(network().apply(p, in), -1));
    try (Executable e = device.compile(b.build())) {
      params.forEach((name, v) -> e.input("param/" + name).write(v));
      e.input("x").write(x.reshape(Shape.of(1, n, 784)));
      e.run();
      return e.output("y").read().reshape(Shape.of(n));
    }
  }
}
