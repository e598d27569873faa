// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

class JacobianAscentTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static double norm(Models m, HostTensor x) {
    return JacobianNorms.measure(m, x, Norm.L2, Nearby.in(Box.NONE)).certified(0).orElseThrow();
  }

  /** All units on is the steepest pattern of this network, and the starts lie in others. */
  @Test
  void reachesTheSteepestPattern() {
    List<double[][]> w =
        List.of(
            new double[][] {{1, 2, 0}, {0, 1, -1}, {2, 0, 1}, {-1, 1, 1}},
            new double[][] {{1, -1, 2, 0}, {0, 1, 1, -2}});
    Traced net = Traced.relu(w);
    double most = 6.539481864814168;
    assertThat(Patterns.all(w)).isCloseTo(most, within(1e-12));
    HostTensor starts =
        HostTensor.of(Shape.of(3, 3), new double[] {-1, 0, 0, 0, -1, 0.5, 1, -2, 1});
    try (Models m = Models.of(DEVICE, net, net.values())) {
      assertThat(norm(m, starts)).isLessThan(0.9 * most);
      assertThat(norm(m, JacobianAscent.climb(m, starts, 100, 1))).isCloseTo(most, within(1e-9));
    }
  }

  @Test
  void climbsWhereUnitsAreSmooth() {
    Traced net =
        new Traced(1, 1, (p, x) -> F.tanh(F.matmul(x, p.get("w")))).with("w", Shape.of(1, 1), 3);
    try (Models m = Models.of(DEVICE, net, net.values())) {
      HostTensor starts = HostTensor.of(Shape.of(1, 1), new double[] {0.8});
      double there = norm(m, JacobianAscent.climb(m, starts, 100, 1));
      assertThat(norm(m, starts)).isLessThan(0.5);
      assertThat(there).isBetween(2.99, 3.0);
    }
  }

  /** No point it finds passes the bound that holds for all. */
  @Test
  void staysBelowTheBoundAndGainsOnPoints() {
    Random r = new Random(3);
    int gained = 0;
    for (int t = 0; t < 10; t++) {
      List<double[][]> w = new ArrayList<>();
      for (int[] n : new int[][] {{8, 4}, {8, 8}, {3, 8}}) {
        double[][] a = new double[n[0]][n[1]];
        for (double[] row : a) {
          java.util.Arrays.setAll(row, i -> r.nextGaussian());
        }
        w.add(a);
      }
      Traced net = Traced.relu(w);
      double[] x = r.doubles(5 * 4, -1, 1).toArray();
      try (Models m = Models.of(DEVICE, net, net.values())) {
        HostTensor starts = HostTensor.of(Shape.of(5, 4), x);
        double before = norm(m, starts);
        double after = norm(m, JacobianAscent.climb(m, starts, 100, t));
        assertThat(after)
            .isLessThanOrEqualTo(SemidefiniteBound.of(m).orElseThrow().get(0).upper())
            .isGreaterThanOrEqualTo(before * (1 - 1e-9));
        gained += after > 1.05 * before ? 1 : 0;
      }
    }
    assertThat(gained).isGreaterThanOrEqualTo(7);
  }
}
