// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Dense;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

class UndefinedLogitsTest {
  @Test
  void logitsThatAreNotNumbersFoolAndAreNamed() {
    Network net = new Sequential(Shape.of(2), List.of(new Dense(2)));
    Map<String, HostTensor> p = new LinkedHashMap<>();
    p.put("0.weight", HostTensor.of(Shape.of(1, 2, 2), 0f, 1, 0, 1));
    p.put("0.bias", HostTensor.of(Shape.of(1, 1, 2), -10f, Float.NaN));
    HostTensor x = HostTensor.of(Shape.of(1, 2), 0.5f, 0.5f);
    CurveAttack a =
        CurveAttack.of(new Pgd(3, 0.5, true), new Threat(Norm.LINF, Box.UNIT), List.of(0.05, 0.1))
            .withLoss(AttackLoss.MARGIN)
            .withSlots(1);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      CurveResult r =
          HostAttack.run(
              device,
              net,
              a,
              p,
              List.of(TrialKey.of(0, "attack")),
              x,
              HostTensor.of(Shape.of(1), 0));
      assertThat(r.survived()[0]).containsExactly(0);
      assertThat(r.undefined()[0]).containsExactly(true);
      assertThat(r.witness()[0][0]).containsExactly(0.5, 0.5);
    }
  }

  /** 1e30 * 1e30 is infinite in float, and so the margin NaN; in double class 0 wins by far. */
  @Test
  void floatsThatOverflowFoolNobody() {
    Network net = new Sequential(Shape.of(1), List.of(new Dense(2), new Dense(2)));
    Map<String, HostTensor> p = new LinkedHashMap<>();
    p.put("0.weight", HostTensor.of(Shape.of(1, 1, 2), 1e30f, 1e30f));
    p.put("0.bias", HostTensor.of(Shape.of(1, 1, 2), 0f, 0));
    p.put("1.weight", HostTensor.of(Shape.of(1, 2, 2), 2e30f, 1e30f, -1e30f, -1e30f));
    p.put("1.bias", HostTensor.of(Shape.of(1, 1, 2), 0f, 0));
    CurveAttack a =
        CurveAttack.of(new Pgd(3, 0.5, true), new Threat(Norm.LINF, Box.UNIT), List.of(0.05, 0.1))
            .withLoss(AttackLoss.MARGIN)
            .withSlots(1);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      CurveResult r =
          HostAttack.run(
              device,
              net,
              a,
              p,
              List.of(TrialKey.of(0, "attack")),
              HostTensor.of(Shape.of(1, 1), 0.5f),
              HostTensor.of(Shape.of(1), 0));
      assertThat(r.survived()[0]).containsExactly(2);
      assertThat(r.undefined()[0]).containsExactly(false);
      assertThat(r.ambiguous()).containsExactly(2);
    }
  }
}
