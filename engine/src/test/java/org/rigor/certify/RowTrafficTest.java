// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** What the rows of a search ask of a device, whatever it has room for. */
class RowTrafficTest {
  private static final int INPUTS = 6;
  private static final int UNITS = 12;
  private static final int CLASSES = 3;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(INPUTS), List.of(UNITS), Activation.RELU, CLASSES);

  /** Six places: of sides, inputs, coefficients and cell, and of the numbers before and after. */
  private static final int IN = 6 * 4;

  /** Length of steps and place in line, where the last run had fewer rows or others. */
  private static final int MORE = 4 + 4;

  /** Coefficients and constant of a margin, sent once, with its place. */
  private static final int MARGIN = 8 * CLASSES + 8 + 4;

  /** What a split cell restricts: its place and its parent's, entry, element and sign. */
  private static final int CELL = 5 * 4;

  /** Bound, with branch and sign of the value in one number. */
  private static final int OUT = 8 + 4;

  /** The corner of a suspect, and where it lies. */
  private static final int CORNER = 8 * INPUTS + 4;

  /** Lengths of lines, and how many slots run. */
  private static final int LOOKS = 64;

  private static Site box() {
    double[] low = new double[INPUTS];
    double[] high = new double[INPUTS];
    Arrays.fill(low, -1);
    Arrays.fill(high, 1);
    return Site.of(low, high);
  }

  /**
   * @param before rows from which these go on; empty if they begin
   */
  private static List<Row> rows(int n, double constant, List<Row> before) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Row.Objective o = new Row.Objective(new double[] {1, -1, 0}, null, constant + i);
      Row.Numbers given = before.isEmpty() ? null : before.get(i).found;
      rows.add(Row.margin(0, 0, Row.Cell.WHOLE, o, given));
    }
    return rows;
  }

  private static Traffic asked(Device device, Runnable call) {
    Traffic before = device.traffic().orElseThrow();
    call.run();
    return device.traffic().orElseThrow().since(before);
  }

  @Test
  void rowsAloneCross() {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    try (Device device = Device.open("emulated");
        Models networks = Models.of(device, NET, NET.initial(List.of(TrialKey.of(3, "train"))))) {
      Stage.Setup setup = new Stage.Setup(networks, Box.NONE, Norm.LINF, 1);
      try (Bounder bounder = new Bounder(new Bounder.Plan(setup, 2, false, false))) {
        List<List<Site>> sites = List.of(List.of(box()));
        bounder.root(sites);
        Traffic root = asked(device, () -> bounder.root(sites));
        assertThat(root.toDevice().bytes()).isLessThanOrEqualTo(2 * 8 * INPUTS + LOOKS);
        assertThat(root.toHost().bytes()).isLessThanOrEqualTo(2 * 8 * UNITS + LOOKS);
        bounder.load(sites);
        List<Row> first = rows(7, -9, List.of());
        bounder.rows(bounder.margins(), first, true);
        assertThat(first).anyMatch(Row::suspects).allMatch(r -> Double.isFinite(r.bound));
        for (int n : new int[] {1, 7}) {
          List<Row> next = rows(n, -9, first);
          Traffic t = asked(device, () -> bounder.rows(bounder.margins(), next, true));
          assertThat(t.toDevice().bytes())
              .as("bytes in of %d rows", n)
              .isBetween((long) n * IN, (long) n * (IN + MORE + MARGIN + 4) + LOOKS);
          assertThat(t.toHost().bytes())
              .as("bytes out of %d rows", n)
              .isBetween((long) n * OUT, (long) n * (OUT + CORNER) + LOOKS);
          assertThat(t.drains()).as("results, then corners").isLessThanOrEqualTo(2);
          List<Row> halves =
              next.stream()
                  .map(r -> Row.margin(0, 0, Row.Cell.WHOLE.and(1, 1), r.objective, r.found))
                  .toList();
          Traffic split = asked(device, () -> bounder.rows(bounder.margins(), halves, true));
          assertThat(split.toDevice().bytes())
              .as("bytes in of %d cells", n)
              .isBetween((long) n * (IN + CELL), (long) n * (IN + CELL + 4) + LOOKS);
        }
      }
    }
  }
}
