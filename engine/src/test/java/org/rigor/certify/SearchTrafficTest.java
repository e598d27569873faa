// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Traffic;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * What a search asks of a device: of a cell what was split and what was found, while slopes and
 * multipliers stay there, and the next cells before the host looks at the last ones. What it finds
 * is the same as without.
 */
class SearchTrafficTest {
  private static final int INPUTS = 6;
  private static final int SLOTS = 8;

  /** Trees that share the sides of a region, then cells with sides of their own. */
  private static final List<Verifier.Phase> TREES =
      List.of(new Verifier.Phase(0, Integer.MAX_VALUE, 0));

  private static final List<Verifier.Phase> CELLS =
      List.of(new Verifier.Phase(0, 0, Long.MAX_VALUE));

  private static Sequential network(Integer... hidden) {
    return Sequential.mlp(Shape.of(INPUTS), List.of(hidden), Activation.RELU, 3);
  }

  private static Models models(Device device, Sequential net) {
    Random random = new Random(5);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    net.parameters()
        .forEach(
            p -> {
              float[] v = new float[Math.toIntExact(p.shape().size())];
              for (int i = 0; i < v.length; i++) {
                v[i] = (float) random.nextGaussian();
              }
              params.put(p.name(), HostTensor.of(p.shape().insert(0, 1), v));
            });
    return Models.of(device, net, params);
  }

  /** Both other logits less the first are below a constant on [-1, 1]^6. */
  private static Problem problem(double constant) {
    double[] low = new double[INPUTS];
    double[] high = new double[INPUTS];
    Arrays.fill(low, -1);
    Arrays.fill(high, 1);
    return new Problem(
        low,
        high,
        new double[][] {{1, -1, 0}, {1, 0, -1}},
        new double[0][],
        new double[] {constant, constant},
        new int[][] {{0}, {1}});
  }

  private static Outcome run(Verifier v, double constant, int cells) {
    return v.run(List.of(problem(constant)), Budget.nodes(cells), (m, p, c, x) -> false)
        .get(0)
        .get(0);
  }

  private static Device emulated() {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    return Device.open("emulated");
  }

  private static Verifier verifier(Models networks, List<Verifier.Phase> phases) {
    return new Verifier(networks, phases, Branching.INTERCEPT, SLOTS);
  }

  private static void requireSame(Outcome a, Outcome b) {
    assertThat(a.bounds()).isEqualTo(b.bounds());
    assertThat(a.end()).isEqualTo(b.end());
    assertThat(a.nodes()).isEqualTo(b.nodes());
    assertThat(a.iterations()).isEqualTo(b.iterations());
  }

  /** Half of the constants leave points that may violate, which cross, too. */
  @Test
  void cellsTakeFewBytes() {
    try (Device device = emulated();
        Models networks = models(device, network(12));
        Verifier v = verifier(networks, Verifier.PHASES)) {
      run(v, 22.5, 400); // compiles
      for (double constant : new double[] {22, 20}) {
        Traffic before = device.traffic().orElseThrow();
        Outcome o = run(v, constant, 400);
        Traffic t = device.traffic().orElseThrow().since(before);
        assertThat(o.nodes()).isGreaterThan(150);
        long bytes = t.toDevice().bytes() + t.toHost().bytes();
        assertThat(bytes / o.nodes()).isLessThanOrEqualTo(200);
        assertThat(t.drains()).as("of %d waits", t.waits()).isLessThan(t.waits() / 8);
        assertThat(v.bounder().spilled()).isZero();
      }
    }
  }

  /**
   * Rows of hidden units that are bounded anew in each cell, some ten of them: their better bounds
   * become sides on the device, and the host is told the bounds alone.
   */
  @Test
  void rowsOfHiddenUnitsTakeFewBytes() {
    try (Device device = emulated();
        Models networks = models(device, network(20, 16));
        Verifier v = verifier(networks, CELLS)) {
      run(v, 80, 100); // compiles
      Traffic before = device.traffic().orElseThrow();
      Outcome o = run(v, 80, 3000);
      Traffic t = device.traffic().orElseThrow().since(before);
      long rows = o.iterations() / 6;
      assertThat(o.nodes()).isGreaterThan(100);
      assertThat(rows / o.nodes()).as("rows a cell").isGreaterThan(8);
      long bytes = t.toDevice().bytes() + t.toHost().bytes();
      assertThat(bytes / rows).as("bytes a row").isLessThanOrEqualTo(40);
    }
  }

  /**
   * The waits that are left belong to the region as a whole, and to the first and last cells: there
   * are as many whatever the cells between.
   */
  @Test
  void noBlockOfCellsLeavesTheDeviceIdle() {
    try (Device device = emulated();
        Models networks = models(device, network(20, 16))) {
      for (List<Verifier.Phase> phases : List.of(TREES, CELLS)) {
        try (Verifier v = verifier(networks, phases)) {
          run(v, 95, 1000); // compiles
          run(v, 80, 100); // tightens sides that the next ones go on from
          long[] idle = new long[2];
          for (int i = 0; i < 2; i++) {
            Traffic before = device.traffic().orElseThrow();
            Outcome o = run(v, 80, i == 0 ? 1000 : 3000);
            Traffic t = device.traffic().orElseThrow().since(before);
            assertThat(o.end()).isEqualTo(Outcome.End.BUDGET);
            assertThat(t.waits()).isGreaterThan(50);
            idle[i] = t.drains();
          }
          assertThat(idle[0]).isLessThanOrEqualTo(6);
          assertThat(idle[1] - idle[0]).as("idle between 1,000 and 3,000 cells").isZero();
        }
      }
    }
  }

  @Test
  void workAheadAndPlacesChangeNothing() {
    double[] constants = {25, 22.5, 22, 20};
    Sequential net = network(10, 8);
    Outcome[] found = new Outcome[constants.length];
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models networks = models(device, net)) {
      try (Verifier v = verifier(networks, Verifier.PHASES)) {
        for (int i = 0; i < constants.length; i++) {
          found[i] = run(v, constants[i], 400);
        }
      }
      try (Verifier v = verifier(networks, Verifier.PHASES)) {
        requireSame(run(v, constants[1], 400), found[1]); // nothing of the first is left
      }
      for (int places : new int[] {5, 0}) {
        for (long heap : new long[] {Long.MAX_VALUE, 1000, 0}) {
          try (Verifier v = verifier(networks, Verifier.PHASES)) {
            v.places = places;
            v.room = new Room(heap, Long.MAX_VALUE, Long.MAX_VALUE);
            for (int i = 0; i < constants.length; i++) {
              requireSame(run(v, constants[i], 400), found[i]);
            }
            assertThat(v.bounder().spilled()).isPositive();
            assertThat(v.bounder().overflow().written() > 0).isEqualTo(heap <= 1000);
          }
        }
      }
    }
    try (Device device = emulated();
        Models networks = models(device, net)) {
      for (int places : new int[] {Integer.MAX_VALUE, 5}) {
        try (Verifier v = verifier(networks, Verifier.PHASES)) {
          v.places = places;
          for (int i = 0; i < constants.length; i++) {
            requireSame(run(v, constants[i], 400), found[i]);
            if (found[i].end() == Outcome.End.REFUTED) {
              assertThat(v.bounder().taken()).as("places of what is decided").isZero();
            }
          }
          assertThat(v.bounder().spilled() > 0).isEqualTo(places == 5);
        }
      }
    }
  }
}
