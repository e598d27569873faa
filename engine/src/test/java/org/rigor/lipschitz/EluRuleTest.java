// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Slopes of ELU and its kin: 1 above 0, and that of the exponential at 0 below. */
class EluRuleTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static void assertSlope(Traced.Body body, double truth) {
    assertSlope(new Traced(1, 1, body), truth);
  }

  private static void assertSlope(Traced net, double truth) {
    for (Norm norm : Norm.values()) {
      double bound = HostNetworks.product(DEVICE, net, net.values(), norm)[0];
      assertThat(bound).isBetween(truth, truth * (1 + 1e-14));
    }
  }

  private static Value below(Value x) {
    return F.minimum(x, F.constant(x, 0));
  }

  private static Value elu(Value x, double alpha) {
    return F.add(F.relu(x), F.mul(F.expm1(below(x)), alpha));
  }

  @Test
  void theSteeperHalfCounts() {
    assertSlope((p, x) -> elu(x, 1), 1);
    assertSlope((p, x) -> elu(x, 0.3), 1);
    assertSlope((p, x) -> elu(x, 2.5), 2.5);
    assertSlope((p, x) -> elu(x, -2.5), 2.5);
    double gamma = 1.0507009873554805;
    assertSlope((p, x) -> F.mul(elu(x, 1.6732632423543772), gamma), gamma * 1.6732632423543772);
    Traced.Body celu =
        (p, x) ->
            F.add(F.mul(F.expm1(F.div(below(x), F.constant(x, 4))), 4), F.mul(F.relu(x), 0.5));
    assertSlope(celu, 1);
  }

  @Test
  void coefficientsMayBeParametersOfEachUnit() {
    Traced.Body body = (p, x) -> F.add(F.relu(x), F.mul(F.expm1(below(x)), p.get("alpha")));
    assertSlope(new Traced(3, 3, body).with("alpha", Shape.of(1, 3), 0.5, -3, 2), 3);
  }

  /** e^(-t) for t below 0 has no largest slope. */
  @Test
  void anExponentialThatGrowsHasNoBound() {
    Traced net = new Traced(1, 1, (p, x) -> F.add(F.relu(x), F.expm1(F.neg(below(x)))));
    assertThat(HostNetworks.product(DEVICE, net, net.values(), Norm.L2)[0]).isInfinite();
  }

  @Test
  void halvesThatMeetAreRefused() {
    List<Traced.Body> others =
        List.of(
            (p, x) -> F.add(F.relu(F.neg(x)), F.expm1(below(x))),
            (p, x) -> F.add(F.relu(x), F.expm1(F.minimum(x, F.constant(x, 0.5)))),
            (p, x) -> F.add(F.relu(x), F.expm1(x)));
    for (Traced.Body body : others) {
      assertThatThrownBy(() -> ProductBound.requireRules(new Traced(2, 2, body)))
          .isInstanceOf(MissingRuleException.class)
          .hasMessageContaining("no slope rule for Expm1");
    }
  }
}
