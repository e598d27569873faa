// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Flatten;
import org.rigor.nn.GroupNorm;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

class GroupNormBoundTest {
  /** A group of channels is one layer norm of its pixels; worst where its elements are equal. */
  @Test
  void isTightAtEqualElementsOfAGroup() {
    Sequential net =
        new Sequential(Shape.of(2, 1, 4), List.of(new GroupNorm(2, 0.04), new Flatten()));
    Map<String, HostTensor> params = new LinkedHashMap<>();
    params.put("0.scale", HostTensor.of(Shape.of(1, 1, 4), new double[] {1, -2, 0.5, 0.1}));
    params.put("0.shift", HostTensor.of(Shape.of(1, 1, 4), new double[] {1, 2, 3, 4}));
    HostTensor x =
        HostTensor.of(Shape.of(1, 2, 1, 4), new double[] {1, 1, 0.3, 0.2, 1, 1, 0.1, 0.4});
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      double two = HostNetworks.product(device, net, params, Norm.L2)[0];
      double max = HostNetworks.product(device, net, params, Norm.LINF)[0];
      assertThat(two).isCloseTo(2 / 0.2, within(1e-9));
      assertThat(max).isCloseTo((2 - 2.0 / 4) * (1 + 2) * 2 / 0.2, within(1e-9));
      JacobianNorms j = HostNetworks.jacobians(device, net, params, x, Norm.L2);
      assertThat(j.certified(0).orElseThrow()).isBetween(0.7 * two, two);
      assertThat(
              HostNetworks.jacobians(device, net, params, x, Norm.LINF).certified(0).orElseThrow())
          .isLessThanOrEqualTo(max);
    }
  }
}
