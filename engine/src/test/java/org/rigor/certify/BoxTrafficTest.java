// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** What boxes ask of a device that has room for thousands: what there is of them, no more. */
class BoxTrafficTest {
  private static final int INPUTS = 3;
  private static final int UNITS = 4;
  private static final int ROWS = 2;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(INPUTS), List.of(UNITS), Activation.RELU, 2);

  /** Two sides of each input, and a place of each row. */
  private static final int IN = 16 * INPUTS + 4 * ROWS;

  /** Bound, value and line of each row. */
  private static final int OUT = ROWS * (8 + 8 + 8 * INPUTS);

  private static List<BoxBounds.Query> queries(int n, Problem p) {
    List<BoxBounds.Query> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      double[] high = {0.1 * (i + 1), 1, 1};
      all.add(new BoxBounds.Query(p.lower(), high, p, new int[] {0, 1}));
    }
    return all;
  }

  @Test
  void boxesAloneCross() {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    Problem p =
        new Problem(
            new double[] {-1, -1, -1},
            new double[] {1, 1, 1},
            new double[][] {{1, -1}, {-1, 1}},
            new double[][] {{1, 0, 0}, {0, 1, 0}},
            new double[] {0.5, 1},
            new int[][] {{0, 1}});
    try (Device device = Device.open("emulated");
        Models network = Models.of(device, NET, NET.initial(List.of(TrialKey.of(3, "train"))));
        BoxBounds bounds = new BoxBounds(network, ROWS, true)) {
      List<BoxBounds.Answer> first = bounds.run(queries(9, p)); // sends the rows
      assertThat(bounds.boxes()).isGreaterThan(1000);
      for (int n : new int[] {1, 9}) {
        Traffic before = device.traffic().orElseThrow();
        List<BoxBounds.Answer> again = bounds.run(queries(n, p));
        Traffic t = device.traffic().orElseThrow().since(before);
        assertThat(again.get(0).lower()).isEqualTo(first.get(0).lower());
        assertThat(t.toDevice().bytes()).isEqualTo((long) n * IN);
        assertThat(t.toHost().bytes()).isEqualTo((long) n * OUT);
        Traffic whole = device.traffic().orElseThrow();
        bounds.raise(List.of(new BoxBounds.Pick(0, 0)), false);
        Traffic sides = device.traffic().orElseThrow().since(whole);
        assertThat(sides.toHost().bytes())
            .as("sides of %d boxes, and a row", n)
            .isBetween(16L * n * UNITS, 16L * n * UNITS + 200);
      }
    }
  }
}
