// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.linalg.SymmetricEigen;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Spectral norms of the Jacobian of the outputs with respect to the input, one a model and sample,
 * in double: the K rows of J are one stacked vector-Jacobian product, the norm is the root of the
 * largest eigenvalue of J J^T (research: Khromov & Singh 2024, lower Lipschitz bound).
 */
public final class JacobianNorms {
  /** Samples of one run: bounds the memory of the stacked rows. */
  private static final int BATCH = 128;

  private JacobianNorms() {}

  /**
   * @param params by name, [M, shape...]
   * @param x [N, features...]
   * @return [model][sample]
   */
  public static double[][] spectral(
      Device device, Network network, Map<String, HostTensor> params, HostTensor x) {
    int models = params.values().iterator().next().shape().models();
    int samples = x.shape().dim(0);
    int k = network.outputs();
    double[][] norms = new double[models][samples];
    int batch = Math.min(BATCH, samples);
    try (Executable e = device.compile(gram(network, models, batch))) {
      params.forEach((name, v) -> e.input("param/" + name).write(v.toDouble()));
      int features = Math.toIntExact(x.shape().size() / samples);
      for (int from = 0; from < samples; from += batch) {
        double[] part = new double[batch * features];
        for (int i = 0; i < part.length; i++) {
          // Past the end the last sample is repeated.
          int n = Math.min(samples - 1, from + i / features);
          part[i] = x.get(n * features + i % features);
        }
        e.input("x").write(HostTensor.of(network.input().insert(0, batch).insert(0, 1), part));
        e.run();
        double[] gram = e.output("gram").read().doubles();
        for (int m = 0; m < models; m++) {
          for (int b = 0; b < batch && from + b < samples; b++) {
            norms[m][from + b] = largest(gram, (m * batch + b) * k * k, k);
          }
        }
      }
    }
    return norms;
  }

  private static double largest(double[] gram, int at, int k) {
    double[] g = java.util.Arrays.copyOfRange(gram, at, at + k * k);
    double[] values = SymmetricEigen.of(g, k).values();
    double top = 0;
    for (double v : values) {
      top = Math.max(top, v);
    }
    return Math.sqrt(top);
  }

  /** J J^T for every model and sample: [M, B, K, K]. */
  private static Program gram(Network network, int models, int batch) {
    Program.Builder b = Program.builder("jacobian-gram");
    Map<String, Value> params = network.declare(b, "param/", models, DType.F64);
    Shape samples = network.input().insert(0, batch);
    Value shared = b.input("x", new TensorType(DType.F64, samples.insert(0, 1)));
    Value x = F.broadcast(shared, samples.insert(0, models)); // one Jacobian a model, not their sum
    int k = network.outputs();
    Value rows = rows(network.apply(params, x), x, k); // [M, K, B, features...]
    int features = Math.toIntExact(network.input().size());
    Value flat = F.reshape(rows, Shape.of(models, k, batch, features));
    Value j = F.transpose(flat, List.of(0, 2, 1, 3)); // [M, B, K, D]
    return Simplify.run(b.output("gram", F.matmul(j, j, false, true)).build());
  }

  /** All rows of the Jacobian at once: [M, K, B, features...]. */
  static Value rows(Value outputs, Value x, int k) {
    Value ct = F.mul(F.fill(DType.F64, outputs.shape(), 1), 1);
    Value gradient = Diff.vjp(outputs, ct, List.of(x)).get(0);
    Shape stacked = outputs.shape().insert(1, k);
    Value unit =
        F.cast(
            F.eq(F.iota(4, 1, k), F.iota(4, 3, k)), DType.F64); // one-hot row s for stack index s
    return Diff.stack(List.of(gradient), Map.of(ct, F.broadcast(unit, stacked)), k).get(0);
  }
}
