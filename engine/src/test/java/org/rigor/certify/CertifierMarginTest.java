// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Value;
import org.rigor.nn.Dense;
import org.rigor.nn.Sequential;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

class CertifierMarginTest {
  /** z = (0, x): class 1 is right at x = 1 by a margin of 1 - epsilon. */
  private static final Map<String, HostTensor> PARAMS =
      Map.of(
          "0.weight", HostTensor.of(Shape.of(1, 1, 2), 0f, 1),
          "0.bias", HostTensor.of(Shape.of(1, 1, 2), 0f, 0));

  private record Unknown() implements Certificate {
    @Override
    public Value margins(Value logits, Region region, Value oneHot) {
      int b = logits.shape().dim(1);
      return F.fill(DType.F64, Shape.of(logits.shape().models(), 2, b, 1), Double.NaN);
    }

    @Override
    public String name() {
      return "unknown";
    }
  }

  private static CertifiedCurve curve(Certificate... certificates) {
    Sequential net = new Sequential(Shape.of(1), List.of(new Dense(2)));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models networks = Models.of(device, net, PARAMS);
        Certifier c = new Certifier(networks, List.of(certificates), Box.NONE, Norm.LINF)) {
      return c.run(
          HostTensor.of(Shape.of(1, 1), 1f),
          HostTensor.of(Shape.of(1), 1),
          List.of(0.0, 0.5, 1.0, 2.0));
    }
  }

  @Test
  void verifiesUpToTheClosedForm() {
    assertThat(curve(new Ibp()).survived()[0]).containsExactly(2); // at 1 it is a tie
  }

  @Test
  void whatOneCertificateKnowsAnotherDoesNotForget() {
    CertifiedCurve known = curve(new Ibp());
    CertifiedCurve both = curve(new Ibp(), new Unknown());
    assertThat(both.survived()).isDeepEqualTo(known.survived());
    for (int e = 0; e < 4; e++) {
      assertThat(both.marginLower(0, 0, e)).isEqualTo(Double.valueOf(known.marginLower(0, 0, e)));
    }
    assertThat(both.margins()[0][0][1].method()).isEqualTo("ibp");
  }
}
