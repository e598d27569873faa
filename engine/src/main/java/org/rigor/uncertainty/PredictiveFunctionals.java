// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/**
 * Predictions of chains over time, on which the chains are diagnosed. Weights themselves have
 * symmetries that no chain crosses and no prediction sees.
 */
public final class PredictiveFunctionals {
  private PredictiveFunctionals() {}

  /**
   * Returns the probability of each sample's label and, last, the mean log-probability of all
   * labels: [N + 1][chain][t].
   *
   * @param x [N, features...]
   */
  public static double[][][] of(
      Device device, Network network, Chains chains, HostTensor x, int[] labels) {
    int n = labels.length;
    Program.Builder b = Program.builder("functionals");
    Map<String, Value> w = network.declare(b, "param/", chains.chains(), DType.F64);
    Value in = b.input("x", State.f64(x.shape().insert(0, 1)));
    Value oneHot = F.oneHot(b.input("labels", State.i32(1, n)), network.outputs(), DType.F64);
    Value log = F.neg(Loss.crossEntropy(network.apply(w, in), oneHot)); // [C, N, 1]
    b.output("values", F.concat(1, F.exp(log), F.mean(log, 1)));
    try (Workspace space = new Workspace(device, "functionals")) {
      space.put("x", x.toDouble().reshape(x.shape().insert(0, 1)));
      space.put("labels", HostTensor.of(Shape.of(1, n), labels));
      Executable e = space.link(space.declare(b.build()));
      return chains.functionals(
          state -> {
            space.putAll("param/", state);
            e.run();
            HostTensor v = space.read("values");
            double[][] out = new double[n + 1][chains.chains()];
            for (int f = 0; f <= n; f++) {
              for (int c = 0; c < chains.chains(); c++) {
                out[f][c] = v.get(c * (n + 1) + f);
              }
            }
            return out;
          });
    }
  }

  /** Returns the functionals of a single trial's chains, one of M trials. */
  public static double[][][] trial(double[][][] functionals, int trial, int trials) {
    double[][][] out = new double[functionals.length][][];
    for (int f = 0; f < out.length; f++) {
      int own = functionals[f].length / trials;
      out[f] = java.util.Arrays.copyOfRange(functionals[f], trial * own, (trial + 1) * own);
    }
    return out;
  }
}
