// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

class VerifierTest {
  private static final double[][] NONE = {};

  /** y = relu(x0 + x1), relu(x0 - x1); weights are [in, out]. */
  private static Models networks(Device device) {
    Sequential net = Sequential.mlp(Shape.of(2), List.of(2), Activation.RELU, 2);
    double[][] values = {{1, 1, 1, -1}, {0, 0}, {1, 0, 0, 1}, {0, 0}};
    Map<String, HostTensor> params = new java.util.LinkedHashMap<>();
    int i = 0;
    for (var p : net.parameters()) {
      params.put(p.name(), HostTensor.of(p.shape().insert(0, 1), values[i++]));
    }
    return Models.of(device, net, params);
  }

  private static Outcome outcome(Problem p) {
    try (Device device = new CpuDevice(2, "scalar", "test");
        Models networks = networks(device);
        Verifier verifier = new Verifier(networks)) {
      return verifier.run(List.of(p), Budget.nodes(100), Witness.NONE).get(0).get(0);
    }
  }

  /** On x in [1, 2] x [0, 1/2] both units are linear: y = (x0 + x1, x0 - x1). */
  @Test
  void boundsOfALinearPieceAreExact() {
    double[][] outputs = {{1, 0}, {0, -1}, {1, -1}, {1, 0}};
    double[][] inputs = {{0, 0}, {0, 0}, {0, 0}, {-2, 0}};
    double[] constants = {-0.9, 2.25, 0.25, 1.5};
    int[][] clauses = {{0}, {1}, {2}, {3}, {0, 3}};
    Problem p =
        new Problem(
            new double[] {1, 0}, new double[] {2, 0.5}, outputs, inputs, constants, clauses);
    Outcome o = outcome(p);
    double[] exact = {0.1, 0.25, 0.25, -0.5, 0.1};
    for (int c = 0; c < exact.length; c++) {
      assertThat(o.bounds()[c]).isBetween(exact[c] - 1e-12, exact[c]);
      assertThat(o.refuted()[c]).isEqualTo(exact[c] > 0);
    }
    assertThat(o.end()).isNotEqualTo(Outcome.End.REFUTED);
  }

  @Test
  void refusesWhatDoesNotFit() {
    double[] zero = {0, 0};
    double[] one = {1, 1};
    double[][] row = {{1, -1}};
    double[] c = {0};
    int[][] clause = {{0}};
    assertThatThrownBy(() -> new Problem(one, zero, row, NONE, c, clause))
        .hasMessageContaining("input 0 must have finite sides in order, got [1.0, 0.0]");
    assertThatThrownBy(() -> new Problem(zero, one, row, NONE, c, new int[][] {{1}}))
        .hasMessageContaining("no row 1 of 1");
    assertThatThrownBy(() -> new Problem(zero, one, row, NONE, c, new int[][] {{}}))
        .hasMessageContaining("clause without rows");
    assertThatThrownBy(
            () -> outcome(new Problem(zero, one, new double[][] {{1, 0, 0}}, NONE, c, clause)))
        .hasMessageContaining("2 inputs and 2 outputs");
  }
}
