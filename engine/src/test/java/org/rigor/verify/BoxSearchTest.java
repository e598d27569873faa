// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.certify.BoxBounds;
import org.rigor.certify.Problem;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** Halving of the boxes of several problems on y = (relu(x0 + x1), relu(x0 - x1)). */
class BoxSearchTest {
  private static final BoxSearch.Points NONE =
      new BoxSearch.Points() {
        @Override
        public void near(int problem, int clause, double[] x) {
          // nobody looks for counterexamples here
        }

        @Override
        public void unsafe(int problem, int clause, double[] x) {
          // nobody looks for counterexamples here
        }
      };

  private static Models network(Device device) {
    Sequential net = Sequential.mlp(Shape.of(2), List.of(2), Activation.RELU, 2);
    float[][] values = {{1, 1, 1, -1}, {0, 0}, {1, 0, 0, 1}, {0, 0}};
    Map<String, HostTensor> params = new LinkedHashMap<>();
    int i = 0;
    for (var p : net.parameters()) {
      params.put(p.name(), HostTensor.of(p.shape().insert(0, 1), values[i++]));
    }
    return Models.of(device, net, params);
  }

  /** A row {@code scale (c - y0 - y1)} on [-1, 1]^2, where y0 + y1 goes up to 2. */
  private static Problem problem(double scale, double c) {
    return new Problem(
        new double[] {-1, -1},
        new double[] {1, 1},
        new double[][] {{-scale, -scale}},
        new double[0][],
        new double[] {scale * c},
        new int[][] {{0}});
  }

  /** The first problem, which nothing refutes, has the lowest bounds whatever is halved of it. */
  @Test
  void aHardProblemLeavesTheOthersTheirTurns() {
    List<Problem> problems = new ArrayList<>(List.of(problem(1e6, 1)));
    for (int i = 0; i < 5; i++) {
      problems.add(problem(1, 2.05 + 0.01 * i));
    }
    List<boolean[]> refuted = problems.stream().map(p -> new boolean[1]).toList();
    long[] boxes = new long[problems.size()];
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models network = network(device);
        BoxBounds bounds = BoxSearch.bounds(network, problems);
        BoxSearch search =
            new BoxSearch(
                bounds, problems, refuted, NONE, (p, more, steps) -> boxes[p] += more, false)) {
      boolean more = search.run(600, () -> false, p -> !search.refuted(p, 0));
      assertThat(more).isTrue();
      assertThat(search.refuted(0, 0)).isFalse();
      for (int p = 1; p < problems.size(); p++) {
        assertThat(boxes[p]).as("boxes of problem %d", p).isBetween(2L, boxes[0]);
        assertThat(search.refuted(p, 0)).as("problem %d", p).isTrue();
      }
    }
  }
}
