// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Values and central differences of one model in double. */
final class Differences {
  private static final double STEP = 1e-5;

  private Differences() {}

  /** Outputs [rows][K] at points [rows][D]. */
  static double[][] outputs(
      Device device, Network net, Map<String, HostTensor> params, double[][] points) {
    Program.Builder b = Program.builder("outputs");
    Map<String, Value> declared = new LinkedHashMap<>();
    params.forEach((n, v) -> declared.put(n, b.input(n, v.type())));
    Shape shape = net.input().insert(0, points.length).insert(0, 1);
    Value x = b.input("the input", new TensorType(DType.F64, shape));
    b.output("y", net.apply(declared, x));
    try (Executable e = device.compile(b.build())) {
      params.forEach((n, v) -> e.input(n).write(v));
      e.input("the input").write(HostTensor.of(shape, Traced.flat(points)));
      e.run();
      double[] y = e.output("y").read().doubles();
      int k = net.outputs();
      double[][] out = new double[points.length][k];
      for (int i = 0; i < y.length; i++) {
        out[i / k][i % k] = y[i];
      }
      return out;
    }
  }

  /** K x D. */
  static double[][] jacobian(
      Device device, Network net, Map<String, HostTensor> params, double[] x) {
    double[][] points = new double[2 * x.length][];
    for (int i = 0; i < x.length; i++) {
      points[2 * i] = x.clone();
      points[2 * i][i] += STEP;
      points[2 * i + 1] = x.clone();
      points[2 * i + 1][i] -= STEP;
    }
    double[][] y = outputs(device, net, params, points);
    double[][] j = new double[net.outputs()][x.length];
    for (int i = 0; i < x.length; i++) {
      for (int k = 0; k < j.length; k++) {
        j[k][i] = (y[2 * i][k] - y[2 * i + 1][k]) / (2 * STEP);
      }
    }
    return j;
  }
}
