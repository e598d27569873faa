// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.models.ConvNet;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Rows over whole regions run without cells' programs, and get the bits that those would give. */
class WholeRowsTest {
  private static final int MOST = 20;

  private static List<Row> rows(Start start) {
    return IntStream.range(0, Math.min(MOST, 2 * start.size()))
        .mapToObj(u -> Row.unit(0, 0, Row.Cell.WHOLE, u, null))
        .toList();
  }

  @Test
  void cellsBesideThemChangeNoBit() {
    int compared = 0;
    Sequential conv = ConvNet.of(Shape.of(7, 7, 1), List.of(2, 3), List.of(9), Activation.RELU, 3);
    Sequential dense = Sequential.mlp(Shape.of(5), List.of(12, 11, 10), Activation.RELU, 3);
    for (Sequential net : List.of(conv, dense)) {
      Random r = new Random(3);
      Margins m = new Margins(net, 1, 1);
      RandomNetworks.fill(m, r);
      double[] low = Arrays.stream(m.x).map(v -> v - 0.3).toArray();
      double[] high = Arrays.stream(m.x).map(v -> v + 0.3).toArray();
      try (Device device = new CpuDevice(1, "scalar", "test");
          Models networks = Models.of(device, m.network, m.params);
          Bounder bounder =
              new Bounder(
                  new Bounder.Plan(
                      new Stage.Setup(networks, Box.NONE, Norm.LINF, 2), 3, false, false))) {
        Site site = Site.of(low, high);
        bounder.root(List.of(List.of(site)));
        bounder.load(List.of(List.of(site)));
        for (int k = 0; k < bounder.margins(); k++) {
          if (bounder.start(k).width() > 0) {
            List<Row> alone = rows(bounder.start(k));
            List<Row> beside = rows(bounder.start(k));
            List<Row> all = new ArrayList<>(beside);
            all.add(Row.unit(0, 0, Row.Cell.WHOLE.and(0, 1), 0, null));
            bounder.rows(k, alone, true);
            bounder.rows(k, all, true);
            for (int i = 0; i < alone.size(); i++) {
              assertThat(alone.get(i).bound).isEqualTo(beside.get(i).bound);

              assertThat(alone.get(i).branch).isEqualTo(beside.get(i).branch);
              assertThat(alone.get(i).found.slopes()).isEqualTo(beside.get(i).found.slopes());
              compared++;
            }
          }
        }
      }
    }
    assertThat(compared).isEqualTo(18 + 3 * MOST);
  }
}
